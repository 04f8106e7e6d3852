"""What a wallet held at a moment, as somebody knew it at a moment: the ledger's two clocks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.points.queries import ENTRY

# Answered by the index of a wallet's entries alone, in one walk: grouping would sort them first.
_SUMS: Final = Prepared(
    select(
        func.sum(ENTRY.c.points), func.sum(ENTRY.c.points).filter(ENTRY.c.account == "debt")
    ).where(
        ENTRY.c.program_id == bindparam("program"),
        ENTRY.c.wallet_id == bindparam("wallet"),
        ENTRY.c.occurred_at <= bindparam("occurred"),
        ENTRY.c.recorded_at <= bindparam("recorded"),
    )
)


@dataclass(frozen=True, slots=True)
class AsOf:
    """What the entries up to two moments add up to."""

    points: int
    debt: int


def balance_as_of(
    session: Session,
    program_id: int,
    wallet_id: UUID,
    *,
    occurred_until: datetime,
    recorded_until: datetime,
) -> AsOf:
    """Add up what had happened by `occurred_until`, of what was recorded by `recorded_until`.

    With both at now it is the balance. An act that a till told late is in the balance of its own
    day, as seen from today, and not in what that day's page could show.
    """
    both, owed = _SUMS.one(
        session,
        program=program_id,
        wallet=wallet_id,
        occurred=occurred_until,
        recorded=recorded_until,
    )
    debt = -int(owed or 0)
    return AsOf(points=int(both or 0) + debt, debt=debt)
