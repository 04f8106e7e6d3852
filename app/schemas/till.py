"""Messages of a till: pairing, who works at it, its last acts, its trust list."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.schemas.base import MessageIn, MessageOut, Moment

OfflineKind = Literal["fixed", "money"]


class PairingIn(MessageIn):
    """The eight letters from the owner's page; an agent sends the SHA-256 of the key it made."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    kind: Literal["browser", "agent"]
    key_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


class MoneyPatternOut(MessageOut):
    """How amounts are written here; thousands are set apart from `group_from` digits on."""

    decimal: str
    group: str
    group_from: int
    prefix: str
    suffix: str


class MoneyOut(MessageOut):
    """The store's currency and how it is written."""

    currency: str
    decimals: int
    pattern: MoneyPatternOut


class StoreOut(MessageOut):
    """The store a till stands in; `join_url` is where a shopper gets a card."""

    store_id: UUID
    name: str
    currency: str
    language: str
    time_zone: str
    join_url: str


class EarningOut(MessageOut):
    """What each sale earns today: `points` for every full `per_minor`; for display only.

    None where the amount alone does not say it: other rules, goods, days, caps or tiers count,
    or what is left of a step waits for the next sale.
    """

    points: int
    per_minor: int


class TillSettingsOut(MessageOut):
    """What a till needs to write amounts and times like the service does."""

    language: str
    money: MoneyOut
    server_time: Moment


class PairedOut(MessageOut):
    """A paired till; `key` is set only for an agent that sent no `key_sha256`.

    A browser's key is in its cookie.
    """

    program_id: int
    till_id: UUID
    till_name: str
    key: str | None
    root_public: str
    store: StoreOut
    settings: TillSettingsOut


class TillNameOut(MessageOut):
    """A till."""

    till_id: UUID
    name: str


class CashierOut(MessageOut):
    """Somebody who works at the till."""

    staff_id: UUID
    display_name: str


class OfflineRewardOut(MessageOut):
    """A reward a till may give without a line.

    `fixed` takes `minor` off for `points`; `money` takes `minor` off for every `per_points`, of
    `points` at least, rounded down.
    """

    reward_id: UUID
    name: str
    kind: OfflineKind
    points: int
    minor: int
    per_points: int
    minimum_minor: int
    valid_until: Moment | None


class OfflineOut(MessageOut):
    """What one member may spend at this till in a day of the store while it has no line."""

    allowance: int
    rewards: list[OfflineRewardOut]


class TillSessionOut(MessageOut):
    """Everything the till page needs to begin."""

    till: TillNameOut
    store: StoreOut
    server_time: Moment
    language: str
    money: MoneyOut
    earning: EarningOut | None
    offline: OfflineOut
    staff: list[CashierOut]
    cashier: CashierOut | None
    pin_needed: bool


class CashierIn(MessageIn):
    """A PIN typed at the till."""

    staff_id: UUID
    pin: Annotated[str, Field(pattern="^[0-9]{4,8}$")]


class CashierSessionOut(MessageOut):
    """Who works at the till now."""

    cashier: CashierOut


class TillActionOut(MessageOut):
    """A sale of this till as its list of last acts shows it.

    `order_number` is told of a handoff's sale, which is given back and not undone. `parts` is
    how many things of it could come back by themselves; 0 when only its amount is known.
    """

    sale_id: str
    total_minor: int
    left_minor: int
    total_text: str
    sold_at: Moment
    time_text: str
    person_text: str
    points: int
    points_text: str
    state: Literal["sold", "refunded", "part_refunded", "moved", "without_card"]
    undoable: bool
    order_number: str | None
    parts: int


class TillActionsOut(MessageOut):
    """The last acts of this till, newest first."""

    actions: list[TillActionOut]


class LineLeftOut(MessageOut):
    """What can still come back of a line; something sold by weight is one piece.

    `left_minor` was paid for `paid_pieces` of its `pieces`, and points paid the others. A refund
    names `line`, and `left_milli` for all of its pieces.
    """

    line: int
    name: str
    quantity_text: str
    pieces: int
    paid_pieces: int
    left_milli: int
    left_minor: int


class GoodsLeftOut(MessageOut):
    """What can still come back of a sale, line by line."""

    sale_id: str
    left_minor: int
    lines: list[LineLeftOut]


class TrustOut(MessageOut):
    """The program's public keys and revocations, signed by the root key of pairing.

    `payload` is base64 of a JSON document, `signature` the Ed25519 signature in hex.
    """

    payload: str
    signature: str


class TimeOut(MessageOut):
    """The server's clock."""

    server_time: Moment
