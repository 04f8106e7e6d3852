"""A shopper sets the PIN of a printed card, changes it, takes it away; the owner unlocks it."""

from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.pins import (
    HashedPin,
    PinState,
    pin_state,
    remove_member_pin,
    unlock_member_pin,
    write_member_pin,
)
from loyalty.identity.queries import open_member_of
from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.tools import Tools
from loyalty.programs.sessions import BrowserFacts


def own_pin(session: Session, shopper: BrowserFacts) -> PinState:
    """Say whether the shopper on this phone has a PIN, and how many tries it still stands.

    Errors: `CardUnknownError`.
    """
    owner = owner_of(session, shopper)
    return pin_state(session, owner.program_id, owner.member_id)


def set_own_pin(session: Session, shopper: BrowserFacts, pin: HashedPin, *, tools: Tools) -> None:
    """Set or change the shopper's PIN, worked out by `new_pin` before; a locked one opens again.

    The phone in hand is the proof: it shows live codes, which may spend without any PIN.
    Errors: `CardUnknownError`.
    """
    owner = owner_of(session, shopper)
    write_member_pin(session, owner.program_id, owner.member_id, pin, at=tools.clock.now())


def remove_own_pin(session: Session, shopper: BrowserFacts) -> None:
    """Take the shopper's PIN away: printed cards do not spend any more.

    Errors: `CardUnknownError`.
    """
    owner = owner_of(session, shopper)
    remove_member_pin(session, owner.program_id, owner.member_id)


def pin_of_member(session: Session, program_id: int, member_id: UUID) -> PinState:
    """Say how the PIN of a membership stands, for the owner; of joined ones, the open one's."""
    return pin_state(session, program_id, open_member_of(session, program_id, member_id))


def set_pin_of_member(
    session: Session, program_id: int, member_id: UUID, pin: HashedPin, *, tools: Tools
) -> None:
    """Set the PIN of somebody without a phone, who types it on the owner's screen."""
    stands = open_member_of(session, program_id, member_id)
    write_member_pin(session, program_id, stands, pin, at=tools.clock.now())


def unlock_pin_of_member(session: Session, program_id: int, member_id: UUID) -> None:
    """Give a membership's PIN its tries back, because the owner knows who asks."""
    unlock_member_pin(session, program_id, open_member_of(session, program_id, member_id))
