"""A sale that was paid in part with points is refunded: their part of the points comes back."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.writes import hold as hold_name
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.redeem_ends import return_points, who_is_paid_back
from loyalty.journeys.sale_goods import SaleGoods
from loyalty.journeys.stamp_cards import StampedSale, unstamp
from loyalty.points.gates import take_wallets
from loyalty.points.posting import Act
from loyalty.points.queries import reward_by_id
from loyalty.points.redemptions import (
    RedemptionFacts,
    TakenFacts,
    given_back,
    hold_of_sale,
    redemption_by_hold,
    taken_by_hold,
)
from loyalty.points.refund_rules import LineBack, SaleBack, part_back
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


def sale_back(
    kind: str,
    facts: RedemptionFacts,
    taken: TakenFacts,
    goods: SaleGoods,
    *,
    paid_minor: int,
    left_minor: int,
) -> SaleBack:
    """Lay what a reward took off beside the lines of its sale, and what came back of each.

    A till tells lines before the reward or after it, and may add its discount as a line of its
    own. Where they do not fit what the reward was held for, no line knows its share.
    """
    told, shares = goods.lines, _shares(facts, taken)
    basket = [line.total_minor for line in told[: len(shares)]]
    is_before = sum(basket) == facts.basket_minor
    is_after = sum(basket) == facts.basket_minor - taken.discount_minor
    fits = len(basket) == len(shares) > 0 and (is_before or is_after) and sum(shares) > 0
    if is_before:
        fits = fits and all(a <= b for a, b in zip(shares, basket, strict=True) if a > 0)
    if not fits:
        shares = ()
    lines: list[LineBack] = []
    for place, line in enumerate(told):
        share = shares[place] if place < len(shares) else 0
        listed = line.total_minor if is_before or not fits else line.total_minor + share
        if line.quantity_milli <= 0 or listed < 0 or (fits and place >= len(shares)):
            continue  # a discount of the till's own
        lines.append(goods.line_back(place + 1, listed, share))
    return SaleBack(
        kind=kind,
        paid_minor=paid_minor,
        refunded_minor=paid_minor - left_minor,
        lines=lines,
        is_exact=fits,
    )


def _shares(facts: RedemptionFacts, taken: TakenFacts) -> tuple[int, ...]:
    """Say what came off each line; an order that found everything has what it was placed with."""
    is_whole = taken.discount_minor == facts.discount_minor
    return taken.lines or (facts.lines if is_whole else ())


def _unstamp(session: Session, part: RefundedPart, *, at: datetime) -> int:
    turn = current_turn(session, part.program_id, part.sale_id)
    sale = StampedSale(
        part.program_id,
        part.sale_id,
        part.store_id,
        part.till_id,
        part.refund_id,
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
