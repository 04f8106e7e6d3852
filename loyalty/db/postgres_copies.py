"""A copy of a PostgreSQL database by its own tools, and back into an empty one.

Both tools are piped through us: when we are killed they end by themselves.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, make_url, text

from loyalty.db.failures import DatabaseRefusedError, storage_failures
from loyalty.db.guards import grant_service
from loyalty.db.migrate import connected

# Where Debian and Ubuntu keep the programs of each major version side by side.
DEBIAN: Final = "/usr/lib/postgresql/{major}/bin"
LOCK_WAIT_MS: Final = 10_000
SAID_CHARS_MAX: Final = 600
# Stands in a database while a restore is under way; what is there with it is no data yet.
MARK: Final = "enlaza_restore"
QUIET: Final = ("--no-owner", "--no-privileges", "--no-password")


@dataclass(frozen=True, slots=True)
class Dumped:
    """What a dump holds: the rows of each table and the revision, of the same moment."""

    tables: dict[str, int]
    revision: str


def server_major(url: str) -> int:
    """Ask the server for its major version."""
    with storage_failures(), connected(url) as connection:
        return int(str(connection.scalar(text("SHOW server_version_num")))) // 10_000


def find_program(name: str, major: int, *, folder: str) -> str:
    """Find `pg_dump` or `pg_restore` of the server's own major version.

    In `folder` when one is given; else on the PATH, else where Debian keeps each version.

    Errors: `DatabaseRefusedError` when there is none of that version.
    """
    on_path = shutil.which(name)
    places = [Path(folder) / name] if folder else [Path(on_path)] if on_path else []
    if not folder:
        places.append(Path(DEBIAN.format(major=major)) / name)
    told = []
    for program in places:
        found = _major_of(program)
        if found == major:
            return str(program)
        if found is not None:
            told.append(f"{program} is version {found}")
    seen = "; ".join(told) or f"none was found in {folder or 'PATH'}"
    message = (
        f"the server is PostgreSQL {major} and needs {name} of version {major}; {seen}."
        f" Install postgresql-client-{major}, or name its folder in ENLAZA_PG_BIN"
    )
    raise DatabaseRefusedError(message)


def dump(url: str, target: Path, *, program: str) -> Dumped:
    """Copy the database of one moment into `target`, as its owner, while it is served.

    The counted rows are of the same moment: the dump is made in our snapshot.

    Errors: `DatabaseRefusedError`, `StorageUnavailableError`.
    """
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(handle, "wb") as file,
        storage_failures(),
        connected(url) as connection,
        connection.begin(),
    ):
        _say(
            connection,
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
            "SET LOCAL idle_in_transaction_session_timeout = 0",
            "SET LOCAL statement_timeout = 0",
        )
        snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
        # Of the whole database: asked for one schema, it would also write how to make that.
        asked = [f"--snapshot={snapshot}", "--format=custom"]
        asked.append(f"--lock-wait-timeout={LOCK_WAIT_MS}")
        _run(program, url, asked, give=None, take=file)
        file.flush()
        os.fsync(file.fileno())
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return Dumped(_rows(connection), str(revision))


def rows_of(url: str) -> dict[str, int]:
    """Count the rows of every table of ours."""
    with storage_failures(), connected(url) as connection:
        return _rows(connection)


def is_empty(url: str) -> bool:
    """Say whether nothing is there, apart from what a restore left that did not end."""
    with storage_failures(), connected(url) as connection:
        return MARK in (tables := _tables(connection)) or not tables


def begin_load(url: str) -> None:
    """Take away what a restore left that did not end, and mark that one is under way."""
    with storage_failures(), connected(url) as connection, connection.begin():
        tables = _tables(connection)
        assert MARK in tables or not tables, "only an empty database is restored into"
        rest = [f'DROP TABLE "{table}" CASCADE' for table in tables]
        # Whatever the tables' guards call stands beside them, and would be in the way of its copy.
        rest += [f"DROP FUNCTION {function}" for function in _functions(connection)]
        _say(connection, *rest, f"CREATE TABLE {MARK} (begun integer)")


def load(url: str, source: Path, *, program: str) -> None:
    """Put a dump into the marked database: all of it or nothing.

    A dump brings no statistics; whoever reads it all next would be planned for empty tables.

    Errors: `DatabaseRefusedError` with what pg_restore says.
    """
    with source.open("rb") as file:
        _run(program, url, ["--single-transaction", "--exit-on-error"], give=file, take=None)
    with storage_failures(), connected(url) as connection, connection.begin():
        _say(connection, *(f'ANALYZE "{table}"' for table in _tables(connection)))


def end_load(url: str, *, service_role: str | None) -> None:
    """Let the service role in and take the mark away, at once: from now on it is data."""
    with storage_failures(), connected(url) as connection, connection.begin():
        _say(connection, f"DROP TABLE {MARK}")
        if service_role is not None:
            grant_service(connection, service_role)


def undo_load(url: str) -> None:
    """Leave the database as empty as it was."""
    begin_load(url)
    with storage_failures(), connected(url) as connection, connection.begin():
        _say(connection, f"DROP TABLE {MARK}")


def _say(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _tables(connection: Connection) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
    return list(connection.scalars(text(query)))


def _functions(connection: Connection) -> list[str]:
    query = (
        "SELECT oid::regprocedure FROM pg_proc"
        r" WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'enlaza\_%'"
    )
    return [str(function) for function in connection.scalars(text(query))]


def _rows(connection: Connection) -> dict[str, int]:
    return {
        table: connection.scalar(text(f'SELECT count(*) FROM "{table}"')) or 0  # noqa: S608
        for table in _tables(connection)
        if table != MARK
    }


def _major_of(program: Path) -> int | None:
    try:
        told = subprocess.run(  # noqa: S603  the operator's own program
            [program, "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"\) (\d+)", told)
    return int(found[1]) if found else None


def _run(
    program: str,
    url: str,
    asked: Sequence[str],
    *,
    give: IO[bytes] | None,
    take: IO[bytes] | None,
) -> None:
    """Run one of the tools on a database, fed from `give` or emptied into `take`.

    The password goes by a private file: other users can read a command line.
    """
    _, named = make_url(url).get_dialect()().create_connect_args(make_url(url))
    with tempfile.TemporaryFile() as said, tempfile.NamedTemporaryFile("w") as secret:
        if password := str(named.pop("password", "")):
            escaped = re.sub(r"([\\:])", r"\\\1", password)
            secret.write(f"*:*:*:*:{escaped}\n")
            secret.flush()
            named["passfile"] = secret.name
        tool = subprocess.Popen(  # noqa: S603  the operator's own program
            [program, *QUIET, *asked, f"--dbname={make_conninfo('', **named)}"],
            stdin=subprocess.PIPE if give else subprocess.DEVNULL,
            stdout=subprocess.PIPE if take else subprocess.DEVNULL,
            stderr=said,
        )
        try:
            if tool.stdin is not None and give is not None:
                shutil.copyfileobj(give, tool.stdin)
            if tool.stdout is not None and take is not None:
                shutil.copyfileobj(tool.stdout, take)
        except BrokenPipeError:
            pass  # it ended early, and says why
        finally:
            ended = _end(tool)
        if ended != 0:
            said.seek(0)
            reason = said.read().decode(errors="replace").strip()[-SAID_CHARS_MAX:]
            message = f"{Path(program).name} failed: {reason or f'exit code {ended}'}"
            raise DatabaseRefusedError(message)


def _end(tool: "subprocess.Popen[bytes]") -> int:
    for pipe in (tool.stdin, tool.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue
    return tool.wait()
