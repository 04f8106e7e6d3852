"""What a card's points are worth now: what can be used, what waits or ends, what comes next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.queries import (
    BalanceFacts,
    balance_of,
    balance_of_member,
    rewards_of,
    wallets_of_member,
)
from loyalty.points.rewards.terms import offered
from loyalty.points.rules import (
    POINTS,
    RewardAhead,
    RewardFacts,
    next_reward,
    rewards_in_reach,
)
from loyalty.points.spendable import Spendable, spendable

NOTHING: Final = Spendable(0, 0, 0, 0, None, 0)


@dataclass(frozen=True, slots=True)
class StampCard:
    """A card of stamps: `stamps` are there, and so many as the reward costs fill it."""

    reward: RewardFacts
    stamps: int


@dataclass(frozen=True, slots=True)
class CardPoints:
    """The points of a membership by the reader's clock, and the rewards on offer today.

    `balance` is none for a membership without a wallet.
    """

    balance: BalanceFacts | None
    now: Spendable
    rewards: tuple[RewardFacts, ...]
    next_reward: RewardAhead | None
    in_reach: tuple[RewardFacts, ...]
    stamp_cards: tuple[StampCard, ...]


def card_points(session: Session, program_id: int, member_id: UUID, *, at: datetime) -> CardPoints:
    """Say what a membership can use now, and what it may ask for."""
    balance = balance_of_member(session, program_id, member_id)
    now = NOTHING if balance is None else spendable(session, program_id, balance, at=at)
    on_offer = offered(rewards_of(session, program_id), at=at)
    rewards = tuple(each for each in on_offer if each.unit == POINTS)
    with_stamps = [each for each in on_offer if each.unit != POINTS]
    return CardPoints(
        balance=balance,
        now=now,
        rewards=rewards,
        next_reward=next_reward(now.free, rewards),
        in_reach=rewards_in_reach(now.free, rewards),
        stamp_cards=_stamp_cards(session, program_id, member_id, with_stamps, at=at)
        if with_stamps
        else (),
    )


def _stamp_cards(
    session: Session,
    program_id: int,
    member_id: UUID,
    rewards: list[RewardFacts],
    *,
    at: datetime,
) -> tuple[StampCard, ...]:
    wallets = wallets_of_member(session, program_id, member_id)
    stamps = {
        unit: spendable(session, program_id, balance_of(session, program_id, wallet), at=at).free
        for unit, wallet in wallets.items()
        if unit != POINTS
    }
    return tuple(StampCard(reward, stamps.get(reward.unit, 0)) for reward in rewards)
