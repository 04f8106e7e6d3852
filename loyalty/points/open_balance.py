"""Points that a member brings along from the cards, or the system, a shop had before."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.amounts import check_points
from loyalty.points.credit import Credited, credit
from loyalty.points.policy import lot_end, policy_in_force
from loyalty.points.posting import Act
from loyalty.points.queries import BalanceFacts


def open_balance(
    session: Session,
    program_id: int,
    wallet: UUID | BalanceFacts,
    *,
    act: Act,
    points: int,
    at: datetime,
    expires_at: datetime | None = None,
) -> Credited:
    """Put an opening balance into a wallet as a lot of its own; doing it again changes nothing.

    Without `expires_at` it ends as points earned today do.

    Raises `PointsInvalidError` for what is no number of points, and `ActConflictError` when the
    act id was used for something else.
    """
    check_points(points)
    if expires_at is None:
        expires_at = lot_end(policy_in_force(session, program_id, at=at), earned_at=at, at=at)
    return credit(
        session,
        program_id,
        wallet,
        act=act,
        points=points,
        kind="open",
        at=at,
        expires_at=expires_at,
    )
