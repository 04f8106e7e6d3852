"""Keep what a shopper writes to the shop, and mark it read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, rows_changed
from loyalty.kernel.ids import new_id
from loyalty.visits.errors import NoteEmptyError
from loyalty.visits.models import Note
from loyalty.visits.rules import REPLY_LENGTH_MAX, note_text, shortened


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """A note as it was written; `note_id` comes from the form, so that sending twice is once."""

    store_id: UUID
    text: str
    reply_to: str = ""
    card_id: str | None = None
    note_id: UUID | None = None


def keep_note(session: Session, program_id: int, draft: NoteDraft, *, at: datetime) -> UUID:
    """Keep a note for the owner.

    Errors: `NoteEmptyError` when nothing is left of it after trimming.
    """
    text = note_text(draft.text)
    if not text:
        raise NoteEmptyError
    note_id = draft.note_id or new_id(at)
    insert_new(
        session,
        Note,
        {
            "program_id": program_id,
            "note_id": note_id,
            "store_id": draft.store_id,
            "card_id": draft.card_id,
            "text": text,
            "reply_to": shortened(draft.reply_to, most=REPLY_LENGTH_MAX),
            "left_at": at,
            "read_at": None,
        },
    )
    return note_id


def mark_read(session: Session, program_id: int, note_id: UUID, *, at: datetime) -> bool:
    """Mark a note as read by the shop; say whether it was unread until now."""
    read = (
        update(Note)
        .where(Note.program_id == program_id, Note.note_id == note_id, Note.read_at.is_(None))
        .values(read_at=at)
        .execution_options(synchronize_session=False)
    )
    return bool(rows_changed(session, read))


def mark_unread(session: Session, program_id: int, note_id: UUID) -> None:
    """Undo the mark: the note waits again."""
    session.execute(
        update(Note)
        .where(Note.program_id == program_id, Note.note_id == note_id)
        .values(read_at=None)
        .execution_options(synchronize_session=False)
    )
