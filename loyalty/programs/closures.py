"""Days on which a store does not keep its week: closed, or open although it is a holiday."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, table_of
from loyalty.programs.models import Closure

CLOSURE: Final = table_of(Closure)
NAME_LENGTH_MAX: Final = 60


@dataclass(frozen=True, slots=True, order=True)
class ClosureFacts:
    """A day that differs, why, and whether the store is closed on it."""

    day: date
    name: str
    is_closed: bool


def set_closure(
    session: Session, program_id: int, store_id: UUID, day: date, *, name: str, is_closed: bool
) -> None:
    """Say of a day that the store is closed, or that it is open as on any such weekday."""
    key = {"program_id": program_id, "store_id": store_id, "day": day}
    said = {"name": name.strip()[:NAME_LENGTH_MAX], "is_closed": is_closed}
    if not insert_new(session, Closure, {**key, **said}):
        session.execute(
            update(CLOSURE)
            .where(*(CLOSURE.c[column] == key[column] for column in key))
            .values(said)
        )


def drop_closure(session: Session, program_id: int, store_id: UUID, day: date) -> None:
    """Let a day be as its week and its holidays say."""
    session.execute(
        delete(CLOSURE).where(
            CLOSURE.c.program_id == program_id,
            CLOSURE.c.store_id == store_id,
            CLOSURE.c.day == day,
        )
    )


def set_closures(
    session: Session, program_id: int, store_id: UUID, days: Iterable[ClosureFacts]
) -> None:
    """Say it of several days."""
    for one in sorted(days):
        set_closure(session, program_id, store_id, one.day, name=one.name, is_closed=one.is_closed)


def closure_days(
    session: Session, program_id: int, store_id: UUID, *, since: date
) -> tuple[ClosureFacts, ...]:
    """List the days that differ from `since` on, in order."""
    rows = session.execute(
        select(CLOSURE.c.day, CLOSURE.c.name, CLOSURE.c.is_closed)
        .where(
            CLOSURE.c.program_id == program_id,
            CLOSURE.c.store_id == store_id,
            CLOSURE.c.day >= since,
        )
        .order_by(CLOSURE.c.day)
    )
    return tuple(ClosureFacts(*row) for row in rows)


def closures_of(
    session: Session, program_id: int, store_id: UUID, *, since: date
) -> dict[date, bool]:
    """Tell of each day that differs, from `since` on, whether the store is closed."""
    rows = session.execute(
        select(CLOSURE.c.day, CLOSURE.c.is_closed)
        .where(
            CLOSURE.c.program_id == program_id,
            CLOSURE.c.store_id == store_id,
            CLOSURE.c.day >= since,
        )
        .order_by(CLOSURE.c.day)
    )
    return {row.day: row.is_closed for row in rows}
