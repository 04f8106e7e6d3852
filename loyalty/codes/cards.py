"""Cards: made, claimed, void, issued again."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loyalty.codes.errors import CardUnknownError
from loyalty.codes.models import Card
from loyalty.db.writes import rows_changed
from loyalty.kernel.ids import random_card_id

EPOCH_MAX: Final = 255


def create_card(
    session: Session, program_id: int, member_id: UUID, *, store_id: UUID, kind: str, at: datetime
) -> Card:
    """Make a card for a carrier: `phone`, or `printed`, which waits to be claimed."""
    card = Card(
        program_id=program_id,
        card_id=random_card_id(),
        member_id=member_id,
        store_id=store_id,
        kind=kind,
        state="active",
        epoch=0,
        min_epoch=0,
        created_at=at,
        claimed_at=None,
        voided_at=None,
        void_reason=None,
    )
    session.add(card)
    session.flush()
    return card


def card_by_id(session: Session, program_id: int, card_id: str) -> Card | None:
    """Find a card, whatever its state."""
    return session.get(Card, (program_id, card_id))


def cards_of_member(session: Session, program_id: int, member_id: UUID) -> tuple[Card, ...]:
    """List a member's cards, the oldest first, void ones too."""
    return tuple(
        session.scalars(
            select(Card)
            .where(Card.program_id == program_id, Card.member_id == member_id)
            .order_by(Card.created_at, Card.card_id)
        )
    )


def claim_printed_card(session: Session, program_id: int, card_id: str, *, at: datetime) -> bool:
    """Take an unclaimed printed card; True for exactly one of all who ever try."""
    claimed = rows_changed(
        session,
        update(Card)
        .where(
            Card.program_id == program_id,
            Card.card_id == card_id,
            Card.kind == "printed",
            Card.state == "active",
            Card.claimed_at.is_(None),
        )
        .values(claimed_at=at),
    )
    return claimed == 1


def void_card(
    session: Session, program_id: int, card_id: str, *, reason: str, at: datetime
) -> bool:
    """Refuse every code of a card from now on; False when it was void already.

    Raises CardUnknownError when there is no such card.
    """
    voided = rows_changed(
        session,
        update(Card)
        .where(Card.program_id == program_id, Card.card_id == card_id, Card.state == "active")
        .values(state="void", voided_at=at, void_reason=reason),
    )
    if voided == 0 and card_by_id(session, program_id, card_id) is None:
        raise CardUnknownError
    return voided == 1


def reissue_card(session: Session, program_id: int, card_id: str) -> Card:
    """Raise a card's epoch: what was printed or shown before is superseded.

    Raises CardUnknownError when the card is void, unknown, or was issued 255 times already.
    """
    raised = rows_changed(
        session,
        update(Card)
        .where(
            Card.program_id == program_id,
            Card.card_id == card_id,
            Card.state == "active",
            Card.epoch < EPOCH_MAX,
        )
        .values(epoch=Card.epoch + 1, min_epoch=Card.epoch + 1),
    )
    if raised == 0:
        raise CardUnknownError
    card = session.get_one(Card, (program_id, card_id), populate_existing=True)
    assert card.min_epoch == card.epoch, "a card issued again accepts nothing older"
    return card
