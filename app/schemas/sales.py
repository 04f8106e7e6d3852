"""Sales, refunds and reassignments as a till reports them, and our receipts."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.schemas.base import (
    CodeText,
    Currency,
    IdIn,
    MessageIn,
    MessageOut,
    Moment,
    MomentIn,
    TotalMinor,
)
from app.schemas.display import DisplayOut, NextRewardOut, PersonOut, Tone
from loyalty.kernel.money import TOTAL_MINOR_MAX

LINES_MAX = 500
ClaimId = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class SaleLineIn(MessageIn):
    """One line of the ticket; a discount line is negative."""

    product_ref: Annotated[str, Field(max_length=100)] = ""
    description: Annotated[str, Field(max_length=200)]
    quantity_milli: Annotated[int, Field(strict=True, ge=-1_000_000_000, le=1_000_000_000)]
    total_minor: Annotated[int, Field(strict=True, ge=-TOTAL_MINOR_MAX, le=TOTAL_MINOR_MAX)]


class SaleIn(MessageIn):
    """One sale; `sale_id` is made by the till before it is sent and is the same every time.

    `claim_id` names the code on the receipt of a sale without a card. `customer_ref` is what the
    shop's own program calls the customer, and `connector` which program that is.
    `total_minor` is what was paid in money: with `hold_id`, without what its reward took off.
    """

    sale_id: IdIn
    total_minor: TotalMinor
    currency: Currency
    sold_at: MomentIn
    code: CodeText | None = None
    scanned_at: MomentIn | None = None
    clock: Literal["sure", "unsure"] = "sure"
    lines: Annotated[tuple[SaleLineIn, ...], Field(max_length=LINES_MAX)] = ()
    claim_id: ClaimId | None = None
    customer_ref: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    connector: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")] = "till"
    hold_id: IdIn | None = None


class EarnedOut(MessageOut):
    """Points of a sale, and what may be spent after it (null without a card).

    `pending` wait besides, until returns are over.
    """

    earned: int
    balance: int | None
    pending: int


class ReceiptDisplayOut(MessageOut):
    """What the till shows after a sale."""

    tone: Tone
    title: str
    detail: str
    total_text: str
    points_text: str


class SoldRewardOut(MessageOut):
    """What became of the hold that a sale named; the sale is kept whatever it is.

    `taken_late`: it had run out by our clock and not by the till's, so it was taken all the
    same; `owed` of the points were not there any more and are a debt.
    """

    hold_id: str
    fate: Literal["taken", "taken_late", "lapsed", "let_go", "other_sale", "unknown"]
    points: int
    owed: int
    discount_minor: int
    text: str


class SaleOut(MessageOut):
    """The receipt of a sale; the same for the first time and for every repetition.

    `rule` is the id of the rule that gave the most; `why_none` a code when a card earned none:
    own_card, capped, below_step, below_minimum, no_such_goods, not_yet, over, nothing_paid.
    `stamps` is how many it gave, on all stamp cards together.
    """

    sale_id: str
    replayed: bool
    code_outcome: str
    person: PersonOut | None
    points: EarnedOut
    rule: str | None
    why_none: str | None
    stamps: int
    next_reward: NextRewardOut | None
    redeemed: SoldRewardOut | None
    recorded_at: Moment
    display: ReceiptDisplayOut


class RefundLineIn(MessageIn):
    """What comes back of one line of the sale; `line` counts from 1 in the order it was sent.

    Without `quantity_milli` money alone is given back.
    """

    line: Annotated[int, Field(strict=True, ge=1, le=LINES_MAX)]
    quantity_milli: Annotated[int, Field(strict=True, gt=0, le=1_000_000_000)] | None = None
    amount_minor: Annotated[int, Field(strict=True, ge=0, le=TOTAL_MINOR_MAX)]


class RefundIn(MessageIn):
    """Money given back for a sale, in part or whole: by lines, or an amount, or both.

    With both, the lines add up to `amount_minor`. Goods that points paid come back as lines of
    no money; a sale that they paid in full comes back whole as an amount of 0. `currency`, when
    it is told, is the sale's.
    """

    refund_id: IdIn
    amount_minor: TotalMinor | None = None
    lines: Annotated[tuple[RefundLineIn, ...], Field(max_length=LINES_MAX)] = ()
    currency: Currency | None = None
    refunded_at: MomentIn
    reason: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _says_how_much(self) -> "RefundIn":
        if self.amount_minor is None and not self.lines:
            message = "a refund says an amount, or lines"
            raise ValueError(message)
        return self


class TakenOut(MessageOut):
    """Points taken back, and the balance after it."""

    taken: int
    balance: int | None


class ActDisplayOut(MessageOut):
    """What the till shows after an act."""

    tone: Tone
    title: str
    detail: str


class RefundOut(MessageOut):
    """The receipt of a refund; `left_minor` is what can still be given back.

    `returned` points, or stamps of a full card, had paid for the refunded part and came back to
    where they were; `stamps_taken` are those that the rest of the sale would not earn.
    """

    refund_id: str
    sale_id: str
    amount_minor: int
    points: TakenOut | None
    returned: int
    returned_unit: Literal["points", "stamps"]
    stamps_taken: int
    left_minor: int
    replayed: bool
    display: ActDisplayOut


class ReassignmentIn(MessageIn):
    """Whose sale it really was; without `code` it is left without a card."""

    reassignment_id: IdIn
    code: CodeText | None = None
    scanned_at: MomentIn | None = None
    clock: Literal["sure", "unsure"] = "sure"


class MovedOut(MessageOut):
    """Points that left one card and came to another."""

    back: int
    given: int


class ReassignmentOut(MessageOut):
    """The receipt of a reassignment."""

    reassignment_id: str
    sale_id: str
    replayed: bool
    code_outcome: str
    person: PersonOut | None
    points: MovedOut
    display: DisplayOut
