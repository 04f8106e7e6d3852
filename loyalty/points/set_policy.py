"""Decide anew how the program's points work; what was decided before explains what it did."""

from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_row
from loyalty.db.writes import hold
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.policy import POLICY, PointsPolicy

DEBT_POLICIES: Final = ("owe", "forgive", "block")
# What each number may be: the smallest and the largest.
LIMITS: Final = {
    "value_minor_per_1000": (0, 1_000_000),
    "expiry_months": (1, 120),
    "expiry_grace_days": (0, 365),
    "expiry_warning_days": (0, 365),
    "pending_days": (0, 365),
    "hold_minutes": (1, 24 * 60),
    "offline_allowance": (0, 1_000_000),
    "cashier_allowance": (0, 1_000_000),
    "card_sales_per_day": (1, 10_000),
    "card_points_per_day": (1, 1_000_000),
    "welcome_points": (0, 1_000_000),
    "birthday_points": (0, 1_000_000),
    "referral_points": (0, 1_000_000),
    "referral_most": (0, 10_000),
    "adjust_manager_most": (0, 1_000_000),
    "claim_days": (1, 365),
    "claim_code_days": (1, 365),
}
MAY_BE_NONE: Final = {"expiry_months", "card_sales_per_day", "card_points_per_day"}


def set_policy(
    session: Session,
    program_id: int,
    policy: PointsPolicy,
    *,
    made_by: str,
    at: datetime,
    in_force_from: datetime | None = None,
) -> int:
    """Keep a new version of what the program decided, from `at` on; give back the version.

    `made_by` is "staff:<id>", or "setup". The version that `policy` carries is not looked at.
    Errors: `SettingInvalidError` with the field that cannot be.
    """
    _check(policy)
    hold(session, "points_policy", program_id, "")
    latest = session.execute(
        select(func.coalesce(func.max(POLICY.c.version), 0)).where(
            POLICY.c.program_id == program_id
        )
    ).scalar_one()
    row = asdict(policy) | {
        "program_id": program_id,
        "version": latest + 1,
        "in_force_from": in_force_from or at,
        "made_at": at,
        "made_by": made_by,
        # A column that stays: what was decided under it is sealed. Cashiers move nothing by hand.
        "adjust_cashier_most": 0,
    }
    insert_row(session, POLICY, row)
    return int(latest) + 1


def _check(policy: PointsPolicy) -> None:
    if policy.debt_policy not in DEBT_POLICIES:
        raise SettingInvalidError(field="debt_policy")
    for field, (least, most) in LIMITS.items():
        value = getattr(policy, field)
        if value is None and field in MAY_BE_NONE:
            continue
        if type(value) is not int or not least <= value <= most:
            raise SettingInvalidError(field=field)
