"""Take a reward off the list, and put it back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty.points.keep_reward import keep_reward
from loyalty.points.reward_models import Reward


def retire_reward(session: Session, program_id: int, reward_id: UUID, *, at: datetime) -> None:
    """Stop offering a reward; what was redeemed before keeps its name."""
    _set_retired(session, program_id, reward_id, at)
    keep_reward(session, program_id, reward_id, at=at)


def restore_reward(session: Session, program_id: int, reward_id: UUID, *, at: datetime) -> None:
    """Offer a retired reward again."""
    _set_retired(session, program_id, reward_id, None)
    keep_reward(session, program_id, reward_id, at=at)


def _set_retired(session: Session, program_id: int, reward_id: UUID, at: datetime | None) -> None:
    session.execute(
        update(Reward)
        .where(Reward.program_id == program_id, Reward.reward_id == reward_id)
        .values(retired_at=at)
    )
