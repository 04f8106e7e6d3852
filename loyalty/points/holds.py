"""Points reserved and not taken yet: who holds how much of which lots, and until when."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.points.models import Hold, HoldEnd, HoldLot
from loyalty.points.rules import Draw

HOLD: Final = table_of(Hold)
HOLD_LOT: Final = table_of(HoldLot)
HOLD_END: Final = table_of(HoldEnd)


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """A hold and, when it has ended, how: `taken` points by the act `ended_by`."""

    hold_id: str
    wallet_id: UUID
    points: int
    reward_id: UUID | None
    purpose: str
    subject: str
    proof: str
    opened_at: datetime
    ends_at: datetime | None
    store_id: UUID | None
    till_id: UUID | None
    staff_id: UUID | None
    request_hash: str
    outcome: str | None
    taken: int | None
    ended_by: str | None

    @property
    def is_open(self) -> bool:
        """Say whether its points are still reserved in the books."""
        return self.outcome is None

    def is_overdue(self, at: datetime) -> bool:
        """Say whether it ran out by the reader's clock, whether or not that was tidied up."""
        return self.is_open and self.ends_at is not None and self.ends_at <= at

    def outcome_at(self, at: datetime) -> str | None:
        """Say what became of it by the reader's clock; none while it is open."""
        return "lapsed" if self.is_overdue(at) else self.outcome


def _holds() -> Select[Any]:
    return select(
        *(HOLD.c[name] for name in HoldFacts.__slots__[:-3]),
        HOLD_END.c.outcome,
        HOLD_END.c.points.label("taken"),
        HOLD_END.c.act_id.label("ended_by"),
    ).outerjoin(
        HOLD_END,
        (HOLD_END.c.program_id == HOLD.c.program_id) & (HOLD_END.c.hold_id == HOLD.c.hold_id),
    )


_BY_ID: Final = Prepared(
    _holds().where(HOLD.c.program_id == bindparam("program"), HOLD.c.hold_id == bindparam("hold"))
)
_OPEN: Final = Prepared(
    _holds()
    .where(
        HOLD.c.program_id == bindparam("program"),
        HOLD.c.wallet_id == bindparam("wallet"),
        HOLD_END.c.hold_id.is_(None),
    )
    .order_by(HOLD.c.opened_at, HOLD.c.hold_id)
)


_DRAWS: Final = Prepared(
    select(HOLD_LOT.c.lot_id, HOLD_LOT.c.points).where(
        HOLD_LOT.c.program_id == bindparam("program"), HOLD_LOT.c.hold_id == bindparam("hold")
    )
)


def hold_by_id(session: Session, program_id: int, hold_id: str) -> HoldFacts | None:
    """Find the hold with the caller's id."""
    row = _BY_ID.first(session, program=program_id, hold=hold_id)
    return None if row is None else HoldFacts(*row)


def current_hold(session: Session, program_id: int, hold_id: str) -> HoldFacts | None:
    """Find what the caller's hold is now: it goes on under another id when its wallet moved."""
    found = hold_by_id(session, program_id, hold_id)
    while found is not None and found.outcome == "moved":
        assert found.ended_by is not None, "a hold that moved says where to"
        found = hold_by_id(session, program_id, found.ended_by)
    return found


def open_holds(session: Session, program_id: int, wallet_id: UUID) -> tuple[HoldFacts, ...]:
    """List the holds of a wallet that nobody ended, the overdue among them, oldest first."""
    rows = _OPEN.rows(session, program=program_id, wallet=wallet_id)
    return tuple(HoldFacts(*row) for row in rows)


def draws_of_hold(session: Session, program_id: int, hold_id: str) -> tuple[Draw, ...]:
    """Say how much of which lots a hold reserves."""
    return tuple(Draw(*row) for row in _DRAWS.rows(session, program=program_id, hold=hold_id))


def draws_of_holds(
    session: Session, program_id: int, hold_ids: Collection[str]
) -> dict[str, tuple[Draw, ...]]:
    """Say how much of which lots some holds of one wallet reserve; they are few."""
    return {hold_id: draws_of_hold(session, program_id, hold_id) for hold_id in hold_ids}


def overdue_among(holds: Iterable[HoldFacts], at: datetime) -> tuple[HoldFacts, ...]:
    """List the holds that ran out by the reader's clock."""
    return tuple(hold for hold in holds if hold.is_overdue(at))
