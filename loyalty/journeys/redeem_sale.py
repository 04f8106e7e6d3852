"""A sale that was paid in part with points: its hold is taken with it, whatever became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.writes import hold as hold_name
from loyalty.journeys.redeem_ends import Redeeming, take_held, taken_part
from loyalty.kernel.errors import LoyaltyError
from loyalty.points.holds import current_hold, hold_by_id
from loyalty.points.posting import Act
from loyalty.points.redeem_late import redeem_late
from loyalty.points.redemptions import (
    TakenFacts,
    bind_to_sale,
    given_back,
    note_taken,
    redemption_by_hold,
    taken_by_hold,
)

Fate = Literal[
    "taken",  # its points were taken, now or before
    "taken_late",  # it had run out by our clock, not by the till's: taken now, the rest is owed
    "lapsed",  # it had run out when the sale was made: nothing was taken
    "let_go",  # it was let go or given back: nothing is taken
    "other_sale",  # another sale has used it
    "unknown",  # there is no such hold of this store
]


@dataclass(frozen=True, slots=True)
class SaleOfHold:
    """A sale as its hold needs it; `sold_at` by the till's clock, believed when `clock_sure`."""

    program_id: int
    store_id: UUID
    sale_id: str
    hold_id: str
    sold_at: datetime
    clock_sure: bool


@dataclass(frozen=True, slots=True)
class HoldFate:
    """What became of the hold of a sale; `owed` of its `points` were not there any more."""

    fate: Fate
    points: int = 0
    owed: int = 0
    discount_minor: int = 0
    reward_id: UUID | None = None


def settle_hold(session: Session, sale: SaleOfHold, *, at: datetime) -> HoldFate:
    """Take the hold of a new sale; the sale stands whatever this says.

    A hold that ran out while its sale waited in a queue is taken all the same: the goods are
    gone at the lower price. What somebody spent of it meanwhile is owed, never more than was held.
    """
    hold_name(session, "redeem", sale.program_id, sale.hold_id)
    facts = redemption_by_hold(session, sale.program_id, sale.hold_id)
    hold = hold_by_id(session, sale.program_id, sale.hold_id)
    if facts is None or hold is None or hold.store_id != sale.store_id or hold.purpose != "till":
        return HoldFate("unknown")
    known = Redeeming(facts, hold)
    taken = taken_by_hold(session, sale.program_id, sale.hold_id)
    if taken is not None:
        return _bound(session, sale, known, taken, "taken", owed=0, at=at)
    now = current_hold(session, sale.program_id, sale.hold_id)
    assert now is not None, "a hold is never taken away"
    outcome = now.outcome_at(at)
    if outcome is None:
        refused = take_held(session, sale.program_id, known, points=None, at=at)
        if refused is None:
            return _told(session, sale, known, "taken", owed=0, at=at)
        outcome = _outcome(refused)
    if outcome == "lapsed" and _was_in_time(sale, known, at=at):
        return _take_late(session, sale, known, now.wallet_id, at=at)
    return HoldFate("lapsed" if outcome == "lapsed" else "let_go", reward_id=facts.reward_id)


def _outcome(refused: LoyaltyError) -> str:
    return str(refused.facts.get("outcome", ""))


def _was_in_time(sale: SaleOfHold, known: Redeeming, *, at: datetime) -> bool:
    """Say whether the sale was made while its points were held, by a clock that is believed."""
    ends_at = known.hold.ends_at
    if ends_at is None or not sale.clock_sure:
        return False
    return known.hold.opened_at <= sale.sold_at < ends_at and sale.sold_at <= at


def _take_late(
    session: Session, sale: SaleOfHold, known: Redeeming, wallet_id: UUID, *, at: datetime
) -> HoldFate:
    hold = known.hold
    act = Act(
        act_id=f"late:{hold.hold_id}",
        occurred_at=sale.sold_at,
        subject=f"hold:{hold.hold_id}",
        store_id=hold.store_id,
        till_id=hold.till_id,
    )
    late = redeem_late(session, sale.program_id, wallet_id, act=act, points=hold.points, at=at)
    note_taken(session, sale.program_id, taken_part(known, act.act_id, late.points, at=at))
    return _told(session, sale, known, "taken_late", owed=late.owed, at=at)


def _told(
    session: Session, sale: SaleOfHold, known: Redeeming, fate: Fate, *, owed: int, at: datetime
) -> HoldFate:
    taken = taken_by_hold(session, sale.program_id, sale.hold_id)
    assert taken is not None, "it was taken a moment ago"
    return _bound(session, sale, known, taken, fate, owed=owed, at=at)


def _bound(
    session: Session,
    sale: SaleOfHold,
    known: Redeeming,
    taken: TakenFacts,
    fate: Fate,
    *,
    owed: int,
    at: datetime,
) -> HoldFate:
    """Tie a redemption to its one sale."""
    reward_id = known.facts.reward_id
    if given_back(session, sale.program_id, sale.hold_id) >= taken.points:
        return HoldFate("let_go", reward_id=reward_id)
    if not bind_to_sale(session, sale.program_id, sale.hold_id, sale.sale_id, at=at):
        return HoldFate("other_sale", reward_id=reward_id)
    return HoldFate(fate, taken.points, owed, taken.discount_minor, reward_id)
