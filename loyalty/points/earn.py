"""Points in: what a receipt earns by one rate, once."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.kernel.money import Money
from loyalty.points.credit import Credited as Earned
from loyalty.points.credit import credit
from loyalty.points.posting import Act
from loyalty.points.queries import BalanceFacts
from loyalty.points.rules import EarnRate, points_earned

__all__ = ["Earned", "earn"]


def earn(
    session: Session,
    program_id: int,
    wallet: UUID | BalanceFacts,
    *,
    act: Act,
    spend: Money,
    rate: EarnRate,
    at: datetime,
) -> Earned:
    """Earn the points of one receipt into a wallet; doing it again changes nothing.

    Raises `ActConflictError` when the act id was used for something else.
    """
    act = replace(act, rule_version=rate.version)
    points = points_earned(spend, rate)
    return credit(session, program_id, wallet, act=act, points=points, kind="earn", at=at)
