"""What a store sells, and how much of it is there: one figure for till and web."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

PRODUCT = ["product.program_id", "product.product_id"]


class Product(Base):
    """Something a store sells; shops of one street have lists of their own."""

    __tablename__ = "product"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], ["store.program_id", "store.store_id"]),
        UniqueConstraint("program_id", "store_id", "sku"),
        CheckConstraint("unit IN ('piece', 'kg')", name="unit"),
        CheckConstraint("price_minor >= 0", name="price_counted"),
        CheckConstraint("tax_bp BETWEEN 0 AND 10000", name="tax_share"),
        Index("ix_product_barcode", "program_id", "store_id", "barcode"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    sku: Mapped[str]  # the shop's own reference
    barcode: Mapped[str]  # what a scanner reads from the package, "" when it has none
    name: Mapped[str]
    description: Mapped[str]
    category: Mapped[str]
    unit: Mapped[str]
    price_minor: Mapped[int]  # tax included, for a piece or a kilogram
    tax_bp: Mapped[int]  # hundredths of a percent
    currency: Mapped[str]
    position: Mapped[int]  # where it stands in the shop's list
    is_active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Stock(Base):
    """How much of a product is there; a product without a row is not counted.

    Orders reserve what is there and no more. A sale at the till always counts, since it
    happened: it may leave less than is reserved, or less than nothing, and that is shown.
    """

    __tablename__ = "stock"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "product_id"], PRODUCT),
        CheckConstraint("reserved_milli >= 0", name="reserved_counted"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    on_hand_milli: Mapped[int]  # thousandths of a piece or a kilogram
    reserved_milli: Mapped[int]
    changed_at: Mapped[datetime]


class StockMove(Base):
    """One reason why a stock is what it is; the sums of all of them are the stock."""

    __tablename__ = "stock_move"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "product_id"], PRODUCT),
        CheckConstraint(
            "kind IN ('counted', 'received', 'sold', 'returned',"
            " 'reserved', 'released', 'handed_over')",
            name="kind",
        ),
        UniqueConstraint("program_id", "act_id", "product_id"),
        Index("ix_stock_move_product", "program_id", "product_id", "move_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    move_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID]
    kind: Mapped[str]
    on_hand_delta: Mapped[int]
    reserved_delta: Mapped[int]
    act_id: Mapped[str]  # "sale:…", "order:…:place", "import:…", "count:…"
    at: Mapped[datetime]
