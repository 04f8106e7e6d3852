"""What the tills report: sales, refunds, and whose card a sale counts for. Added, never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

SALE = ["sale.program_id", "sale.sale_id"]


class Sale(Base):
    """A purchase as a till reported it, once per (program, sale_id) whoever sends it."""

    __tablename__ = "sale"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], ["store.program_id", "store.store_id"]),
        ForeignKeyConstraint(["program_id", "till_id"], ["till.program_id", "till.till_id"]),
        CheckConstraint("total_minor >= 0", name="total_counted"),
        Index("ix_sale_store", "program_id", "store_id", "recorded_at"),
        Index("ix_sale_till", "program_id", "till_id", "recorded_at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    till_id: Mapped[UUID]
    staff_id: Mapped[UUID | None]
    total_minor: Mapped[int]
    currency: Mapped[str]
    sold_at: Mapped[datetime]  # the till's clock, corrected by its known offset
    recorded_at: Mapped[datetime]  # ours
    scanned_at: Mapped[datetime | None]
    code_outcome: Mapped[str]  # a CodeOutcome, or "no_code"
    code_kind: Mapped[int | None]
    request_hash: Mapped[str]


class SaleLine(Base):
    """One line of a sale, as the till gave it."""

    __tablename__ = "sale_line"
    __table_args__ = (ForeignKeyConstraint(["program_id", "sale_id"], SALE),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    product_ref: Mapped[str]
    description: Mapped[str]
    quantity_milli: Mapped[int]  # thousandths, so that 0.350 kg is whole
    total_minor: Mapped[int]


class SaleCard(Base):
    """Whose card a sale counts for: the row with the highest `turn` speaks.

    Turn 0 is written with the sale; a reassignment adds the next, with its own id.
    """

    __tablename__ = "sale_card"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "sale_id"], SALE),
        ForeignKeyConstraint(["program_id", "card_id"], ["card.program_id", "card.card_id"]),
        Index("ix_sale_card_card", "program_id", "card_id"),
        Index("uq_sale_card_reassignment", "program_id", "reassignment_id", unique=True),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[str] = mapped_column(primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[str | None]
    reassignment_id: Mapped[str | None]
    request_hash: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]


class SaleCustomer(Base):
    """Whom another program's till calls the customer of a sale; looked up when it is read.

    The identifier is of kind "vendor": the value itself is not kept here.
    """

    __tablename__ = "sale_customer"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "sale_id"], SALE),
        ForeignKeyConstraint(
            ["program_id", "identifier_id"],
            ["identity_identifier.program_id", "identity_identifier.identifier_id"],
        ),
        Index("ix_sale_customer_identifier", "program_id", "identifier_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[str] = mapped_column(primary_key=True)
    identifier_id: Mapped[UUID]


class RefundLine(Base):
    """What a refund gave back of one line of its sale; without a quantity, money only."""

    __tablename__ = "sale_refund_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "refund_id"], ["sale_refund.program_id", "sale_refund.refund_id"]
        ),
        CheckConstraint("amount_minor >= 0", name="amount_counted"),
        CheckConstraint("quantity_milli IS NULL OR quantity_milli > 0", name="quantity_moves"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)  # of the sale
    quantity_milli: Mapped[int | None]
    amount_minor: Mapped[int]


class Refund(Base):
    """Money given back for a sale, in all never more than it; for goods that points paid, none."""

    __tablename__ = "sale_refund"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "sale_id"], SALE),
        CheckConstraint("amount_minor >= 0", name="amount_counted"),
        Index("ix_sale_refund_sale", "program_id", "sale_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[str] = mapped_column(primary_key=True)
    sale_id: Mapped[str]
    till_id: Mapped[UUID]
    amount_minor: Mapped[int]
    reason: Mapped[str]
    refunded_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    request_hash: Mapped[str]
