"""The latest sales of some stores, each with whose card it counts for now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.sales.models import Refund, Sale, SaleCard


@dataclass(frozen=True, slots=True)
class LatestFacts:
    """One sale; `card_id` is the card it counts for now, none without one."""

    sale_id: str
    store_id: UUID
    till_id: UUID
    total_minor: int
    refunded_minor: int
    currency: str
    sold_at: datetime
    code_outcome: str
    code_kind: int | None
    card_id: str | None


def latest_of_stores(
    session: Session, program_id: int, store_ids: Collection[UUID], *, limit: int
) -> tuple[LatestFacts, ...]:
    """List the sales of some stores, the one recorded last first."""
    turn = (
        select(func.max(SaleCard.turn))
        .where(SaleCard.program_id == Sale.program_id, SaleCard.sale_id == Sale.sale_id)
        .correlate(Sale)
        .scalar_subquery()
    )
    refunded = (
        select(func.coalesce(func.sum(Refund.amount_minor), 0))
        .where(Refund.program_id == Sale.program_id, Refund.sale_id == Sale.sale_id)
        .correlate(Sale)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Sale.sale_id,
            Sale.store_id,
            Sale.till_id,
            Sale.total_minor,
            refunded,
            Sale.currency,
            Sale.sold_at,
            Sale.code_outcome,
            Sale.code_kind,
            SaleCard.card_id,
        )
        .outerjoin(
            SaleCard,
            (SaleCard.program_id == Sale.program_id)
            & (SaleCard.sale_id == Sale.sale_id)
            & (SaleCard.turn == turn),
        )
        .where(Sale.program_id == program_id, Sale.store_id.in_(store_ids))
        .order_by(Sale.recorded_at.desc(), Sale.sale_id.desc())
        .limit(limit)
    )
    return tuple(LatestFacts(row[0], row[1], row[2], row[3], int(row[4]), *row[5:]) for row in rows)
