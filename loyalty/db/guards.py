"""What the tables themselves do: refuse what must not be, and mark a program whose settings change.

The same statements stand, written out, in the migrations; a house test compares both.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, MetaData, Table, event, text

from loyalty.db.base import APPEND_ONLY_TABLES, GLOBAL_TABLES, REMEMBERED_TABLES, Base

POLICY: Final = "program_only"
REFUSE_FUNCTION: Final = "enlaza_refuse_change"
PROGRAM_OF_SESSION: Final = "nullif(current_setting('enlaza.program_id', true), '')::integer"

# Called by the triggers on PostgreSQL; code 23001 reaches Python as an IntegrityError, as
# SQLite's RAISE(ABORT) does.
CREATE_REFUSE_FUNCTION: Final = (
    f"CREATE OR REPLACE FUNCTION {REFUSE_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', "
    "ERRCODE = 'restrict_violation'; END $$"
)
CREATE_MARK_FUNCTION: Final = (
    "CREATE OR REPLACE FUNCTION enlaza_mark_settings() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN INSERT INTO settings_mark (program_id, mark) VALUES ("
    "coalesce(NEW.program_id, OLD.program_id), floor(random() * 9007199254740992)::bigint) "
    "ON CONFLICT (program_id) DO UPDATE SET mark = excluded.mark; RETURN NULL; END $$"
)
# A statement for SQLite, completed with the row whose program it is.
MARK_ROW: Final = (
    "BEGIN INSERT INTO settings_mark (program_id, mark) VALUES ({row}.program_id, random()) "
    "ON CONFLICT (program_id) DO UPDATE SET mark = excluded.mark; END"
)
DROP_REFUSE_FUNCTION: Final = f"DROP FUNCTION IF EXISTS {REFUSE_FUNCTION}()"


def guard_statements(dialect: str, table: str) -> tuple[str, ...]:
    """List the statements that guard one new table on `sqlite` or `postgresql`."""
    if dialect == "sqlite":
        return _sqlite_triggers(table)
    assert dialect == "postgresql", f"no guards are known for {dialect}"
    statements: list[str] = []
    if table in APPEND_ONLY_TABLES:
        trigger = (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {REFUSE_FUNCTION}()"
        )
        statements.append(trigger)
    if table in REMEMBERED_TABLES:
        trigger = (
            f"CREATE TRIGGER {table}_mark AFTER INSERT OR UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION enlaza_mark_settings()"
        )
        statements.append(trigger)
    if table not in GLOBAL_TABLES:
        policy = (
            f"CREATE POLICY {POLICY} ON {table} USING (program_id = {PROGRAM_OF_SESSION}) "
            f"WITH CHECK (program_id = {PROGRAM_OF_SESSION})"
        )
        statements += [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            policy,
        ]
    return tuple(statements)


def all_guard_statements(dialect: str, tables: Sequence[str]) -> tuple[str, ...]:
    """List the statements that guard these new tables, what they need first."""
    statements: list[str] = []
    if dialect == "postgresql" and APPEND_ONLY_TABLES.intersection(tables):
        statements.append(CREATE_REFUSE_FUNCTION)
    if dialect == "postgresql" and REMEMBERED_TABLES.intersection(tables):
        statements.append(CREATE_MARK_FUNCTION)
    for table in tables:
        statements += guard_statements(dialect, table)
    return tuple(statements)


def _sqlite_triggers(table: str) -> tuple[str, ...]:
    statements: list[str] = []
    if table in APPEND_ONLY_TABLES:
        statements += (
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for act in ("UPDATE", "DELETE")
        )
    if table in REMEMBERED_TABLES:
        statements += (
            f"CREATE TRIGGER {table}_mark_{act.lower()} AFTER {act} ON {table} "
            f"{MARK_ROW.format(row=row)}"
            for act, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
        )
    return tuple(statements)


@event.listens_for(Base.metadata, "after_create")
def _guard_created_tables(
    _target: MetaData, connection: Connection, *, tables: Sequence[Table] = (), **_: object
) -> None:
    """Give tables made by `create_all` the guards that the migrations write out."""
    for statement in all_guard_statements(connection.dialect.name, [t.name for t in tables]):
        connection.exec_driver_sql(statement)


def grant_service(connection: Connection, role: str) -> None:
    """Let the role of the running service do what it needs, and nothing to the ledger's past.

    Runs as the owner of the tables, after every migration. PostgreSQL only.
    """
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    schema = connection.scalar(text("SELECT current_schema()"))
    assert isinstance(schema, str), "the owner's connection has no schema to grant in"
    inside = connection.dialect.identifier_preparer.quote_identifier(schema)
    statements = [
        f"GRANT USAGE ON SCHEMA {inside} TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {inside} TO {quoted}",
        *(
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {inside}.{table} FROM {quoted}"
            for table in sorted(APPEND_ONLY_TABLES)
        ),
    ]
    if connection.dialect.has_table(connection, "alembic_version"):
        statements += [f"REVOKE INSERT, UPDATE, DELETE ON {inside}.alembic_version FROM {quoted}"]
    for statement in statements:
        connection.exec_driver_sql(statement)
