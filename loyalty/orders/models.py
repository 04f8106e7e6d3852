"""Orders to collect: the times a store offers, what was ordered, and what was handed over."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

STORE = ["store.program_id", "store.store_id"]
ORDER = ["shop_order.program_id", "shop_order.order_id"]


class PickupPolicy(Base):
    """How a store lets its orders be collected; a store without one takes no orders."""

    __tablename__ = "pickup_policy"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], STORE),
        CheckConstraint("slot_minutes > 0 AND capacity > 0", name="offered"),
        CheckConstraint(
            "lead_minutes >= 0 AND cutoff_minutes >= 0 AND days_ahead >= 0"
            " AND hold_minutes > 0 AND keep_hours >= 0",
            name="times_counted",
        ),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    is_open: Mapped[bool]
    slot_minutes: Mapped[int]
    lead_minutes: Mapped[int]
    cutoff_minutes: Mapped[int]
    capacity: Mapped[int]
    days_ahead: Mapped[int]
    hold_minutes: Mapped[int]
    keep_hours: Mapped[int]
    paused_on: Mapped[date | None]  # for this day, by the store's calendar, no more orders
    orders_count: Mapped[int]  # the last number that was called out
    updated_at: Mapped[datetime]


class Slot(Base):
    """A time window of a store and how many orders have a place in it; made when first taken."""

    __tablename__ = "slot"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], STORE),
        CheckConstraint("taken BETWEEN 0 AND capacity", name="taken_fits"),
        CheckConstraint("ends_at > starts_at", name="lasts"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    capacity: Mapped[int]  # of the store's policy when it was last taken
    taken: Mapped[int]


class ShopOrder(Base):
    """What somebody ordered, for when, and how it stands.

    `state` follows from the lines and is kept for looking up. The spoken code is not here: it is
    derived from the server's key, `code_subject` and `epoch`.
    """

    __tablename__ = "shop_order"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], STORE),
        ForeignKeyConstraint(
            ["program_id", "member_id"], ["identity_member.program_id", "identity_member.member_id"]
        ),
        ForeignKeyConstraint(["program_id", "card_id"], ["card.program_id", "card.card_id"]),
        ForeignKeyConstraint(["program_id", "visit_id"], ["visit.program_id", "visit.visit_id"]),
        ForeignKeyConstraint(
            ["program_id", "store_id", "slot_starts_at"],
            ["slot.program_id", "slot.store_id", "slot.starts_at"],
        ),
        UniqueConstraint("program_id", "code_subject"),
        CheckConstraint(
            "state IN ('placed', 'accepted', 'ready', 'done', 'canceled', 'missed')", name="state"
        ),
        CheckConstraint(
            "(state IN ('placed', 'accepted', 'ready')) = (deadline IS NOT NULL)",
            name="deadline_open",
        ),
        CheckConstraint("spoken_tries_left >= 0", name="spoken_tries_left"),
        CheckConstraint("epoch BETWEEN 0 AND 255", name="epoch"),
        CheckConstraint("total_minor >= 0", name="total_counted"),
        Index("ix_shop_order_store", "program_id", "store_id", "state", "slot_starts_at"),
        Index("ix_shop_order_deadline", "program_id", "deadline"),
        Index("ix_shop_order_member", "program_id", "member_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    code_subject: Mapped[str]  # what the codes of this order carry, 16 hex digits
    epoch: Mapped[int]
    number: Mapped[str]  # what people call out, "0387"; comes back after 10,000 orders
    member_id: Mapped[UUID | None]
    card_id: Mapped[str | None]
    visit_id: Mapped[UUID | None]
    contact_name: Mapped[str]
    contact_email: Mapped[str]
    contact_phone: Mapped[str]
    note: Mapped[str]
    language: Mapped[str]
    slot_starts_at: Mapped[datetime]
    slot_ends_at: Mapped[datetime]
    state: Mapped[str]
    total_minor: Mapped[int]  # as it was placed
    currency: Mapped[str]
    spoken_tries_left: Mapped[int]
    placed_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    accept_by: Mapped[datetime]
    change_until: Mapped[datetime]
    collect_by: Mapped[datetime]
    deadline: Mapped[datetime | None]  # when the clock judges it next
    request_hash: Mapped[str]
    hold_id: Mapped[str | None]  # of the points that pay for its reward
    discount_minor: Mapped[int] = mapped_column(server_default="0")  # still to come off
    discount_taken_minor: Mapped[int] = mapped_column(server_default="0")  # at the handoff


class OrderLine(Base):
    """One product of an order, at the price of that day, and how much of it is in each state."""

    __tablename__ = "order_line"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "order_id"], ORDER),
        ForeignKeyConstraint(
            ["program_id", "product_id"], ["product.program_id", "product.product_id"]
        ),
        UniqueConstraint("program_id", "order_id", "product_id"),
        CheckConstraint(
            "proposed_milli + reserved_milli + prepared_milli + completed_milli"
            " + canceled_milli + failed_milli = ordered_milli",
            name="quantities_add_up",
        ),
        CheckConstraint(
            "ordered_milli > 0 AND proposed_milli >= 0 AND reserved_milli >= 0"
            " AND prepared_milli >= 0 AND completed_milli >= 0 AND canceled_milli >= 0"
            " AND failed_milli >= 0",
            name="quantities_counted",
        ),
        CheckConstraint("unit IN ('piece', 'kg')", name="unit"),
        CheckConstraint("price_minor >= 0 AND tax_bp BETWEEN 0 AND 10000", name="priced"),
        Index("ix_order_line_product", "program_id", "product_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[UUID]
    sku: Mapped[str]
    name: Mapped[str]
    unit: Mapped[str]
    price_minor: Mapped[int]  # tax included, for a piece or a kilogram
    tax_bp: Mapped[int]
    holds_stock: Mapped[bool]  # false when nobody counted the product at the time
    ordered_milli: Mapped[int]
    proposed_milli: Mapped[int]
    reserved_milli: Mapped[int]
    prepared_milli: Mapped[int]
    completed_milli: Mapped[int]
    canceled_milli: Mapped[int]
    failed_milli: Mapped[int]


class OrderMove(Base):
    """One quantity that went from one state to another, who did it and why; never changed."""

    __tablename__ = "order_move"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "order_id", "line"],
            ["order_line.program_id", "order_line.order_id", "order_line.line"],
        ),
        CheckConstraint("quantity_milli > 0", name="quantity_moves"),
        CheckConstraint(
            "(from_state = 'proposed' AND to_state IN ('reserved', 'canceled'))"
            " OR (from_state = 'reserved' AND to_state IN ('prepared', 'canceled', 'failed'))"
            " OR (from_state = 'prepared'"
            " AND to_state IN ('completed', 'canceled', 'failed', 'reserved'))"
            " OR (from_state IN ('canceled', 'failed') AND to_state = 'completed')",
            name="known_move",
        ),
        Index("ix_order_move_order", "program_id", "order_id", "line"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    move_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    line: Mapped[int]
    from_state: Mapped[str]
    to_state: Mapped[str]
    quantity_milli: Mapped[int]
    act_id: Mapped[str]  # the same for all moves of one act, and for what it did to the stock
    actor: Mapped[str]  # "shopper", "staff:<id>", "till:<id>" or "clock"
    reason: Mapped[str]
    at: Mapped[datetime]


class Handoff(Base):
    """An order or a part of it, given to a person on a proof; never changed."""

    __tablename__ = "handoff"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "order_id"], ORDER),
        ForeignKeyConstraint(["program_id", "store_id"], STORE),
        ForeignKeyConstraint(["program_id", "till_id"], ["till.program_id", "till.till_id"]),
        ForeignKeyConstraint(["program_id", "staff_id"], ["staff.program_id", "staff.staff_id"]),
        CheckConstraint("proof IN ('pickup', 'live', 'delegate', 'spoken', 'staff')", name="proof"),
        CheckConstraint("proof <> 'staff' OR staff_id IS NOT NULL", name="staff_answers"),
        UniqueConstraint("program_id", "sale_id"),
        Index("ix_handoff_order", "program_id", "order_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    handoff_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    store_id: Mapped[UUID]
    till_id: Mapped[UUID | None]
    staff_id: Mapped[UUID | None]
    proof: Mapped[str]
    note: Mapped[str]  # what staff saw, in words: never a copy of a document
    sale_id: Mapped[str]
    handed_at: Mapped[datetime]  # by the till's clock
    at: Mapped[datetime]  # by ours
    request_hash: Mapped[str]


class HandoffLine(Base):
    """How much of a line was given in one handoff; never changed."""

    __tablename__ = "handoff_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "handoff_id"], ["handoff.program_id", "handoff.handoff_id"]
        ),
        CheckConstraint("quantity_milli > 0", name="quantity_given"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    handoff_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    quantity_milli: Mapped[int]


class OrderDelegate(Base):
    """Somebody else who may collect an order, by a code that shows nothing else."""

    __tablename__ = "order_delegate"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "order_id"], ORDER),
        CheckConstraint("epoch BETWEEN 0 AND 255", name="epoch"),
        Index("ix_order_delegate_order", "program_id", "order_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    code_subject: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    name: Mapped[str]
    epoch: Mapped[int]
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OrderOrigin(Base):
    """Where the visit came from in which an order was placed: the channel, not the visit."""

    __tablename__ = "order_origin"
    __table_args__ = (ForeignKeyConstraint(["program_id", "order_id"], ORDER),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    source: Mapped[str]
    campaign: Mapped[str]


class OrderReschedule(Base):
    """One time that an order's pickup was moved, by whom; `turn` counts from 1."""

    __tablename__ = "order_reschedule"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "order_id"], ORDER),
        CheckConstraint("turn > 0", name="turn_counted"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True)
    from_starts_at: Mapped[datetime]
    to_starts_at: Mapped[datetime]
    actor: Mapped[str]
    at: Mapped[datetime]


class Cart(Base):
    """What a browser has put aside in one store; it knows the id of the order it will become."""

    __tablename__ = "cart"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], STORE),
        ForeignKeyConstraint(["program_id", "visit_id"], ["visit.program_id", "visit.visit_id"]),
        Index("ix_cart_changed", "program_id", "changed_at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    cart_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]  # of the next order; a new one once it was placed
    visit_id: Mapped[UUID | None]
    changed_at: Mapped[datetime]


class CartLine(Base):
    """So much of a product; nothing is reserved before the order is placed."""

    __tablename__ = "cart_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "cart_id", "store_id"],
            ["cart.program_id", "cart.cart_id", "cart.store_id"],
        ),
        ForeignKeyConstraint(
            ["program_id", "product_id"], ["product.program_id", "product.product_id"]
        ),
        CheckConstraint("quantity_milli > 0", name="quantity_counted"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    cart_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity_milli: Mapped[int]
    put_at: Mapped[datetime]
