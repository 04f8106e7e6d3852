"""How often an order's pickup was moved, and by whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from loyalty.db.writes import table_of
from loyalty.orders.models import OrderReschedule
from loyalty.orders.queries import OrderFacts

RESCHEDULE: Final = table_of(OrderReschedule)


@dataclass(frozen=True, slots=True)
class RescheduleFacts:
    """One time that a pickup was moved."""

    turn: int
    from_starts_at: datetime
    to_starts_at: datetime
    actor: str
    at: datetime


def note_reschedule(
    session: Session, order: OrderFacts, to_starts_at: datetime, *, actor: str, at: datetime
) -> None:
    """Write down that a locked order is moved; `order` is still as it was."""
    before = reschedules_of(session, order.program_id, order.order_id)
    session.execute(
        insert(RESCHEDULE).values(
            program_id=order.program_id,
            order_id=order.order_id,
            turn=len(before) + 1,
            from_starts_at=order.slot_starts_at,
            to_starts_at=to_starts_at,
            actor=actor,
            at=at,
        )
    )


def reschedules_of(
    session: Session, program_id: int, order_id: UUID
) -> tuple[RescheduleFacts, ...]:
    """List how an order's pickup was moved, the first time first."""
    columns = [RESCHEDULE.c[name] for name in RescheduleFacts.__slots__]
    rows = session.execute(
        select(*columns)
        .where(RESCHEDULE.c.program_id == program_id, RESCHEDULE.c.order_id == order_id)
        .order_by(RESCHEDULE.c.turn)
    )
    return tuple(RescheduleFacts(*row) for row in rows)
