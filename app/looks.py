"""Every look at a person leaves a line, whatever showed it: pages and the API alike."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.wiring import services
from loyalty.identity.looks import Seen, note_looks
from loyalty.identity.lookup import persons_of_identifiers


def leave_looks(principal: StaffPrincipal, person_ids: Collection[str], *, seen: Seen) -> None:
    """Write down that somebody of the shop saw these persons in a list or a question."""
    if not person_ids:
        return
    parts = services()
    with parts.database.unit_of_work(principal.program_id) as session:
        note_looks(
            session,
            principal.program_id,
            person_ids,
            actor=f"staff:{principal.staff_id}",
            seen=seen,
            at=parts.tools.clock.now(),
        )


def persons_of_members(
    session: Session, program_id: int, member_ids: Iterable[UUID | None]
) -> tuple[str, ...]:
    """Name the persons a page speaks of by memberships; what is nobody's is left out."""
    known = [each for each in dict.fromkeys(member_ids) if each is not None]
    return tuple(persons_of_identifiers(session, program_id, known).values()) if known else ()
