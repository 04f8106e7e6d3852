"""What shoppers wrote to the shop, each note under the person whose phone sent it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import member_by_id, person_of_card
from loyalty.visits.queries import NoteFacts, notes_of_stores


@dataclass(frozen=True, slots=True)
class ShopNote:
    """A note, and who wrote it: nobody without a card, no name without one."""

    note: NoteFacts
    person_id: str | None
    display_name: str | None


def shop_notes(
    session: Session, program_id: int, store_ids: Collection[UUID]
) -> tuple[ShopNote, ...]:
    """List what was written to some stores, unread first, then newest first."""
    return tuple(
        _told(session, program_id, note) for note in notes_of_stores(session, program_id, store_ids)
    )


def _told(session: Session, program_id: int, note: NoteFacts) -> ShopNote:
    person = None if note.card_id is None else person_of_card(session, program_id, note.card_id)
    if person is None:
        return ShopNote(note, person_id=None, display_name=None)
    member = person.open_member_id and member_by_id(session, program_id, person.open_member_id)
    return ShopNote(note, person.person_id, member.display_name if member else None)
