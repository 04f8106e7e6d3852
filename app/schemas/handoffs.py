"""Orders at the counter: what waits, and giving it to its person."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.schemas.base import CodeText, MessageIn, MessageOut, Moment, MomentIn
from app.schemas.display import NextRewardOut, PersonOut
from app.schemas.sales import EarnedOut, ReceiptDisplayOut
from loyalty.orders.rules import LINES_MAX

QUANTITY_MAX = 1_000_000_000

StandingName = Literal["ready", "not_ready", "elsewhere", "collected", "canceled", "missed"]
StateName = Literal["placed", "accepted", "ready", "done", "canceled", "missed"]
ProofName = Literal["pickup", "delegate", "live", "spoken", "staff"]


class WaitingLineOut(MessageOut):
    """A line of an order: how much is still wanted, and how much of it is picked."""

    line: int
    name: str
    unit: str
    quantity_milli: int
    prepared_milli: int
    quantity_text: str
    total_minor: int
    total_text: str


class WaitingOrderOut(MessageOut):
    """An order at the counter; of another store's order nothing but number and store is told.

    `standing` says what can be done: only what is `ready` is handed over. `proof` is what the
    code that was just read proves; without one a handoff needs the order's own code.
    """

    order_id: UUID
    number: str
    standing: StandingName
    state: StateName
    name: str
    store_name: str
    slot_starts_at: Moment
    slot_ends_at: Moment
    collect_by: Moment
    slot_text: str
    due_minor: int
    due_text: str
    currency: str
    items_text: str
    text: str
    lines: list[WaitingLineOut]
    proof: ProofName | None


class OrderCodeOut(MessageOut):
    """What a code that collects an order carries; its subject is told as a SHA-256 only."""

    kind: Literal["pickup", "delegate"]
    subject_sha256: str
    epoch: int


class ListedOrderOut(MessageOut):
    """An order of the store's list, and the codes that collect it."""

    order: WaitingOrderOut
    codes: list[OrderCodeOut]


class TillOrdersOut(MessageOut):
    """What this store hands over today and still has to pick; what is ready comes first."""

    orders: list[ListedOrderOut]


class HandoffLineIn(MessageIn):
    """How much of a line is given."""

    line: Annotated[int, Field(strict=True, ge=1, le=LINES_MAX)]
    quantity_milli: Annotated[int, Field(strict=True, ge=1, le=QUANTITY_MAX)]


class HandoffIn(MessageIn):
    """An order given to its person; `handoff_id` is made before it is sent.

    `code` is the pickup or delegate code, the live code of whoever ordered, or the eight spoken
    letters; the last two need `order_id`, or the `order_number` the store calls it by. Without
    any code a signed-in cashier answers for it with a `note`. Without `lines` everything that
    is picked is given. `staff_id` counts for an agent, when that person works in the store.
    """

    handoff_id: UUID
    order_id: UUID | None = None
    order_number: Annotated[str, Field(pattern="^[0-9]{4}$")] | None = None
    code: CodeText | None = None
    lines: (
        Annotated[tuple[HandoffLineIn, ...], Field(min_length=1, max_length=LINES_MAX)] | None
    ) = None
    handed_at: MomentIn
    scanned_at: MomentIn | None = None
    clock: Literal["sure", "unsure"] = "sure"
    note: Annotated[str, Field(max_length=200)] = ""
    staff_id: UUID | None = None


class HandoffOut(MessageOut):
    """The receipt of a handoff, the same every time; `sale_id` is the sale it recorded."""

    handoff_id: UUID
    order_id: UUID
    number: str
    state: StateName
    proof: ProofName
    sale_id: str
    total_minor: int
    lines: list[WaitingLineOut]
    person: PersonOut | None
    points: EarnedOut
    next_reward: NextRewardOut | None
    handed_at: Moment
    replayed: bool
    display: ReceiptDisplayOut
