"""Keep what a reward is from now on, beside what it was before."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import Session

from loyalty.db.base import UtcDateTime
from loyalty.db.writes import table_of
from loyalty.points.queries import REWARD
from loyalty.points.reward_models import RewardVersion

REWARD_VERSION: Final = table_of(RewardVersion)
# What both tables say of a reward.
TERMS: Final = tuple(
    column.name for column in REWARD.columns if column.name not in {"program_id", "reward_id"}
)


def keep_reward(session: Session, program_id: int, reward_id: UUID, *, at: datetime) -> None:
    """Keep a version of a reward as its row says it, which this act has just written.

    Whoever writes the row has locked it, so that versions are counted one after the other.
    """
    kept = REWARD_VERSION.c
    version = (
        select(func.coalesce(func.max(kept.version), 0) + 1)
        .where(kept.program_id == program_id, kept.reward_id == reward_id)
        .scalar_subquery()
    )
    made_at = bindparam("made_at", at, UtcDateTime())
    told = select(
        REWARD.c.program_id,
        REWARD.c.reward_id,
        version,
        made_at,
        *(REWARD.c[name] for name in TERMS),
    ).where(REWARD.c.program_id == program_id, REWARD.c.reward_id == reward_id)
    names = ["program_id", "reward_id", "version", "made_at", *TERMS]
    session.execute(insert(REWARD_VERSION).from_select(names, told))
