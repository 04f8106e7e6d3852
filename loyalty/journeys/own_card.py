"""Nobody earns for themselves: a card is not rewarded at the till of the person it belongs to."""

from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.identifiers import find_identifier
from loyalty.identity.queries import person_of_identifier
from loyalty.journeys.tools import Tools
from loyalty.programs.staff_cards import staff_at_till

# Why a sale with a good card has no points; told on the receipt.
OWN_CARD: Final = "own_card"


def is_own_card(
    session: Session,
    program_id: int,
    *,
    staff_id: UUID | None,
    person_id: str,
    card_id: str,
    tools: Tools,
) -> bool:
    """Say whether a card belongs to whoever works at the till that reads it.

    It does when it is marked as theirs, or when its person signed in with the address they
    work under. A till where nobody is known asks nothing.
    """
    if staff_id is None:
        return False
    email, is_marked = staff_at_till(session, program_id, staff_id, card_id=card_id)
    if is_marked or email is None:
        return is_marked
    identifier = find_identifier(session, program_id, "email", email, keys=tools.keys)
    if identifier is None:
        return False
    person = person_of_identifier(session, program_id, identifier)
    return person is not None and person.person_id == person_id
