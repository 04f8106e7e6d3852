"""Every look at a person leaves a line, whatever showed it: pages and the API alike."""

from collections.abc import Collection

from app.auth import StaffPrincipal
from app.wiring import services
from loyalty.identity.looks import Seen, note_looks


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
