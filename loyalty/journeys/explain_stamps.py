"""Why somebody has so many stamps on each card: told as points are, stamp card by stamp card."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.explain_points import PointsTold, Reader, explain_points
from loyalty.points.queries import wallets_of_member
from loyalty.points.rewards.terms import offered
from loyalty.points.rules import RewardFacts
from loyalty.points.stamped import stamp_cards_of


@dataclass(frozen=True, slots=True)
class StampsTold:
    """Why a stamp card holds what it holds; `told` counts stamps.

    A card that `is_over` is not on offer any more and keeps what it has.
    """

    reward: RewardFacts
    told: PointsTold
    is_over: bool


def explain_stamps(
    session: Session, program_id: int, member_id: UUID | None, *, reader: Reader, at: datetime
) -> tuple[StampsTold, ...]:
    """Say why each stamp card holds what it holds that ever held a stamp of this member.

    Those on offer first, the cheapest of them before the others.
    """
    cards = stamp_cards_of(session, program_id) if member_id is not None else ()
    if member_id is None or not cards:
        return ()
    wallets = wallets_of_member(session, program_id, member_id)
    told = []
    for reward in cards:
        wallet_id = wallets.get(reward.unit)
        if wallet_id is None:
            continue
        why = explain_points(session, program_id, wallet_id, reader=reader, at=at)
        if why.lots or why.used or why.debts:
            is_over = reward.retired_at is not None or not offered([reward], at=at)
            told.append(StampsTold(reward, why, is_over))
    return tuple(sorted(told, key=lambda one: (one.is_over, one.reward.points, one.reward.name)))
