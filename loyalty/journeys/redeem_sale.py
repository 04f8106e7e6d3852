"""A sale that was paid in part with points: its hold is taken with it, whatever became of it."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.writes import hold as hold_name
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.redeem_ends import Redeeming, take_held, taken_part
from loyalty.kernel.errors import LoyaltyError
from loyalty.orders.hand_off import SALE_PREFIX
from loyalty.points.gates import member_of_wallet, take_wallets
from loyalty.points.holds import HoldFacts, current_hold, hold_by_id
from loyalty.points.posting import Act
from loyalty.points.queries import reward_by_id
from loyalty.points.redeem_late import redeem_late
from loyalty.points.redemptions import (
    TakenFacts,
    bind_to_sale,
    given_back,
    note_taken,
    redemption_by_hold,
    taken_by_hold,
)
from loyalty.points.rules import RewardFacts

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
    card_id: str | None = None


@dataclass(frozen=True, slots=True)
class HoldFate:
    """What became of the hold of a sale; `owed` of its `points` were not there any more."""

    fate: Fate
    points: int = 0
    owed: int = 0
    discount_minor: int = 0
    reward_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SoldReward:
    """What became of the hold a sale named, and the reward it was for, if there was one."""

    hold_id: str
    fate: Fate
    points: int
    owed: int
    discount_minor: int
    reward: RewardFacts | None


def hold_told(hold_id: str, fate: HoldFate) -> str:
    """Write what became of a hold as the answer of its sale keeps it: points and ids only."""
    told = asdict(fate) | {"reward_id": fate.reward_id and str(fate.reward_id)}
    return json.dumps({"hold_id": hold_id, **told})


def sold_reward(session: Session, program_id: int, told: str | None) -> SoldReward | None:
    """Read what became of a sale's hold; the reward is named as it is called now."""
    if told is None:
        return None
    facts = json.loads(told)
    reward_id = facts.pop("reward_id")
    reward = reward_by_id(session, program_id, UUID(reward_id)) if reward_id else None
    return SoldReward(**facts, reward=reward)


class SoldWithHold(Protocol):
    """The report of a sale, as far as its hold needs it."""

    @property
    def program_id(self) -> int:
        """The program."""
        ...

    @property
    def store_id(self) -> UUID:
        """Where it was sold."""
        ...

    @property
    def sale_id(self) -> str:
        """Its id."""
        ...

    @property
    def hold_id(self) -> str | None:
        """The hold that paid a part of it."""
        ...

    @property
    def sold_at(self) -> datetime:
        """When, by the till's clock."""
        ...

    @property
    def clock_sure(self) -> bool:
        """Whether that clock is believed."""
        ...


def settle_hold_of(
    session: Session, report: SoldWithHold, card_id: str | None, *, at: datetime
) -> str | None:
    """Take the hold that a new sale names, and say what became of it; none without one.

    `card_id` is the card the sale counts for, or will in this act.
    """
    if report.hold_id is None:
        return None
    sale = SaleOfHold(
        program_id=report.program_id,
        store_id=report.store_id,
        sale_id=report.sale_id,
        hold_id=report.hold_id,
        sold_at=report.sold_at,
        clock_sure=report.clock_sure,
        card_id=card_id,
    )
    return hold_told(report.hold_id, settle_hold(session, sale, at=at))


def settle_hold(session: Session, sale: SaleOfHold, *, at: datetime) -> HoldFate:
    """Take the hold of a new sale; the sale stands whatever this says.

    A hold that ran out while its sale waited in a queue is taken all the same: the goods are
    gone at the lower price. What somebody spent of it meanwhile is owed, never more than was held.
    """
    hold_name(session, "redeem", sale.program_id, sale.hold_id)
    facts = redemption_by_hold(session, sale.program_id, sale.hold_id)
    hold = hold_by_id(session, sale.program_id, sale.hold_id)
    if facts is None or hold is None or hold.store_id != sale.store_id:
        return HoldFate("unknown")
    known = Redeeming(facts, hold)
    if hold.purpose == "order" and not sale.sale_id.startswith(SALE_PREFIX):
        # An order's points go with its handoff, which has taken them already.
        return HoldFate("unknown")
    taken = taken_by_hold(session, sale.program_id, sale.hold_id)
    if taken is not None:
        return _bound(session, sale, known, taken, "taken", owed=0, at=at)
    now = _take_wallets(session, sale, at=at)
    outcome = now.outcome_at(at)
    if outcome is None:
        refused = take_held(session, sale.program_id, known, points=None, at=at)
        if refused is None:
            return _told(session, sale, known, "taken", owed=0, at=at)
        outcome = _outcome(refused)
    if outcome == "lapsed" and _was_in_time(sale, known, at=at):
        return _take_late(session, sale, known, now.wallet_id, at=at)
    return HoldFate("lapsed" if outcome == "lapsed" else "let_go", reward_id=facts.reward_id)


def _take_wallets(session: Session, sale: SaleOfHold, *, at: datetime) -> HoldFacts:
    """Take the wallets of who pays and of who earns at once; say what the hold is then."""
    found: list[HoldFacts] = []

    def look() -> dict[str, UUID]:
        now = current_hold(session, sale.program_id, sale.hold_id)
        assert now is not None, "a hold is never taken away"
        found.append(now)
        who = {"pays": member_of_wallet(session, sale.program_id, now.wallet_id)}
        if sale.card_id is not None:
            earns = open_member_of_card(session, sale.program_id, sale.card_id)
            who["earns"] = earns or who["pays"]
        return who

    take_wallets(session, sale.program_id, look, at=at)
    return found[-1]


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
