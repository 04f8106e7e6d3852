"""A copy of a live SQLite file, and what can be said of one without a server."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from loyalty.db.failures import DatabaseRefusedError
from loyalty.db.sqlite import BUSY_TIMEOUT_MS

PAGES_PER_STEP: Final = 4096
FAULTS_TOLD_MAX: Final = 20


def copy_live(source: Path, target: Path) -> None:
    """Copy the database as it is at one moment, while a server goes on writing to it.

    SQLite's backup starts over whenever another process wrote meanwhile, so under load it
    would never end. It copies from a read transaction instead: in WAL mode that is one moment
    held fast, and it keeps no writer waiting.

    Errors: `DatabaseRefusedError` when there is no database or the copy cannot be kept.
    """
    if not source.is_file() or source.stat().st_size == 0:
        message = f"there is no database at {source}"
        raise DatabaseRefusedError(message)
    target.touch(mode=0o600)
    with _told_plainly(), closing(_connect(source)) as live, closing(_connect(target)) as copy:
        copy.execute("PRAGMA synchronous=OFF")  # fsynced as a whole, below
        copy.execute("PRAGMA journal_mode=OFF")
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment is now
        live.backup(copy, pages=PAGES_PER_STEP, sleep=0)
        live.execute("ROLLBACK")
    with target.open("rb") as file:
        os.fsync(file.fileno())


def faults_of(path: Path) -> tuple[str, ...]:
    """Say what is broken in a file: pages, indexes, checks, references; empty when nothing is.

    Errors: `DatabaseRefusedError` when it is no database at all.
    """
    with _told_plainly(), closing(_connect(path)) as opened:
        pages = opened.execute(f"PRAGMA integrity_check({FAULTS_TOLD_MAX})").fetchall()
        told = [str(line) for (line,) in pages if line != "ok"]
        broken = opened.execute("PRAGMA foreign_key_check").fetchmany(FAULTS_TOLD_MAX)
        told += [
            f"a row of {table} refers to a {parent} that is not there"
            for table, _, parent, _ in broken
        ]
        return tuple(told)


def rows_of(path: Path) -> dict[str, int]:
    """Count the rows of every table of a file."""
    with _told_plainly(), closing(_connect(path)) as opened:
        query = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
        tables = sorted(name for (name,) in opened.execute(query))
        return {
            table: opened.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608
            for table in tables
        }


def settle_file(path: Path) -> None:
    """Fold the log into a file that nobody has open, and bring it to the disk.

    Errors: `DatabaseRefusedError` when somebody has it open after all.
    """
    with _told_plainly(), closing(_connect(path)) as opened:
        busy, _, _ = opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy or any(beside.exists() for beside in logs_of(path)):
        message = f"{path} is still open somewhere"
        raise DatabaseRefusedError(message)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def logs_of(path: Path) -> tuple[Path, ...]:
    """Name the files SQLite keeps beside a database while it is open, or after a crash."""
    return tuple(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        message = f"SQLite says: {error}"
        raise DatabaseRefusedError(message) from error
