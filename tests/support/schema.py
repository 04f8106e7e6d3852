"""What a database really holds, read from the database itself, in words that can be compared."""

from sqlalchemy import Connection, text

# Each query yields one text per thing: a column, a constraint, an index, a trigger, a policy.
SQLITE = """
SELECT type || ' ' || tbl_name || ': ' || name || ' ' || coalesce(sql, '') FROM sqlite_master
WHERE tbl_name <> 'alembic_version'
"""
POSTGRES = (
    """
SELECT 'column ' || table_name || '.' || column_name || ': ' || data_type || ' '
    || is_nullable || ' ' || coalesce(column_default, '')
FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name <> 'alembic_version'
""",
    """
SELECT 'constraint ' || conrelid::regclass || ': ' || conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace
    AND conrelid::regclass::text <> 'alembic_version'
""",
    """
SELECT 'index ' || indexdef FROM pg_indexes
WHERE schemaname = current_schema() AND tablename <> 'alembic_version'
""",
    """
SELECT 'trigger ' || pg_get_triggerdef(oid) || ' ' || tgenabled::text FROM pg_trigger
WHERE NOT tgisinternal
""",
    """
SELECT 'policy ' || tablename || ' ' || policyname || ' ' || permissive || ' ' || roles::text
    || ' ' || cmd || ' ' || qual || ' ' || with_check
FROM pg_policies
""",
    """
SELECT 'table ' || relname || ' ' || relrowsecurity || ' ' || relforcerowsecurity FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
    AND relname <> 'alembic_version'
""",
    "SELECT 'function ' || prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace",
    "SELECT 'sequence ' || sequencename FROM pg_sequences",
)


def describe(connection: Connection) -> set[str]:
    """List everything in the database that a migration could have forgotten."""
    queries = (SQLITE,) if connection.dialect.name == "sqlite" else POSTGRES
    found = (str(row) for query in queries for row in connection.scalars(text(query)))
    return {part for thing in found for part in _parts(" ".join(thing.split()))}


def _parts(thing: str) -> list[str]:
    """Take a CREATE TABLE apart: the order of its columns and constraints says nothing.

    Nor do the quotes around the name of a table that SQLite made anew under another one.
    """
    head, opened, body = thing.partition(" (")
    if not opened or "CREATE TABLE" not in head:
        return [thing]
    head = head.replace('"', "")
    parts, depth = [""], 0
    for letter in body.removesuffix(")"):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [head, *(f"{head} has {part.strip()}" for part in parts)]
