"""Offer something points can be redeemed for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from loyalty.kernel.errors import SettingInvalidError
from loyalty.kernel.ids import new_id
from loyalty.points.models import Reward

NAME_LENGTH_MAX = 60
POINTS_MAX = 1_000_000


def add_reward(session: Session, program_id: int, *, name: str, points: int, at: datetime) -> UUID:
    """Add a reward that costs `points`; shoppers and tills see it from now on.

    Errors: `SettingInvalidError` without a name, or for a cost that cannot be.
    """
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH_MAX:
        raise SettingInvalidError(field="reward_name")
    if not 0 < points <= POINTS_MAX:
        raise SettingInvalidError(field="reward_points")
    reward_id = new_id(at)
    session.execute(
        insert(Reward).values(
            program_id=program_id, reward_id=reward_id, name=name, points=points, retired_at=None
        )
    )
    return reward_id
