"""A reward is reserved for a basket: its cost, what comes off, and whether it may be had.

The same for a till, for an order on the web, and for what a till gave without a line.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import open_member_of
from loyalty.journeys.allowances import cashier_left, day_began, memberships_of
from loyalty.kernel.errors import LoyaltyError
from loyalty.points.create_wallet import create_wallet
from loyalty.points.gates import member_of_wallet, take_wallets
from loyalty.points.hold import HoldAsk, Purpose, hold
from loyalty.points.queries import (
    POINTS,
    BalanceFacts,
    lock_balance,
    lock_reward,
    reward_by_id,
)
from loyalty.points.redemptions import (
    RedemptionFacts,
    note_redemption,
    times_had,
)
from loyalty.points.reward_errors import (
    AllowanceExceededError,
    RewardLimitError,
    RewardMisfitError,
    RewardNotOfferedError,
    RewardSoldOutError,
)
from loyalty.points.rewards.base import Basket, Discount, discount_of
from loyalty.points.rewards.terms import Channel, why_not_offered
from loyalty.points.rules import RewardFacts
from loyalty.points.spendable import spendable

MONEY: Final = "money"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to have for points, where, on which proof.

    `points` none means the reward's own cost, or of points as money as many as pay the basket.
    `time_zone` is the store's, for limits by the day.
    """

    program_id: int
    hold_id: str
    reward_id: UUID
    member_id: UUID
    card_id: str | None
    basket: Basket
    channel: Channel
    purpose: Purpose
    subject: str
    proof: str
    time_zone: str
    points: int | None = None
    store_id: UUID | None = None
    till_id: UUID | None = None
    staff_id: UUID | None = None
    reason: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reserved:
    """A reward held for a basket."""

    reward: RewardFacts
    discount: Discount
    ends_at: datetime | None
    balance: BalanceFacts


def reserve_reward(session: Session, wish: Wish, *, at: datetime) -> Reserved | LoyaltyError:
    """Hold the points of a reward and write down what for, or say why it cannot be had.

    Limits are counted under the lock of what they are of: the reward's row for its stock, the
    member's wallet for the member's own and for what a cashier answers for.
    """
    reward = reward_by_id(session, wish.program_id, wish.reward_id)
    if reward is not None and reward.stock is not None:
        reward = lock_reward(session, wish.program_id, wish.reward_id)
    refusal = _why_not(reward, wish, at=at)
    if refusal is not None:
        return refusal
    assert reward is not None, "an unknown reward is refused"
    wallet = lock_paying_wallet(session, wish.program_id, wish.member_id, reward, at=at)
    found = _discount(session, reward, wallet, wish, at=at)
    if isinstance(found, LoyaltyError):
        return found
    refusal = _limit(session, reward, wish, found.times, at=at)
    if refusal is not None:
        return refusal
    held = hold(session, wish.program_id, wallet.wallet_id, ask=_ask(wish, reward, found), at=at)
    if held.refused is not None:
        return held.refused.error()
    note_redemption(session, wish.program_id, _facts(wish, found, at=at))
    return Reserved(reward, found, held.ends_at, held.balance)


def _why_not(reward: RewardFacts | None, wish: Wish, *, at: datetime) -> LoyaltyError | None:
    if reward is None:
        return RewardNotOfferedError(reason="unknown")
    moment = wish.occurred_at or at
    reason = why_not_offered(reward, at=moment, channel=wish.channel)
    return None if reason is None else RewardNotOfferedError(reason=reason)


def lock_paying_wallet(
    session: Session, program_id: int, member_id: UUID, reward: RewardFacts, *, at: datetime
) -> BalanceFacts:
    """Take the wallet that pays, of the membership that stands after the lock."""

    def look() -> dict[str, UUID]:
        return {"pays": open_member_of(session, program_id, member_id)}

    points = take_wallets(session, program_id, look, at=at)["pays"]
    if reward.unit == POINTS:
        return points
    stands = member_of_wallet(session, program_id, points.wallet_id)
    wallet_id = create_wallet(session, program_id, stands, at=at, unit=reward.unit)
    return lock_balance(session, program_id, wallet_id)


def _discount(
    session: Session, reward: RewardFacts, wallet: BalanceFacts, wish: Wish, *, at: datetime
) -> Discount | LoyaltyError:
    """Work out what comes off and what it costs; points that buy nothing are not asked for."""
    points, most = wish.points, None
    if wish.proof == "cashier":
        most = cashier_left(
            session, wish.program_id, wish.member_id, time_zone=wish.time_zone, at=at
        )
    if points is None and reward.kind == MONEY:
        free = spendable(session, wish.program_id, wallet, at=at).free
        points = max(reward.points, free if most is None else min(free, most))
    found = discount_of(reward, wish.basket, points)
    if found.times == 0:
        return RewardMisfitError(minimum_minor=reward.minimum_minor, points=reward.points)
    if most is not None and found.points > most:
        return AllowanceExceededError(left=most)
    return found


def _limit(
    session: Session, reward: RewardFacts, wish: Wish, times: int, *, at: datetime
) -> LoyaltyError | None:
    """Count how often it was had, where that is limited."""
    program_id = wish.program_id
    if reward.stock is not None:
        had = times_had(session, program_id, reward.reward_id, at=at)
        if had + times > reward.stock:
            return RewardSoldOutError(left=max(0, reward.stock - had))
    if reward.per_member is None and reward.per_member_day is None:
        return None
    members = memberships_of(session, program_id, wish.member_id)
    if reward.per_member is not None:
        had = times_had(session, program_id, reward.reward_id, at=at, member_ids=members)
        if had + times > reward.per_member:
            return RewardLimitError(per="ever", most=reward.per_member)
    if reward.per_member_day is not None:
        since = day_began(at, wish.time_zone)
        had = times_had(
            session, program_id, reward.reward_id, at=at, member_ids=members, since=since
        )
        if had + times > reward.per_member_day:
            return RewardLimitError(per="day", most=reward.per_member_day)
    return None


def _ask(wish: Wish, reward: RewardFacts, found: Discount) -> HoldAsk:
    return HoldAsk(
        hold_id=wish.hold_id,
        points=found.points,
        purpose=wish.purpose,
        subject=wish.subject,
        proof=wish.proof,
        reward_id=reward.reward_id,
        store_id=wish.store_id,
        till_id=wish.till_id,
        staff_id=wish.staff_id,
        occurred_at=wish.occurred_at,
    )


def _facts(wish: Wish, found: Discount, *, at: datetime) -> RedemptionFacts:
    return RedemptionFacts(
        hold_id=wish.hold_id,
        reward_id=wish.reward_id,
        member_id=wish.member_id,
        card_id=wish.card_id,
        channel=wish.channel,
        times=found.times,
        basket_minor=wish.basket.total_minor,
        discount_minor=found.minor,
        currency=wish.basket.currency,
        lines=found.lines,
        reason=wish.reason,
        at=at,
    )
