"""Migrations: Alembic set up in code, for the command line, the first start and the tests.

A developer who changed a model runs one command (see `make migration`):

    python -m loyalty.db.migrate revision "add the slots of an order"
    python -m loyalty.db.migrate initial      # before the first release: write it anew
"""

import argparse
import pkgutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    NullPool,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry

from loyalty.db import directives
from loyalty.db.base import APPEND_ONLY_TABLES, GLOBAL_TABLES, UtcDateTime
from loyalty.db.failures import DatabaseRefusedError, storage_failures
from loyalty.db.guards import POLICY, grant_service
from loyalty.db.sqlite import database_path, keep_private
from loyalty.kernel.clock import SystemClock

FOLDER: Final = Path(__file__).parent / "migrations"
# Named, not imported: the tables stand two floors higher.
METADATA: Final = "loyalty.schema:metadata"
INITIAL: Final = "20261121_2340"
INITIAL_MESSAGE: Final = "Lay the first tables"
# A migration that waits for a lock stops the shop; better to fail and be run again.
POSTGRES_LIMITS: Final = "-c lock_timeout=4s -c statement_timeout=300s"


def upgrade(url: str, *, service_url: str | None = None, revision: str = "head") -> None:
    """Bring the tables to the newest form; a database without any gets them all.

    `url` is the owner's address (ENLAZA_ADMIN_DATABASE_URL); on PostgreSQL the role of
    `service_url` is granted what the running service needs, also on older tables.
    """
    with connected(url) as connection:
        command.upgrade(_config(connection), revision)
    owner, service = make_url(url), make_url(service_url) if service_url else None
    if service is None or service.username in (None, owner.username):
        return
    with connected(url) as connection, connection.begin():
        grant_service(connection, str(service.username))


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision`; "base" takes every table away."""
    with connected(url) as connection:
        command.downgrade(_config(connection), revision)


def stamp(url: str, revision: str = "head") -> None:
    """Say that the tables already have the form of `revision`, without touching them."""
    with connected(url) as connection:
        command.stamp(_config(connection), revision)


def current(url: str) -> str | None:
    """Return the revision the database has, None when it has no tables of ours."""
    with storage_failures(), connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Return the revision this code needs."""
    head = ScriptDirectory(str(FOLDER)).get_current_head()
    assert head is not None, "there is no migration"
    return head


def require_current(url: str) -> None:
    """Refuse to serve from tables of another version.

    Errors: `DatabaseRefusedError`.
    """
    try:
        found = current(url)
    except ProgrammingError as error:
        reason = (
            "the service's role may not read the tables: the owner lets it by `enlaza db upgrade`,"
            " or an `enlaza restore` did not end and is to be run again"
        )
        raise DatabaseRefusedError(reason) from error
    if found != newest():
        reason = f"the database is at {found}, this version needs {newest()}: enlaza db upgrade"
        raise DatabaseRefusedError(reason)


def revisions() -> tuple[str, ...]:
    """List all revisions, oldest first."""
    script = ScriptDirectory(str(FOLDER))
    return tuple(reversed([step.revision for step in script.walk_revisions()]))


def check(url: str) -> tuple[str, ...]:
    """Tell, in sentences, where the database differs from the models; nothing when it does not."""
    with storage_failures(), connected(url) as connection:
        found = MigrationContext.configure(connection, opts=_compare())
        if found.get_current_revision() != newest():
            return (f"the database is at {found.get_current_revision()}, not at {newest()}",)
        metadata = _metadata()
        told = [f"the tables differ: {step}" for step in compare_metadata(found, metadata)]
        tables = [table.name for table in metadata.sorted_tables]
        told += [f"a guard is missing: {guard}" for guard in _missing_guards(connection, tables)]
        return tuple(told)


def write_revision(message: str) -> Path:
    """Write the migration from the newest one to the models of today."""
    return _write(message, f"{SystemClock().now():%Y%m%d_%H%M}")


def write_initial() -> Path:
    """Write the first migration anew; only while no database out there has it."""
    for path in (FOLDER / "versions").glob("*.py"):
        path.unlink()
    return _write(INITIAL_MESSAGE, INITIAL)


def _write(message: str, revision: str) -> Path:
    moment = datetime.strptime(revision, "%Y%m%d_%H%M").replace(tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder, connected(f"sqlite:///{folder}/x.db") as scratch:
        config = _config(scratch)
        config.set_main_option("file_template", f"{moment:%Y-%m-%d-%H%M}_%%(slug)s")
        config.set_main_option("truncate_slug_length", "60")
        _tidy_what_is_written(config)
        if revision == INITIAL:
            config.attributes["compare"]["render_as_batch"] = False
        else:
            command.upgrade(config, "head")
        written = command.revision(config, message=message, autogenerate=True, rev_id=revision)
    assert written is not None
    assert not isinstance(written, list)
    return Path(written.path)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = _metadata()
    config.attributes["compare"] = _compare()
    return config


def _tidy_what_is_written(config: Config) -> None:
    config.set_section_option("post_write_hooks", "hooks", "fix, form")
    for hook, options in (("fix", "check --fix --quiet"), ("form", "format --quiet")):
        config.set_section_option("post_write_hooks", f"{hook}.type", "module")
        config.set_section_option("post_write_hooks", f"{hook}.module", "ruff")
        config.set_section_option(
            "post_write_hooks", f"{hook}.options", f"{options} REVISION_SCRIPT_FILENAME"
        )


def _compare() -> dict[str, object]:
    return {
        "compare_type": True,
        "compare_server_default": True,
        "render_item": _render_item,
        "render_as_batch": True,
        "process_revision_directives": directives.add_guards,
    }


def _metadata() -> MetaData:
    metadata = pkgutil.resolve_name(METADATA)
    assert isinstance(metadata, MetaData)
    return metadata


def _render_item(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Write our own types as plain ones, so that old migrations never need today's code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Connect as the owner of the tables, for this one piece of work."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(
            url, poolclass=NullPool, connect_args={"options": POSTGRES_LIMITS, "connect_timeout": 5}
        )
    keep_private(database_path(make_url(url)))
    engine = create_engine(url, poolclass=NullPool, connect_args={"isolation_level": None})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        # A new file has no write-ahead log yet. With FULL alone the journal of a finished step
        # may be there again after a power cut, and the step would be undone.
        connection.execute("PRAGMA synchronous=EXTRA")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver would run each CREATE on its own; a failed migration must leave nothing.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _missing_guards(connection: Connection, tables: Sequence[str]) -> list[str]:
    guarded = [table for table in tables if table in APPEND_ONLY_TABLES]
    if connection.dialect.name == "sqlite":
        wanted = {f"{table}_no_{act}" for table in guarded for act in ("update", "delete")}
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        return sorted(wanted - set(connection.scalars(text(query))))
    wanted = {f"{table}_append_only" for table in guarded}
    wanted |= {f"{POLICY} on {table}" for table in tables if table not in GLOBAL_TABLES}
    query = (
        "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' UNION ALL"
        " SELECT policyname || ' on ' || tablename FROM pg_policies"
        " JOIN pg_class ON relname = tablename AND relnamespace = schemaname::regnamespace"
        " WHERE relrowsecurity AND relforcerowsecurity"
    )
    return sorted(wanted - set(connection.scalars(text(query))))


def has_tables(url: str) -> bool:
    """Say whether there is anything of ours in the database."""
    with storage_failures(), connected(url) as connection:
        return inspect(connection).has_table("program")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a migration (for developers; `enlaza db` is for who runs a server)."""
    parser = argparse.ArgumentParser(prog="python -m loyalty.db.migrate", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("revision").add_argument("message")
    commands.add_parser("initial")
    asked = parser.parse_args(arguments)
    path = write_revision(asked.message) if asked.what == "revision" else write_initial()
    parser.exit(
        message=f"wrote {path.relative_to(FOLDER.parents[2])}; read it before you keep it\n"
    )


if __name__ == "__main__":
    main()
