"""What may be spent by the day on a word alone: whose redemptions count, and what is left."""

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from loyalty.identity.queries import members_of_person, person_of_identifier
from loyalty.points.policy import policy_in_force
from loyalty.points.redemptions import points_by_proof


def day_began(at: datetime, time_zone: str) -> datetime:
    """Say when a store's day began, by its own calendar."""
    zone = ZoneInfo(time_zone)
    return datetime.combine(at.astimezone(zone).date(), time.min, tzinfo=zone)


def memberships_of(session: Session, program_id: int, member_id: UUID) -> list[UUID]:
    """Name the memberships whose redemptions count: those that were joined to this one do, too."""
    person = person_of_identifier(session, program_id, member_id)
    if person is None:
        return [member_id]
    found = members_of_person(session, program_id, person.cluster_id)
    return [each.member_id for each in found]


def cashier_left(
    session: Session, program_id: int, member_id: UUID, *, time_zone: str, at: datetime
) -> int:
    """Say how many points cashiers can still answer for today, for this person.

    Of the day of the store in `time_zone`. Final only while the person's wallet is held.
    """
    allowance = policy_in_force(session, program_id, at=at).cashier_allowance
    if allowance <= 0:
        return 0
    used = points_by_proof(
        session,
        program_id,
        memberships_of(session, program_id, member_id),
        proof="cashier",
        since=day_began(at, time_zone),
        at=at,
    )
    return max(0, allowance - used)
