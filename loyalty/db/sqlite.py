"""SQLite as a server's database: its connections, its settings, and one server per file."""

import os
import sqlite3
import sys
import threading
from pathlib import Path
from typing import IO, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from loyalty.db.failures import DatabaseRefusedError

BUSY_TIMEOUT_MS: Final = 10_000
READERS: Final = 16
# Set on every connection, and read back: a setting that did not take is found at once.
# A power cut under synchronous=NORMAL lost acknowledged sales, so it is FULL (2).
# cache_size is negative: KiB, here 64 MiB.
PRAGMAS: Final[tuple[tuple[str, int | str], ...]] = (
    ("busy_timeout", BUSY_TIMEOUT_MS),
    ("journal_mode", "wal"),
    ("synchronous", 2),
    ("foreign_keys", 1),
    ("secure_delete", 1),
    ("wal_autocheckpoint", 4000),
    ("cache_size", -65_536),
    ("temp_store", 2),
)


class GuardedConnection(sqlite3.Connection):
    """A connection whose transaction is ended by the unit of work and by nobody else."""

    leading = False

    def commit(self) -> None:
        """Commit, when the unit of work asks."""
        assert self.leading or not self.in_transaction, "only the unit of work commits"
        super().commit()

    def rollback(self) -> None:
        """Roll back, when the unit of work asks."""
        assert self.leading or not self.in_transaction, "only the unit of work rolls back"
        super().rollback()


class PlainSavepoints(SQLiteDialect_pysqlite):
    """SQLAlchemy's SQLite, which tells the driver itself about savepoints.

    Every act opens and closes one; as statements they took a third of an act's own time, and
    as plain text still a twentieth (measured).
    """

    supports_statement_cache = True

    def do_savepoint(self, connection: Connection, name: str) -> None:
        """Open a savepoint."""
        say(connection, f"SAVEPOINT {name}")

    def do_rollback_to_savepoint(self, connection: Connection, name: str) -> None:
        """Undo what was done since."""
        say(connection, f"ROLLBACK TO {name}")

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        """Keep what was done since, as part of the whole."""
        say(connection, f"RELEASE {name}")


def say(connection: Connection, text: str) -> None:
    """Tell the driver itself; its errors are told as SQLAlchemy tells them."""
    driver = connection.connection.dbapi_connection
    assert driver is not None, "a savepoint belongs to a transaction that is open"
    try:
        driver.cursor().execute(text)
    except sqlite3.Error as error:
        dialect = connection.dialect
        raise DBAPIError.instance(
            text, (), error, sqlite3.Error, hide_parameters=True, dialect=dialect
        ) from error


registry.register("sqlite.enlaza", __name__, PlainSavepoints.__name__)


def database_path(url: URL) -> Path:
    """Return the file of a SQLite address; a database in memory cannot serve threads."""
    name = url.database or ""
    if not name or ":memory:" in name:
        reason = "SQLite needs a file: a database in memory is lost with its first connection"
        raise DatabaseRefusedError(reason)
    return Path(name.removeprefix("file:"))


def keep_private(path: Path) -> None:
    """Make the file, readable by its owner alone, before anything is written to it."""
    if path.parent.is_dir() and not path.exists():
        path.touch(mode=0o600)


def writing_engine(url: URL) -> Engine:
    """Make the engine of the one writing connection."""
    return _engine(url, query_only=False)


def reading_engine(url: URL) -> Engine:
    """Make the engine of the readers: each sees a snapshot and cannot write."""
    return _engine(url, query_only=True)


def _engine(url: URL, *, query_only: bool) -> Engine:
    # The driver must neither begin nor commit by itself: isolation_level None.
    arguments = {
        "isolation_level": None,
        "timeout": BUSY_TIMEOUT_MS / 1000,
        "check_same_thread": False,
        "cached_statements": 512,
        "factory": sqlite3.Connection if query_only else GuardedConnection,
    }
    if query_only:
        engine = create_engine(
            url,
            connect_args=arguments,
            hide_parameters=True,
            pool_size=READERS,
            max_overflow=READERS,
            pool_timeout=10,
        )
    else:
        ours = url.set(drivername="sqlite+enlaza")
        engine = create_engine(
            ours, connect_args=arguments, hide_parameters=True, poolclass=NullPool
        )
    one_at_a_time = threading.Lock()  # two threads switching a new file to WAL would collide

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        with one_at_a_time:
            set_pragmas(connection, query_only=query_only)

    return engine


def begin_reading(connection: Connection) -> None:
    """Let everything read from now on be of one moment; the end of the connection ends it."""
    driver = connection.connection.dbapi_connection
    assert driver is not None, "a connection that was just opened is there"
    driver.cursor().execute("BEGIN")


def set_pragmas(connection: sqlite3.Connection, *, query_only: bool) -> None:
    """Set every PRAGMA and read it back.

    Errors: `DatabaseRefusedError` when one did not take.
    """
    for name, wanted in PRAGMAS:
        connection.execute(f"PRAGMA {name}={wanted}")
        (found,) = connection.execute(f"PRAGMA {name}").fetchone()
        if found != wanted:
            reason = f"SQLite did not accept PRAGMA {name}={wanted}; it says {found}"
            raise DatabaseRefusedError(reason)
    if query_only:
        connection.execute("PRAGMA query_only=1")


class FileLock:
    """Held by the one process that serves a database file; the system frees it when it ends."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file: IO[str] | None = None

    def hold(self) -> None:
        """Take the lock or refuse to start.

        Errors: `DatabaseRefusedError` when another process serves this file.
        """
        file = self.path.open("a+", encoding="ascii")
        try:
            _lock(file)
        except OSError:
            file.seek(0)
            holder = file.read().strip()
            file.close()
            reason = f"another server is running on this database (process {holder})"
            raise DatabaseRefusedError(reason) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let another process serve the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  exists there only

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415  exists there only

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
