"""A reward that is held for a basket before it is paid, taken, or let go."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.schemas.base import (
    CodeText,
    IdIn,
    MessageIn,
    MessageOut,
    Moment,
    MomentIn,
    TotalMinor,
)
from app.schemas.display import PersonOut, Tone
from app.schemas.sales import LINES_MAX, SaleLineIn
from loyalty.points.amounts import POINTS_MAX

Points = Annotated[int, Field(strict=True, ge=1, le=POINTS_MAX)]
StateName = Literal["held", "taken", "let_go", "lapsed", "given_back"]
ProofName = Literal["live", "pin", "cashier", "order", "offline"]


class CashierWordIn(MessageIn):
    """A cashier answers for a card: their own PIN, typed now, and why."""

    staff_id: UUID
    pin: Annotated[str, Field(min_length=1, max_length=20)]
    reason: Annotated[str, Field(min_length=3, max_length=200)]


class ProofIn(MessageIn):
    """What a card that only says whose it is needs to spend; a live code needs nothing."""

    member_pin: Annotated[str, Field(pattern="^[0-9]{4}$")] | None = None
    cashier: CashierWordIn | None = None


class HoldIn(MessageIn):
    """A reward for a basket; `hold_id` is made before it is sent, a new one for every attempt.

    `points` is how many are to be used: none for the reward's own cost, and of points as money
    for as many as pay the basket. `basket_minor` is what is to be paid before the discount.
    """

    hold_id: IdIn
    code: CodeText
    scanned_at: MomentIn
    clock: Literal["sure", "unsure"] = "sure"
    reward_id: UUID
    points: Points | None = None
    basket_minor: TotalMinor
    lines: Annotated[tuple[SaleLineIn, ...], Field(max_length=LINES_MAX)] = ()
    proof: ProofIn = ProofIn()


class RedemptionIn(MessageIn):
    """A reward that a till gave at `taken_at` without a line; a live code proves it."""

    hold_id: IdIn
    code: CodeText
    scanned_at: MomentIn
    clock: Literal["sure", "unsure"] = "sure"
    reward_id: UUID
    points: Points | None = None
    basket_minor: TotalMinor
    lines: Annotated[tuple[SaleLineIn, ...], Field(max_length=LINES_MAX)] = ()
    taken_at: MomentIn


class HoldPostIn(MessageIn):
    """How many of the held points are taken; none for all of them."""

    points: Points | None = None


class HoldVoidIn(MessageIn):
    """Nothing more has to be said to let a hold go."""


class HeldRewardOut(MessageOut):
    """The reward of a hold; its cost is in points, or in stamps of its own card."""

    reward_id: UUID
    name: str
    kind: str
    unit: Literal["points", "stamps"]


class HoldDisplayOut(MessageOut):
    """What the till shows: the reward, what comes off, what is left to pay and to spend."""

    tone: Tone
    title: str
    detail: str
    points_text: str
    discount_text: str
    to_pay_text: str
    free_text: str


class HoldOut(MessageOut):
    """A redemption as it stands; the same for the first time and for every repetition.

    `points` are held or, once `state` is `taken`, were taken; `returned` of them came back.
    `lines` is the part of the discount of each line that was sent. `free` is what can still be
    spent, in the reward's unit.
    """

    hold_id: str
    state: StateName
    replayed: bool
    reward: HeldRewardOut
    person: PersonOut | None
    points: int
    times: int
    basket_minor: int
    discount_minor: int
    to_pay_minor: int
    currency: str
    lines: list[int]
    proof: ProofName
    ends_at: Moment | None
    free: int
    returned: int
    display: HoldDisplayOut
