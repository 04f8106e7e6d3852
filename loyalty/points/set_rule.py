"""Set how points are earned: a new version of the rule; the old ones explain old points."""

from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.models import EarningRule

POINTS_MAX = 1000
PER_MINOR_MAX = 1_000_000


def set_earning_rule(
    session: Session, program_id: int, *, points: int, per_minor: int, currency: str, at: datetime
) -> int:
    """Earn `points` for every full `per_minor` minor units from `at` on; give back the version.

    Errors: `SettingInvalidError` for a rule that gives nothing or gives it away.
    """
    if not 0 < points <= POINTS_MAX:
        raise SettingInvalidError(field="points")
    if not 0 < per_minor <= PER_MINOR_MAX:
        raise SettingInvalidError(field="per_minor")
    latest = session.execute(
        select(func.coalesce(func.max(EarningRule.version), 0)).where(
            EarningRule.program_id == program_id
        )
    ).scalar_one()
    session.execute(
        insert(EarningRule).values(
            program_id=program_id,
            version=latest + 1,
            points=points,
            per_minor=per_minor,
            currency=currency,
            in_force_from=at,
        )
    )
    return int(latest) + 1
