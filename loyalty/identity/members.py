"""Make a membership; it starts as a person of its own, without a name."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, rows_changed
from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.models import Member
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys


@dataclass(frozen=True, slots=True)
class NewMember:
    """A membership, and whether it was made just now."""

    member_id: UUID
    is_new: bool


def create_member(
    session: Session,
    program_id: int,
    *,
    store_id: UUID,
    language: str,
    at: datetime,
    keys: ServerKeys,
    member_id: UUID | None = None,
) -> NewMember:
    """Make an anonymous member who joined at a store.

    A `member_id` drawn by whoever asks makes asking twice one membership.
    """
    made = NewMember(member_id or new_id(at), is_new=True)
    is_new = insert_new(
        session,
        Member,
        {
            "program_id": program_id,
            "member_id": made.member_id,
            "store_id": store_id,
            "display_name": None,
            "language": language,
            "joined_at": at,
        },
    )
    if not is_new:
        return NewMember(made.member_id, is_new=False)
    ensure_identifier(session, program_id, "member", str(made.member_id), at=at, keys=keys)
    return made


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
