"""Which reward a hold was for, by name, for whoever reads what became of it."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.points.holds import HOLD
from loyalty.points.queries import REWARD

_PREFIX = "hold:"


def rewards_of_subjects(
    session: Session, program_id: int, subjects: Collection[str]
) -> dict[str, str]:
    """Name the rewards of acts whose subject is a hold; holds without a reward are left out."""
    holds = {each.removeprefix(_PREFIX) for each in subjects if each.startswith(_PREFIX)}
    if not holds:
        return {}
    rows = session.execute(
        select(HOLD.c.hold_id, REWARD.c.name)
        .join(
            REWARD,
            (REWARD.c.program_id == HOLD.c.program_id) & (REWARD.c.reward_id == HOLD.c.reward_id),
        )
        .where(HOLD.c.program_id == program_id, HOLD.c.hold_id.in_(holds))
    )
    return {f"{_PREFIX}{row.hold_id}": row.name for row in rows}
