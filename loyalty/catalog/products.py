"""Keep what a store sells, by the shop's own reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from loyalty.catalog.models import Product
from loyalty.catalog.rules import Unit
from loyalty.db.writes import is_postgresql, rows_changed, table_of
from loyalty.kernel.ids import new_id

PRODUCT = table_of(Product)
# What a new version of a product replaces; its id, its place and its first day stay.
_CHANGED = (
    "barcode",
    "name",
    "description",
    "category",
    "unit",
    "price_minor",
    "tax_bp",
    "is_active",
    "updated_at",
)


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product as an owner typed or imported it."""

    sku: str
    name: str
    price_minor: int
    tax_bp: int
    unit: Unit = "piece"
    barcode: str = ""
    category: str = ""
    description: str = ""
    is_active: bool = True


def save_products(
    session: Session,
    program_id: int,
    store_id: UUID,
    drafts: Sequence[ProductDraft],
    *,
    currency: str,
    at: datetime,
) -> dict[str, UUID]:
    """Add products or change those whose reference the store has; gives their ids by reference."""
    if not drafts:
        return {}
    first = next_position(session, program_id, store_id)
    rows = [
        row_of(draft, program_id, store_id, position=first + place, currency=currency, at=at)
        for place, draft in enumerate(drafts)
    ]
    # In one order everywhere, so that two imports at once wait for each other and never in a ring.
    rows.sort(key=lambda row: str(row["sku"]))
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    statement = insert(PRODUCT)
    saved = session.execute(
        statement.on_conflict_do_update(
            index_elements=[PRODUCT.c.program_id, PRODUCT.c.store_id, PRODUCT.c.sku],
            set_={name: statement.excluded[name] for name in _CHANGED},
        ).returning(PRODUCT.c.sku, PRODUCT.c.product_id),
        rows,
    )
    return {row.sku: row.product_id for row in saved}


def next_position(session: Session, program_id: int, store_id: UUID) -> int:
    """Give the place after the last one of a store's list."""
    last = session.scalar(
        select(func.max(PRODUCT.c.position)).where(
            PRODUCT.c.program_id == program_id, PRODUCT.c.store_id == store_id
        )
    )
    return 1 + (last or 0)


def row_of(
    draft: ProductDraft,
    program_id: int,
    store_id: UUID,
    *,
    position: int,
    currency: str,
    at: datetime,
) -> dict[str, object]:
    """Write the row of a product that is new."""
    return {
        "program_id": program_id,
        "product_id": new_id(at),
        "store_id": store_id,
        "sku": draft.sku,
        "barcode": draft.barcode,
        "name": draft.name,
        "description": draft.description,
        "category": draft.category,
        "unit": draft.unit,
        "price_minor": draft.price_minor,
        "tax_bp": draft.tax_bp,
        "currency": currency,
        "position": position,
        "is_active": draft.is_active,
        "created_at": at,
        "updated_at": at,
    }


def set_active(
    session: Session, program_id: int, product_id: UUID, *, is_active: bool, at: datetime
) -> bool:
    """Put a product on sale or take it off; says whether anything changed."""
    return bool(
        rows_changed(
            session,
            update(Product)
            .where(
                Product.program_id == program_id,
                Product.product_id == product_id,
                Product.is_active.is_not(is_active),
            )
            .values(is_active=is_active, updated_at=at)
            .execution_options(synchronize_session=False),
        )
    )
