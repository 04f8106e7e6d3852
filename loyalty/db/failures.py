"""Which failures of a driver mean "not now": the disk, the lock, the line, never our own bug."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from loyalty.kernel.errors import StorageUnavailableError

# Primary result codes of SQLite: busy, locked, no memory, read-only, interrupted, I/O, corrupt,
# full, cannot open, lock protocol, not a database. Code 1 (a bug in a statement) is not here.
SQLITE_UNAVAILABLE: Final = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})
SQLITE_READ_ONLY: Final = 8
# Classes of SQLSTATE: connection, transaction rolled back (deadlock), resources, operator, system.
POSTGRES_CLASSES: Final = ("08", "40", "53", "57", "58")
# Lock not available, read-only transaction (a standby).
POSTGRES_STATES: Final = frozenset({"55P03", "25006"})
POSTGRES_READ_ONLY: Final = "25006"


class DatabaseRefusedError(RuntimeError):
    """The database cannot be served from as it is; the sentence is for who starts the server."""


def is_unavailable(error: DBAPIError) -> bool:
    """Say whether sending the same again later can succeed."""
    if error.connection_invalidated:
        return True
    sqlite_code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(sqlite_code, int):
        return sqlite_code & 0xFF in SQLITE_UNAVAILABLE
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str):
        return state.startswith(POSTGRES_CLASSES) or state in POSTGRES_STATES
    # psycopg gives no state when there was no server to ask.
    return isinstance(error, OperationalError | InterfaceError)


def is_write_refused(error: DBAPIError) -> bool:
    """Say whether a statement tried to write where only reading is allowed."""
    sqlite_code = getattr(error.orig, "sqlite_errorcode", 0)
    state = getattr(error.orig, "sqlstate", None)
    return sqlite_code & 0xFF == SQLITE_READ_ONLY or state == POSTGRES_READ_ONLY


def why_unavailable(error: StorageUnavailableError) -> str:
    """Name what is wrong with the storage by the driver's code, which holds no values.

    SQLITE_FULL, SQLITE_BUSY; 57P01 on PostgreSQL; before it our own reason if there is one.
    """
    cause = error.__cause__
    original = cause.orig if isinstance(cause, DBAPIError) else cause
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    told = code or (type(original).__name__ if original is not None else None)
    return " ".join(str(part) for part in (error.facts.get("reason"), told) if part)


@contextmanager
def storage_failures() -> Iterator[None]:
    """Turn failures of the storage into the one refusal callers know."""
    try:
        yield
    except DBAPIError as error:
        if is_unavailable(error):
            raise StorageUnavailableError from error
        raise
    except PoolTimeoutError as error:
        raise StorageUnavailableError from error
