"""Tidy up the holds that ran out; who reads a wallet does not count them anyway."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.points.gates import take_gates_of
from loyalty.points.holds import HOLD, HOLD_END
from loyalty.points.queries import BALANCE
from loyalty.points.release import lock_for_spending


def release_overdue(session: Session, program_id: int, *, at: datetime, limit: int = 100) -> int:
    """Let go of holds that ran out, in at most `limit` wallets; say in how many there were any.

    Doing it twice, or by two servers at once, lets go once.
    """
    late = overdue_wallets(session, program_id, at=at, limit=limit)
    take_gates_of(session, program_id, late)
    for wallet_id in late:
        lock_for_spending(session, program_id, wallet_id, at=at)
    return len(late)


def overdue_wallets(
    session: Session, program_id: int, *, at: datetime, limit: int = 100
) -> Sequence[UUID]:
    """List wallets with holds that ran out by our clock, in their order."""
    return session.scalars(
        select(BALANCE.c.wallet_id)
        .join(
            HOLD,
            (HOLD.c.program_id == BALANCE.c.program_id) & (HOLD.c.wallet_id == BALANCE.c.wallet_id),
        )
        .outerjoin(
            HOLD_END,
            (HOLD_END.c.program_id == HOLD.c.program_id) & (HOLD_END.c.hold_id == HOLD.c.hold_id),
        )
        .where(
            BALANCE.c.program_id == program_id,
            BALANCE.c.held > 0,
            HOLD.c.ends_at <= at,
            HOLD_END.c.hold_id.is_(None),
        )
        .distinct()
        .order_by(BALANCE.c.wallet_id)
        .limit(limit)
    ).all()
