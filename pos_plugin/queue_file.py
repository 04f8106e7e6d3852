"""The file under the queue: how it is made, opened and judged, and what its errors mean.

Standard library only. A commit is on the disk when it returns (WAL, `synchronous=FULL`); both are
read back after connecting, because a file system that cannot do it says so only then.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

PRIVATE_FILE: Final = 0o600
BUSY_MS: Final = 5_000
PAGE_BYTES: Final = 4096
SYNCHRONOUS_FULL: Final = 2
# Every file beside the queue that SQLite may keep.
SIDES: Final = ("-wal", "-shm", "-journal")

SCHEMA: Final = (
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # What was confirmed at the counter: written once, and never changed but that `shown` loses the
    # person's name after the day. `digest` covers the rest of the row, so that a row found in a
    # damaged file can be believed.
    """CREATE TABLE act (
        number INTEGER PRIMARY KEY,
        format TEXT NOT NULL,
        act_id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        sale_id TEXT NOT NULL,
        place TEXT NOT NULL,
        staff_id TEXT,
        made_at TEXT NOT NULL,
        body TEXT NOT NULL,
        shown TEXT NOT NULL,
        digest TEXT NOT NULL)""",
    # The outbox: one row for each act, made in the same transaction. `seq` numbers what this
    # queue sends, without a gap; NULL for what an ended queue sent.
    """CREATE TABLE event (
        number INTEGER PRIMARY KEY REFERENCES act (number) ON DELETE CASCADE,
        act_id TEXT NOT NULL,
        seq INTEGER UNIQUE,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'aside', 'dismissed')),
        answer TEXT,
        problem TEXT,
        ended_at TEXT,
        dismissed_at TEXT)""",
    "CREATE INDEX event_standing ON event (state, seq)",
    "CREATE INDEX event_ended ON event (ended_at) WHERE state = 'done'",
)

_CANNOT_WRITE: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_PRIMARY: Final = 0xFF


class QueueError(Exception):
    """The queue could not do what was asked."""


class QueueFullError(QueueError):
    """Nothing was kept: the disk is full or cannot be written. It is tried again with each act."""


class QueueClosedError(QueueError):
    """The agent ends; nothing was kept."""


class QueueDamagedError(QueueError):
    """The file cannot be believed any more; `Queue.open` sets it aside and rescues what it can."""


class Cursor(Protocol):
    """What the queue needs of an answer."""

    @property
    def rowcount(self) -> int:
        """Say how many rows a statement changed."""

    def fetchone(self) -> Any:  # noqa: ANN401
        """Give the next row or None."""

    def fetchall(self) -> list[Any]:
        """Give the rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What the queue needs of a connection; tests hand in one over their own file system.

    It begins and ends no transaction by itself, may be used from any thread, and raises the
    errors of `sqlite3` with `sqlite_errorcode`.
    """

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Cursor:
        """Run one statement."""

    def close(self) -> None:
        """Let go of the file."""


Connect = Callable[[str], Connection]


def connect_sqlite(path: str) -> Connection:
    """Connect as the agent does."""
    return sqlite3.connect(
        path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
    )


def connect_to_look(path: Path) -> Connection:
    """Connect for reading only, also beside the agent that serves."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=BUSY_MS / 1000,
        isolation_level=None,
    )


@contextmanager
def told_apart() -> Iterator[None]:
    """Turn the errors of SQLite into what they mean for a queue.

    The statements are constants that are tested, so whatever else SQLite says of them says
    something about the file.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY
        if code in _CANNOT_WRITE:
            raise QueueFullError(str(error)) from error
        if code:
            raise QueueDamagedError(str(error)) from error
        if isinstance(error, sqlite3.InterfaceError | sqlite3.ProgrammingError):
            raise
        # The module itself refuses rows that are no text: only a damaged page holds such. Its
        # words repeat the row, which nobody may read in a log.
        message = "a row is no text"
        raise QueueDamagedError(message) from None
    except (UnicodeDecodeError, json.JSONDecodeError, TypeError):
        message = "a text cannot be read"
        raise QueueDamagedError(message) from None


def create_file(
    path: Path, *, connect: Connect, fill: Callable[[Connection], None] | None = None
) -> None:
    """Make a queue, whole or not at all: a queue file without its tables is damage.

    `fill` writes the first rows, in the same transaction as the tables.
    Errors: `QueueFullError`.
    """
    made = path.with_name(f"{path.name}.new")
    with told_apart():
        try:
            forget_file(made)
            os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
            connection = connect(str(made))
            try:
                _write_schema(connection, fill)
            finally:
                connection.close()
            sync_path(made)
            made.replace(path)
            sync_path(path.parent)
        except OSError as error:
            raise QueueFullError(str(error)) from error


def _write_schema(connection: Connection, fill: Callable[[Connection], None] | None) -> None:
    """Write the tables and the settings a queue begins with."""
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("BEGIN IMMEDIATE")
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute("INSERT INTO setting VALUES ('queue_id', ?)", (str(uuid4()),))
    if fill is not None:
        fill(connection)
    connection.execute("COMMIT")


def prepare(connection: Connection) -> None:
    """Switch a connection to what a queue needs, and refuse a file that will not have it.

    Errors: `QueueFullError`, `QueueDamagedError`.
    """
    with told_apart():
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        # On a Mac a flush is real only with these.
        for pragma in ("synchronous=FULL", "fullfsync=ON", "checkpoint_fullfsync=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")
        level = connection.execute("PRAGMA synchronous").fetchone()[0]
    if (str(mode).lower(), int(level)) != ("wal", SYNCHRONOUS_FULL):
        message = f"the file system keeps no write-ahead log: journal {mode}, synchronous {level}"
        raise QueueFullError(message)


def check_file(connection: Connection) -> None:
    """Read the whole file once and compare its structure.

    Errors: `QueueDamagedError`.
    """
    with told_apart():
        told = connection.execute("PRAGMA integrity_check(1)").fetchone()
        tables = connection.execute(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('setting', 'act', 'event')"
        ).fetchone()
    if told is None or told[0] != "ok":
        raise QueueDamagedError(str(told and told[0]))
    if tables[0] != len(("setting", "act", "event")):
        message = "the file has no queue in it"
        raise QueueDamagedError(message)


def forget_file(path: Path) -> None:
    """Remove a database and what lies beside it."""
    for name in (path.name, *(path.name + side for side in SIDES)):
        path.with_name(name).unlink(missing_ok=True)


def copy_file(path: Path, to: Path) -> None:
    """Copy a database and what lies beside it, onto the disk; the log goes first."""
    for side in ("-wal", ""):
        part = path.with_name(path.name + side)
        if part.exists():
            copied = to.with_name(to.name + side)
            handle = os.open(copied, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, PRIVATE_FILE)
            with os.fdopen(handle, "wb") as into, part.open("rb") as source:
                shutil.copyfileobj(source, into)
                into.flush()
                os.fsync(into.fileno())
    sync_path(to.parent)


def sync_path(path: Path) -> None:
    """Make a file, or the names in a folder, reach the disk; Windows flushes names by itself."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
