"""How an order ended, or lost a part: by whom and why."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.orders.queries import MOVE


@dataclass(frozen=True, slots=True)
class Ending:
    """Who let go of something ("shopper", "staff:<id>", "till:<id>", "clock"), why, and when."""

    actor: str
    reason: str
    at: datetime


def ending_of(session: Session, program_id: int, order_id: UUID) -> Ending | None:
    """Say who let go of the last part of an order; None when nobody did."""
    row = session.execute(
        select(MOVE.c.actor, MOVE.c.reason, MOVE.c.at)
        .where(
            MOVE.c.program_id == program_id,
            MOVE.c.order_id == order_id,
            MOVE.c.to_state.in_(("canceled", "failed")),
        )
        .order_by(MOVE.c.move_id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Ending(*row)
