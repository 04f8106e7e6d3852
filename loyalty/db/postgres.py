"""PostgreSQL as the service's database: its pool, its limits, its role."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from loyalty.db.failures import DatabaseRefusedError
from loyalty.db.prepared import Line, line_of_session, run_told

POOL_SIZE: Final = 10
POOL_WAIT_S_MAX: Final = 10
# More than the service has statements on its busy paths: psycopg lets go of older ones.
PREPARED_MAX: Final = 300
# An act that waits longer for a row than a till waits for us is better refused and sent again.
LIMITS: Final = {
    "lock_timeout": "4s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
}


def postgres_engine(url: URL, *, pool_size: int = POOL_SIZE) -> Engine:
    """Make the engine of the service."""
    options = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
    engine = create_engine(
        url,
        hide_parameters=True,  # an error tells the statement, never whose values it held
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S_MAX,
        pool_use_lifo=True,
        connect_args={"options": options, "connect_timeout": 5},
    )

    @event.listens_for(engine, "connect")
    def set_up(driver: Any, _record: object) -> None:  # noqa: ANN401  psycopg's connection
        driver.prepared_max = PREPARED_MAX
        driver.autocommit = True  # it does not begin by itself: `begin_in_program` does

    return engine


_BEGIN: Final = (
    "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT set_config('enlaza.program_id', '%d', true)"
)
_BEGIN_READING: Final = _BEGIN.replace("COMMITTED;", "COMMITTED READ ONLY;")


def begin_in_program(session: Session, program_id: int, *, reads: bool = False) -> None:
    """Open the transaction and tell the row policies which program it works for, in one message.

    A session that only `reads` is refused every write.
    """
    line = line_of_session(session)
    run_told(line, _say(line), (_BEGIN_READING if reads else _BEGIN) % program_id, ())


def _say(line: Line) -> Callable[[str, object], None]:
    """Say something to the database without a cursor, which would cost more than the message."""
    driver: Any = line.driver  # psycopg's

    def say(text: str, _values: object) -> None:
        result = driver.pgconn.exec_(text.encode())
        if result.error_message:
            from psycopg.errors import error_from_result  # noqa: PLC0415  not loaded on SQLite

            raise error_from_result(result)

    return say


def check_role(connection: Connection) -> None:
    """Refuse a role that the row policies and the ledger's guards would not stop.

    Errors: `DatabaseRefusedError`.
    """
    row = connection.execute(
        text(
            "SELECT rolname, rolsuper OR rolbypassrls AS above,"
            " EXISTS (SELECT FROM pg_tables WHERE tableowner = current_user"
            " AND schemaname = current_schema()) AS owns"
            " FROM pg_roles WHERE rolname = current_user"
        )
    ).one()
    if row.above or row.owns:
        what = "is a superuser or bypasses row security" if row.above else "owns the tables"
        reason = (
            f"the database role {row.rolname} {what}; DATABASE_URL must name a role without such"
            " rights, ENLAZA_ADMIN_DATABASE_URL the owner"
        )
        raise DatabaseRefusedError(reason)
