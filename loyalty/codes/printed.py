"""The printed cards of some stores: which wait for somebody and which were taken."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from loyalty.codes.models import Card
from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of

CARD: Final = table_of(Card)
# A card's id is written in 16 digits to the base of 16, so "g" comes after all of them.
_BEGINNING: Final = Prepared(
    select(CARD.c.card_id)
    .where(
        CARD.c.program_id == bindparam("program"),
        CARD.c.card_id >= bindparam("least"),
        CARD.c.card_id < bindparam("beyond"),
    )
    .limit(2)
)


def printed_cards(
    session: Session, program_id: int, store_ids: Collection[UUID], *, limit: int = 30
) -> tuple[Card, ...]:
    """List the cards printed for some stores, newest first, void ones too."""
    return tuple(
        session.scalars(
            select(Card)
            .where(
                Card.program_id == program_id,
                Card.store_id.in_(store_ids),
                Card.kind == "printed",
            )
            .order_by(Card.created_at.desc(), Card.card_id)
            .limit(limit)
        )
    )


def waiting_cards(session: Session, program_id: int, store_ids: Collection[UUID]) -> int:
    """Count the printed cards that no phone has taken and nobody has voided."""
    return session.execute(
        select(func.count())
        .select_from(Card)
        .where(
            Card.program_id == program_id,
            Card.store_id.in_(store_ids),
            Card.kind == "printed",
            Card.state == "active",
            Card.claimed_at.is_(None),
        )
    ).scalar_one()


def cards_by_letters(
    session: Session, program_id: int, letters: str, *, limit: int
) -> tuple[str, ...]:
    """Find cards by the beginning of their id, as it is printed on them; newest first."""
    return tuple(
        session.scalars(
            select(Card.card_id)
            .where(Card.program_id == program_id, Card.card_id.startswith(letters, autoescape=True))
            .order_by(Card.created_at.desc(), Card.card_id)
            .limit(limit)
        )
    )


def card_ids_beginning(session: Session, program_id: int, letters: str) -> tuple[str, ...]:
    """Name the cards whose id begins so, two at most: enough to tell one from several."""
    rows = _BEGINNING.rows(session, program=program_id, least=letters, beyond=f"{letters}g")
    return tuple(row[0] for row in rows)
