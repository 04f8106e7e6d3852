"""The printed cards of some stores: which wait for somebody and which were taken."""

from collections.abc import Collection
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.codes.models import Card
from loyalty.db.bulk import told_rows
from loyalty.db.writes import table_of

CARD: Final = table_of(Card)
AT_ONCE: Final = 500


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


def cards_beginning(
    session: Session, program_id: int, letters: Collection[str]
) -> dict[str, tuple[str, str]]:
    """Name the first and the last of the cards whose id begins so; nothing where none does.

    Where both are one, the letters name it. Each is found at both ends of its part of the index.
    """
    found: dict[str, tuple[str, str]] = {}
    told = iter(letters)
    while some := list(islice(told, AT_ONCE)):
        asked = told_rows(session, some)
        # An id is written in 16 digits to the base of 16, so "g" comes after all of them.
        begins = (
            CARD.c.program_id == program_id,
            CARD.c.card_id >= asked.c.told,
            CARD.c.card_id < asked.c.told.concat("g"),
        )
        first = select(CARD.c.card_id).where(*begins).order_by(CARD.c.card_id)
        last = select(CARD.c.card_id).where(*begins).order_by(CARD.c.card_id.desc())
        rows = session.execute(
            select(
                asked.c.told,
                first.limit(1).correlate(asked).scalar_subquery(),
                last.limit(1).correlate(asked).scalar_subquery(),
            )
        )
        found |= {row[0]: (row[1], row[2]) for row in rows if row[1] is not None}
    return found
