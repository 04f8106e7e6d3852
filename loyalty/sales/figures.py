"""Sums over sales, for lists and for a store's day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.sales.queries import SALE, TURN


@dataclass(frozen=True, slots=True)
class CardPurchases:
    """How often a card bought something that still counts for it, and when last."""

    purchases: int
    last_sold_at: datetime


def purchases_by_card(
    session: Session, program_id: int, card_ids: Collection[str]
) -> dict[str, CardPurchases]:
    """Count the sales that count for some cards now; cards without one are left out."""
    later = TURN.alias("later")
    moved_on = (
        select(later.c.sale_id)
        .where(
            later.c.program_id == TURN.c.program_id,
            later.c.sale_id == TURN.c.sale_id,
            later.c.turn > TURN.c.turn,
        )
        .exists()
    )
    rows = session.execute(
        select(
            TURN.c.card_id,
            func.count().label("purchases"),
            func.max(SALE.c.sold_at).label("last_sold_at"),
        )
        .join(SALE, (SALE.c.program_id == TURN.c.program_id) & (SALE.c.sale_id == TURN.c.sale_id))
        .where(TURN.c.program_id == program_id, TURN.c.card_id.in_(card_ids), ~moved_on)
        .group_by(TURN.c.card_id)
    )
    return {row.card_id: CardPurchases(row.purchases, row.last_sold_at) for row in rows}


def turns_of_card(session: Session, program_id: int, card_id: str) -> int:
    """Count how often a sale came to a card; grows with each one, for the version of a page."""
    return session.execute(
        select(func.count())
        .select_from(TURN)
        .where(TURN.c.program_id == program_id, TURN.c.card_id == card_id)
    ).scalar_one()


def sale_ids_of_cards(
    session: Session, program_id: int, card_ids: Collection[str], *, limit: int
) -> tuple[str, ...]:
    """List the sales that count or once counted for some cards, the newest first."""
    rows = session.execute(
        select(SALE.c.sale_id)
        .join(TURN, (TURN.c.program_id == SALE.c.program_id) & (TURN.c.sale_id == SALE.c.sale_id))
        .where(SALE.c.program_id == program_id, TURN.c.card_id.in_(card_ids))
        .group_by(SALE.c.program_id, SALE.c.sale_id, SALE.c.recorded_at)
        .order_by(SALE.c.recorded_at.desc(), SALE.c.sale_id.desc())
        .limit(limit)
    )
    return tuple(rows.scalars())
