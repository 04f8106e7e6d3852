"""A sale that was paid in part with points is refunded: their part of the points comes back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.writes import hold as hold_name
from loyalty.db.writes import is_postgresql
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.redeem_ends import paying_wallet, return_points
from loyalty.journeys.stamp_cards import StampedSale, unstamp
from loyalty.points.holds import hold_by_id
from loyalty.points.posting import Act, lock_wallets
from loyalty.points.queries import wallet_of_member
from loyalty.points.redemptions import (
    RedemptionFacts,
    given_back,
    hold_of_sale,
    redemption_by_hold,
    taken_by_hold,
)
from loyalty.sales.queries import current_turn


@dataclass(frozen=True, slots=True)
class RefundedPart:
    """A refund as the points of its sale see it.

    Units: minor units of what was paid in money: `paid_minor` for the sale, `left_minor` after
    this refund and all before. A sale of nothing but points has paid nothing; giving anything
    of it back gives all of it back.
    """

    program_id: int
    refund_id: str
    sale_id: str
    store_id: UUID
    till_id: UUID
    refunded_at: datetime
    paid_minor: int
    left_minor: int


def give_back_redeemed(session: Session, part: RefundedPart, *, at: datetime) -> int:
    """Give back the points a refunded part was paid with; says how many. As a rule, none.

    After any refunds the sale has spent what its rest is worth of all it spent, rounded up, so
    that parts in any order give back what one refund of their sum does, and the last one
    everything. They return to the lots they came from, with their end. Stamps that its rest
    would not earn are taken back.
    """
    _unstamp(session, part, at=at)
    hold_id = hold_of_sale(session, part.program_id, part.sale_id)
    if hold_id is None:
        return 0
    hold_name(session, "redeem", part.program_id, hold_id)
    facts = redemption_by_hold(session, part.program_id, hold_id)
    taken = taken_by_hold(session, part.program_id, hold_id)
    assert facts is not None, "a sale is tied to a redemption"
    assert taken is not None, "a sale is tied to what was taken"
    wanted = taken.points - points_kept(
        taken.points, paid_minor=part.paid_minor, left_minor=part.left_minor
    )
    points = wanted - given_back(session, part.program_id, hold_id)
    if points <= 0:
        return 0
    _lock_wallets(session, part, facts, at=at)
    act = Act(
        act_id=f"refund:{part.refund_id}:redeemed",
        occurred_at=part.refunded_at,
        subject=f"hold:{hold_id}",
        store_id=part.store_id,
        till_id=part.till_id,
    )
    return_points(session, part.program_id, facts, taken, act=act, points=points, at=at)
    return points


def _unstamp(session: Session, part: RefundedPart, *, at: datetime) -> None:
    turn = current_turn(session, part.program_id, part.sale_id)
    sale = StampedSale(
        part.program_id,
        part.sale_id,
        part.store_id,
        part.till_id,
        part.refund_id,
        part.refunded_at,
    )
    unstamp(session, sale, turn.card_id, left_minor=part.left_minor, at=at)


def _lock_wallets(
    session: Session, part: RefundedPart, facts: RedemptionFacts, *, at: datetime
) -> None:
    """Take the wallets that paid and that earned at once, in the order everybody does."""
    if not is_postgresql(session):
        return
    paid = hold_by_id(session, part.program_id, facts.hold_id)
    assert paid is not None, "a redemption has a hold"
    wallets = {paid.wallet_id, paying_wallet(session, part.program_id, facts, at=at)}
    card_id = current_turn(session, part.program_id, part.sale_id).card_id
    member_id = None if card_id is None else open_member_of_card(session, part.program_id, card_id)
    earned = None if member_id is None else wallet_of_member(session, part.program_id, member_id)
    if earned is not None:
        wallets.add(earned)
    lock_wallets(session, part.program_id, wallets)


def points_kept(points: int, *, paid_minor: int, left_minor: int) -> int:
    """Say how many points the rest of a sale has spent: its share, rounded up; pure."""
    if left_minor == 0 or paid_minor == 0:
        return 0
    return -(-points * left_minor // paid_minor)
