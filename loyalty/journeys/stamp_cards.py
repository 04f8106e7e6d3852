"""Stamp cards as somebody has them: what can be used, what waits, and what is owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.queries import balance_of_member
from loyalty.points.rules import STAMPS, RewardFacts
from loyalty.points.spendable import Spendable, spendable

_NOTHING: Final = Spendable(0, 0, 0, 0, None, 0)


@dataclass(frozen=True, slots=True)
class StampCard:
    """How many stamps somebody has on one card; a full one gives its reward.

    `stamps` can be used now. `now` says besides what is held and what is owed, `pending_until`
    when the first of those begin that wait until returns are over.
    """

    reward: RewardFacts
    now: Spendable = _NOTHING
    pending_until: datetime | None = None

    @property
    def stamps(self) -> int:
        """How many can be used now."""
        return self.now.free

    @property
    def waits(self) -> bool:
        """Whether there is more to it than what can be used now."""
        return bool(self.now.pending or self.now.held or self.now.debt or self.now.past)

    @property
    def full(self) -> int:
        """How many times over it can be redeemed."""
        return self.stamps // self.reward.points

    @property
    def is_full(self) -> bool:
        """Whether it can be redeemed."""
        return self.full > 0


def stamp_cards(
    session: Session,
    program_id: int,
    member_id: UUID,
    rewards: Sequence[RewardFacts],
    *,
    at: datetime,
) -> tuple[StampCard, ...]:
    """Tell the stamp cards that are on offer, and what somebody has on each."""
    return tuple(
        _card(session, program_id, member_id, reward, at=at)
        for reward in rewards
        if reward.kind == STAMPS
    )


def _card(
    session: Session, program_id: int, member_id: UUID, reward: RewardFacts, *, at: datetime
) -> StampCard:
    balance = balance_of_member(session, program_id, member_id, unit=reward.unit)
    if balance is None:
        return StampCard(reward)
    now = spendable(session, program_id, balance, at=at)
    return StampCard(reward, now, balance.pending_until if now.pending else None)
