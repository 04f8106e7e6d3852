"""Orders to collect, and the times a store offers for it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.schemas.base import CodeText, Currency, MessageIn, MessageOut, Moment, MomentIn
from app.schemas.holds import Points
from loyalty.catalog.rules import QUANTITY_MILLI_MAX
from loyalty.orders.rules import LINES_MAX, NAME_LENGTH_MAX, TEXT_LENGTH_MAX

StateName = Literal["placed", "accepted", "ready", "done", "canceled", "missed"]
ShortText = Annotated[str, Field(max_length=TEXT_LENGTH_MAX)]


class OrderLineIn(MessageIn):
    """So much of a product, by the shop's reference or its barcode."""

    product_ref: Annotated[str, Field(min_length=1, max_length=64)]
    quantity_milli: Annotated[int, Field(strict=True, ge=1, le=QUANTITY_MILLI_MAX)]


class ContactIn(MessageIn):
    """Who collects, and how they are told; the note is for the store."""

    name: Annotated[str, Field(max_length=NAME_LENGTH_MAX)]
    email: ShortText = ""
    phone: ShortText = ""
    note: ShortText = ""
    language: Literal["es", "en"] = "es"


class OrderIn(MessageIn):
    """An order; `order_id` is made by the caller before it is sent and is the same every time.

    `reward_id` is a reward that comes off, and `points` how many are used for it; spending them
    needs a live code as `code`.
    """

    order_id: UUID
    slot_starts_at: MomentIn
    lines: Annotated[tuple[OrderLineIn, ...], Field(max_length=LINES_MAX)]
    contact: ContactIn
    code: CodeText | None = None
    reward_id: UUID | None = None
    points: Points | None = None


class OrderedLineOut(MessageOut):
    """One line and how much of it is in each state, in thousandths of its unit."""

    line: int
    product_ref: str
    name: str
    unit: Literal["piece", "kg"]
    price_minor: int
    tax_bp: int
    ordered_milli: int
    proposed_milli: int
    reserved_milli: int
    prepared_milli: int
    completed_milli: int
    canceled_milli: int
    failed_milli: int


class StoreOrderOut(MessageOut):
    """An order as it stands; `due_minor` is what is to be paid for what is still wanted.

    `discount_minor` is what its reward takes off that, or took off when it was handed over.
    """

    order_id: UUID
    number: str
    store_id: UUID
    state: StateName
    slot_starts_at: Moment
    slot_ends_at: Moment
    accept_by: Moment
    change_until: Moment
    collect_by: Moment
    placed_at: Moment
    accepted_at: Moment | None
    ready_at: Moment | None
    ended_at: Moment | None
    contact_name: str
    note: str
    total_minor: int
    discount_minor: int
    due_minor: int
    currency: Currency
    lines: list[OrderedLineOut]


class TaxShareOut(MessageOut):
    """How much of the total is taxed at one rate, and how much of that is the tax."""

    tax_bp: int
    total_minor: int
    tax_minor: int


class PlacedOrderOut(MessageOut):
    """The order as it was placed, and the codes that collect it: for whoever ordered."""

    order: StoreOrderOut
    taxes: list[TaxShareOut]
    pickup_code: str
    spoken_code: str
    replayed: bool


class SlotOut(MessageOut):
    """A time that can be chosen; `places` 0 is full and told as such."""

    starts_at: Moment
    ends_at: Moment
    places: int


class SlotsOut(MessageOut):
    """The times a store offers now, in order; none when it takes no orders."""

    store_id: UUID
    time_zone: str
    slots: list[SlotOut]
