"""What a program decided about its points: their value, their end, debts, holds and limits."""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from loyalty.db.memory import remembered
from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.points.models import Policy

POLICY: Final = table_of(Policy)

DebtPolicy = Literal["owe", "forgive", "block"]


@dataclass(frozen=True, slots=True)
class PointsPolicy:
    """One version of a program's decisions; version 0 stands for a program that made none.

    Units: `value_minor_per_1000` is what 1000 points are worth between stores, in minor units.
    `expiry_months` none: points never end. `card_…_per_day` none: no cap. `referral_most` is
    how many friends one member is rewarded for. `adjust_manager_most` is what a manager may move
    by hand at once; the owner may move anything, a cashier nothing. A receipt is claimed within
    `claim_days` of its sale; a till gives codes that were signed within `claim_code_days`.
    """

    version: int = 0
    value_minor_per_1000: int = 1000
    debt_policy: DebtPolicy = "owe"
    expiry_months: int | None = None
    expiry_grace_days: int = 14
    expiry_warning_days: int = 14
    pending_days: int = 0
    carry_over: bool = False
    hold_minutes: int = 15
    offline_allowance: int = 0
    cashier_allowance: int = 0
    card_sales_per_day: int | None = None
    card_points_per_day: int | None = None
    welcome_points: int = 0
    birthday_points: int = 0
    referral_points: int = 0
    referral_most: int = 0
    adjust_manager_most: int = 500
    claim_days: int = 14
    claim_code_days: int = 30

    @property
    def expiry_grace(self) -> timedelta:
        """How long a lot that is past waits for what happened before its end."""
        return timedelta(days=self.expiry_grace_days)


NO_POLICY: Final = PointsPolicy()
FIELDS: Final = tuple(PointsPolicy.__slots__)
_IN_FORCE: Final = Prepared(
    select(*(POLICY.c[name] for name in FIELDS))
    .where(
        POLICY.c.program_id == bindparam("program"), POLICY.c.in_force_from <= bindparam("moment")
    )
    .order_by(POLICY.c.version.desc())
    .limit(1)
)
_NEWEST: Final = Prepared(
    select(POLICY.c.in_force_from, *(POLICY.c[name] for name in FIELDS))
    .where(POLICY.c.program_id == bindparam("program"))
    .order_by(POLICY.c.version.desc())
    .limit(1)
)


def policy_in_force(session: Session, program_id: int, *, at: datetime) -> PointsPolicy:
    """Find what counted at a moment; the defaults where nothing was decided by then."""
    newest = remembered(
        session, program_id, "policy", lambda: _NEWEST.first(session, program=program_id)
    )
    if newest is None:
        return NO_POLICY
    if newest[0] <= at:
        return PointsPolicy(*newest[1:])
    row = _IN_FORCE.first(session, program=program_id, moment=at)
    return NO_POLICY if row is None else PointsPolicy(*row)


def lot_end(policy: PointsPolicy, *, earned_at: datetime, at: datetime) -> datetime | None:
    """Say when points earned at a moment end, by the policy; none for never.

    A till whose clock is off by more than the grace is not believed: then our clock counts.
    """
    if policy.expiry_months is None:
        return None
    is_believed = at - policy.expiry_grace <= earned_at <= at
    return months_later(earned_at if is_believed else at, policy.expiry_months)


def lot_beginning(policy: PointsPolicy, *, at: datetime) -> datetime | None:
    """Say when points recorded at a moment can be spent; none for at once."""
    return None if policy.pending_days == 0 else at + timedelta(days=policy.pending_days)


def spending_moment(policy: PointsPolicy, *, occurred_at: datetime, at: datetime) -> datetime:
    """Say by which moment it is judged what a late act could spend: its own, within the grace."""
    return min(max(occurred_at, at - policy.expiry_grace), at)


def months_later(moment: datetime, months: int) -> datetime:
    """Count months on; the 31st of a shorter month is its last day."""
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
