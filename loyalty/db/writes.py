"""Writes that decide by themselves: one statement that says whether it took effect.

Looking first and writing after is banned for everything two callers may want at once.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import CursorResult, Table, Update, func, select
from sqlalchemy.orm import Session

from loyalty.db.base import Base
from loyalty.db.prepared import insert_unless_known


def table_of(model: type[Base]) -> Table:
    """Return the table behind a model, for statements that need no objects."""
    return cast("Table", model.__table__)


def is_postgresql(session: Session) -> bool:
    """Say whether rows can and must be locked one by one; SQLite has one writer."""
    return session.get_bind().dialect.name == "postgresql"


def insert_new(session: Session, model: type[Base], values: Mapping[str, object]) -> bool:
    """Insert a row unless one of its unique keys is taken; say whether it is new.

    On PostgreSQL this waits for another transaction that is inserting the same key, so the
    answer is final.
    """
    return insert_unless_known(session, table_of(model), values)


def rows_changed(session: Session, statement: Update) -> int:
    """Run a conditional update and say how many rows it changed."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def hold(session: Session, kind: str, program_id: int, name: str) -> None:
    """Let one act at a time work on what `kind` and `name` say, until this act ends.

    For rows that nobody may change, which therefore cannot be locked themselves. SQLite has one
    writer anyway.
    """
    if is_postgresql(session):
        told = hashlib.sha256(f"{kind}\0{program_id}\0{name}".encode()).digest()
        number = int.from_bytes(told[:8], "big", signed=True)
        session.execute(select(func.pg_advisory_xact_lock(number)))
