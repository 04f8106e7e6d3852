"""Every look at a person leaves a line, whatever showed it: pages and the API alike."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.wiring import services
from loyalty.identity.looks import Seen, note_looks
from loyalty.identity.queries import person_of_identifier


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


def person_of_member(session: Session, program_id: int, member_id: UUID | None) -> tuple[str, ...]:
    """Name the person a page speaks of by a membership, for `leave_looks`; nobody's is empty."""
    if member_id is None:
        return ()
    person = person_of_identifier(session, program_id, member_id)
    return () if person is None else (person.person_id,)
