"""Make a membership; it starts as a person of its own, without a name."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from loyalty.db.writes import rows_changed
from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.models import Member
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys


def create_member(
    session: Session,
    program_id: int,
    *,
    store_id: UUID,
    language: str,
    at: datetime,
    keys: ServerKeys,
    display_name: str | None = None,
) -> UUID:
    """Make a member who joined at a store, anonymous unless a name is given."""
    member_id = new_id(at)
    session.execute(
        insert(Member).values(
            program_id=program_id,
            member_id=member_id,
            store_id=store_id,
            display_name=display_name,
            language=language,
            joined_at=at,
        )
    )
    ensure_identifier(session, program_id, "member", str(member_id), at=at, keys=keys)
    return member_id


def rename_member(
    session: Session, program_id: int, member_id: UUID, *, display_name: str | None
) -> bool:
    """Set what the cashier calls a member, or make them anonymous again; say whether one exists."""
    name = " ".join((display_name or "").split()) or None
    renamed = (
        update(Member)
        .where(Member.program_id == program_id, Member.member_id == member_id)
        .values(display_name=name)
        .execution_options(synchronize_session=False)
    )
    return bool(rows_changed(session, renamed))
