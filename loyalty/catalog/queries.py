"""Look at what a store sells and how much of it is there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from loyalty.catalog.models import Product, Stock, StockMove
from loyalty.catalog.rules import Unit
from loyalty.db.writes import table_of

PRODUCT: Final = table_of(Product)
STOCK: Final = table_of(Stock)
MOVE: Final = table_of(StockMove)


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """A product and its stock; `on_hand_milli` is None for what nobody counts."""

    product_id: UUID
    store_id: UUID
    sku: str
    barcode: str
    name: str
    description: str
    category: str
    unit: Unit
    price_minor: int
    tax_bp: int
    currency: str
    is_active: bool
    on_hand_milli: int | None
    reserved_milli: int | None

    @property
    def available_milli(self) -> int | None:
        """How much can be ordered; None for what nobody counts."""
        if self.on_hand_milli is None or self.reserved_milli is None:
            return None
        return max(0, self.on_hand_milli - self.reserved_milli)

    @property
    def is_short(self) -> bool:
        """Whether the till has sold what an order had reserved."""
        if self.on_hand_milli is None or self.reserved_milli is None:
            return False
        return self.on_hand_milli < self.reserved_milli


@dataclass(frozen=True, slots=True)
class NamedGoods:
    """What a reference on a ticket stands for; `tax_bp` in hundredths of a percent."""

    sku: str
    barcode: str
    category: str
    tax_bp: int


@dataclass(frozen=True, slots=True)
class StockDifference:
    """A stock that is not what its moves add up to."""

    subject: str
    told: str
    found: str


def products_of(
    session: Session, program_id: int, store_id: UUID, *, only_active: bool = False
) -> tuple[ProductFacts, ...]:
    """List what a store sells, in the shop's order."""
    asked = _products(program_id).where(PRODUCT.c.store_id == store_id)
    if only_active:
        asked = asked.where(PRODUCT.c.is_active)
    rows = session.execute(asked.order_by(PRODUCT.c.position, PRODUCT.c.product_id))
    return tuple(_facts(row) for row in rows)


def products_by_id(
    session: Session, program_id: int, product_ids: Iterable[UUID]
) -> dict[UUID, ProductFacts]:
    """Find products by their ids; those that are not there are left out."""
    wanted = sorted(set(product_ids))
    rows = session.execute(_products(program_id).where(PRODUCT.c.product_id.in_(wanted)))
    return {row.product_id: _facts(row) for row in rows}


def products_by_reference(
    session: Session, program_id: int, store_id: UUID, references: Iterable[str]
) -> dict[str, UUID]:
    """Find a store's products by what a till calls them: the shop's reference or the barcode.

    A reference comes before an equal barcode of another product.
    """
    wanted = sorted({reference for reference in references if reference})
    if not wanted:
        return {}
    rows = session.execute(
        select(PRODUCT.c.product_id, PRODUCT.c.sku, PRODUCT.c.barcode).where(
            PRODUCT.c.program_id == program_id,
            PRODUCT.c.store_id == store_id,
            or_(PRODUCT.c.sku.in_(wanted), PRODUCT.c.barcode.in_(wanted)),
        )
    ).all()
    found = {row.barcode: row.product_id for row in rows if row.barcode}
    found |= {row.sku: row.product_id for row in rows}
    return {reference: found[reference] for reference in wanted if reference in found}


def goods_by_reference(
    session: Session, program_id: int, store_id: UUID, references: Iterable[str]
) -> dict[str, NamedGoods]:
    """Say what a store's goods are, by what a till calls them: the reference or the barcode.

    A reference comes before an equal barcode of another product.
    """
    wanted = sorted({reference for reference in references if reference})
    if not wanted:
        return {}
    rows = session.execute(
        select(PRODUCT.c.sku, PRODUCT.c.barcode, PRODUCT.c.category, PRODUCT.c.tax_bp).where(
            PRODUCT.c.program_id == program_id,
            PRODUCT.c.store_id == store_id,
            or_(PRODUCT.c.sku.in_(wanted), PRODUCT.c.barcode.in_(wanted)),
        )
    ).all()
    found = {row.barcode: NamedGoods(*row) for row in rows if row.barcode}
    found |= {row.sku: NamedGoods(*row) for row in rows}
    return {reference: found[reference] for reference in wanted if reference in found}


def moved_by(session: Session, program_id: int, act_id: str) -> frozenset[UUID]:
    """Say which products' stock an act changed: those that were counted at the time."""
    return frozenset(
        session.scalars(
            select(MOVE.c.product_id).where(
                MOVE.c.program_id == program_id, MOVE.c.act_id == act_id
            )
        )
    )


def reserved_stock(session: Session, program_id: int) -> dict[UUID, int]:
    """List by product how much of what is there is reserved, in thousandths."""
    rows = session.execute(
        select(STOCK.c.product_id, STOCK.c.reserved_milli).where(
            STOCK.c.program_id == program_id, STOCK.c.reserved_milli != 0
        )
    )
    return {row.product_id: row.reserved_milli for row in rows}


def audit_stock(session: Session, program_id: int) -> tuple[StockDifference, ...]:
    """Add every product's moves up and list each stock that says otherwise."""
    sums: Mapping[UUID, Any] = {
        row.product_id: row
        for row in session.execute(
            select(
                MOVE.c.product_id,
                func.sum(MOVE.c.on_hand_delta).label("on_hand"),
                func.sum(MOVE.c.reserved_delta).label("reserved"),
            )
            .where(MOVE.c.program_id == program_id)
            .group_by(MOVE.c.product_id)
        )
    }
    kept = {
        row.product_id: (row.on_hand_milli, row.reserved_milli)
        for row in session.execute(select(STOCK).where(STOCK.c.program_id == program_id))
    }
    differences: list[StockDifference] = []
    for product_id in sorted(kept.keys() | sums.keys()):
        moved = sums.get(product_id)
        should = (int(moved.on_hand), int(moved.reserved)) if moved else (0, 0)
        told = kept.get(product_id)
        if told != should:
            differences.append(
                StockDifference(f"product {product_id}", told=str(told), found=str(should))
            )
    return tuple(differences)


def _products(program_id: int) -> Select[Any]:
    return (
        select(PRODUCT, STOCK.c.on_hand_milli, STOCK.c.reserved_milli)
        .outerjoin(
            STOCK,
            (STOCK.c.program_id == PRODUCT.c.program_id)
            & (STOCK.c.product_id == PRODUCT.c.product_id),
        )
        .where(PRODUCT.c.program_id == program_id)
    )


def _facts(row: Any) -> ProductFacts:  # noqa: ANN401  a row has no type of its own
    return ProductFacts(
        product_id=row.product_id,
        store_id=row.store_id,
        sku=row.sku,
        barcode=row.barcode,
        name=row.name,
        description=row.description,
        category=row.category,
        unit=row.unit,
        price_minor=row.price_minor,
        tax_bp=row.tax_bp,
        currency=row.currency,
        is_active=row.is_active,
        on_hand_milli=row.on_hand_milli,
        reserved_milli=row.reserved_milli,
    )
