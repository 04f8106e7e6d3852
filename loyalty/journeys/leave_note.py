"""A shopper writes to the shop; the note lands under the same person."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.tools import Tools
from loyalty.programs.sessions import BrowserFacts
from loyalty.visits.notes import NoteDraft, keep_note


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """What was typed into the form; `note_id` was put into it, so that sending twice is once."""

    text: str
    reply_to: str = ""
    note_id: UUID | None = None


def leave_note(
    session: Session,
    program_id: int,
    store_id: UUID,
    *,
    written: WrittenNote,
    shopper: BrowserFacts | None,
    tools: Tools,
) -> UUID:
    """Keep a note for the owner, under the card of the phone it came from if it has one.

    Errors: `NoteEmptyError`.
    """
    draft = NoteDraft(
        store_id=store_id,
        text=written.text,
        reply_to=written.reply_to,
        card_id=shopper.subject if shopper is not None else None,
        note_id=written.note_id,
    )
    return keep_note(session, program_id, draft, at=tools.clock.now())
