"""A sale that was paid in part with points is refunded: their part of the points comes back."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.writes import hold as hold_name
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.redeem_ends import return_points, who_is_paid_back
from loyalty.journeys.sale_back import sale_back
from loyalty.journeys.sale_goods import SaleGoods
from loyalty.journeys.stamp_sales import StampedSale, unstamp
from loyalty.points.gates import take_wallets
from loyalty.points.posting import Act
from loyalty.points.queries import reward_by_id
from loyalty.points.redemptions import (
    RedemptionFacts,
    given_back,
    hold_of_sale,
    redemption_by_hold,
    taken_by_hold,
)
from loyalty.points.refund_rules import part_back
from loyalty.points.rules import POINTS
from loyalty.sales.queries import current_turn


@dataclass(frozen=True, slots=True)
class RefundedPart:
    """A refund as the points of its sale see it; `left_minor` of its money are left after it."""

    program_id: int
    refund_id: str
    sale_id: str
    store_id: UUID
    till_id: UUID
    refunded_at: datetime
    paid_minor: int
    left_minor: int
    goods: SaleGoods


@dataclass(frozen=True, slots=True)
class Returned:
    """What had paid for a refunded part and came back, and the stamps its goods had brought."""

    points: int = 0
    unit: str = POINTS
    stamps_taken: int = 0


def give_back_redeemed(session: Session, part: RefundedPart, *, at: datetime) -> Returned:
    """Give back the points a refunded part was paid with; says how many. As a rule, none.

    After any refunds the sale has spent what its rest is worth of all it spent, rounded up, so
    that parts in any order give back what one refund of their sum does, and the last one
    everything: a free product with its line, piece by piece, an amount off the bill with its
    share of the money, a bill that points paid in full with its goods. They return to the lots
    they came from, with their end. Stamps that its rest would not earn are taken back.
    """
    hold_id = hold_of_sale(session, part.program_id, part.sale_id)
    facts = None
    if hold_id is not None:
        hold_name(session, "redeem", part.program_id, hold_id)
        facts = redemption_by_hold(session, part.program_id, hold_id)
    _take_wallets(session, part, facts, at=at)
    stamps = _unstamp(session, part, at=at)
    if hold_id is None:
        return Returned(stamps_taken=stamps)
    taken = taken_by_hold(session, part.program_id, hold_id)
    assert facts is not None, "a sale is tied to a redemption"
    assert taken is not None, "a sale is tied to what was taken"
    reward = reward_by_id(session, part.program_id, facts.reward_id)
    assert reward is not None, "a reward that was redeemed stays"
    sale = sale_back(
        reward.kind,
        facts,
        taken,
        part.goods,
        paid_minor=part.paid_minor,
        left_minor=part.left_minor,
    )
    wanted = points_back(taken.points, part_back(sale))
    points = wanted - given_back(session, part.program_id, hold_id)
    if points <= 0:
        return Returned(stamps_taken=stamps)
    act = Act(
        act_id=f"refund:{part.refund_id}:redeemed",
        occurred_at=part.refunded_at,
        subject=f"hold:{hold_id}",
        store_id=part.store_id,
        till_id=part.till_id,
    )
    return_points(session, part.program_id, facts, taken, act=act, points=points, at=at)
    return Returned(points, reward.unit, stamps)


def _unstamp(session: Session, part: RefundedPart, *, at: datetime) -> int:
    turn = current_turn(session, part.program_id, part.sale_id)
    sale = StampedSale(
        part.program_id,
        part.sale_id,
        part.store_id,
        part.till_id,
        f"refund:{part.refund_id}",
        part.refunded_at,
    )
    return unstamp(session, sale, turn.card_id, part.goods, left_minor=part.left_minor, at=at)


def _take_wallets(
    session: Session, part: RefundedPart, facts: RedemptionFacts | None, *, at: datetime
) -> None:
    """Take the wallets of who paid with points and of who earned, all at once."""
    card_id = current_turn(session, part.program_id, part.sale_id).card_id

    def look() -> dict[str, UUID]:
        who: dict[str, UUID] = {}
        if facts is not None:
            who = who_is_paid_back(session, part.program_id, facts)
        earned = card_id and open_member_of_card(session, part.program_id, card_id)
        return who | {"earned": earned} if earned else who

    take_wallets(session, part.program_id, look, at=at)


def points_back(points: int, part: Fraction) -> int:
    """Say how many points a part is: its share, rounded down; of everything, all; pure."""
    return int(points * part)
