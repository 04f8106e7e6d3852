"""PostgreSQL as the service's database: its pool, its limits, its role."""

from typing import Any, Final

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Text,
    bindparam,
    create_engine,
    event,
    func,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from loyalty.db.failures import DatabaseRefusedError
from loyalty.db.prepared import Prepared

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
        isolation_level="READ COMMITTED",
        hide_parameters=True,  # an error tells the statement, never whose values it held
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_S_MAX,
        pool_use_lifo=True,
        connect_args={"options": options, "connect_timeout": 5},
    )

    @event.listens_for(engine, "connect")
    def keep_prepared(driver: Any, _record: object) -> None:  # noqa: ANN401  psycopg's connection
        driver.prepared_max = PREPARED_MAX

    return engine


_ENTER: Final = Prepared(
    select(func.set_config("enlaza.program_id", bindparam("program", type_=Text), true()))
)


def enter_program(session: Session, program_id: int) -> None:
    """Tell the row policies which program this transaction works for."""
    _ENTER.first(session, program=str(program_id))


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
