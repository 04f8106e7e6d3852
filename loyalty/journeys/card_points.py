"""What a card's points are worth now: what can be used, what waits or ends, what comes next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.stamp_cards import StampCard, stamp_cards
from loyalty.points.queries import BalanceFacts, balance_of_member, rewards_of
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
    return CardPoints(
        balance=balance,
        now=now,
        rewards=rewards,
        next_reward=next_reward(now.free, rewards),
        in_reach=rewards_in_reach(now.free, rewards),
        stamp_cards=stamp_cards(session, program_id, member_id, on_offer, at=at),
    )
