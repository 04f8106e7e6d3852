"""What is usual in a store's list, to fill in what an owner would type again."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.catalog.queries import PRODUCT

# The tax of most food in Spain; only a proposal in a field that the owner sees.
TAX_BP: Final = 1000


@dataclass(frozen=True, slots=True)
class Usual:
    """The tax most products have, in hundredths of a percent, and the categories there are."""

    tax_bp: int
    categories: tuple[str, ...]


def usual_of(session: Session, program_id: int, store_id: UUID) -> Usual:
    """Look at what most products of a store have."""
    own = (PRODUCT.c.program_id == program_id, PRODUCT.c.store_id == store_id)
    tax_bp = session.scalar(
        select(PRODUCT.c.tax_bp)
        .where(*own)
        .group_by(PRODUCT.c.tax_bp)
        .order_by(func.count().desc(), PRODUCT.c.tax_bp)
        .limit(1)
    )
    categories = session.scalars(
        select(PRODUCT.c.category)
        .where(*own, PRODUCT.c.category != "")
        .distinct()
        .order_by(PRODUCT.c.category)
    )
    return Usual(TAX_BP if tax_bp is None else tax_bp, tuple(categories))
