"""A code that a till has read, and whose card it is."""

from typing import Literal
from uuid import UUID

from app.schemas.base import CodeText, MessageIn, MessageOut, Moment, MomentIn
from app.schemas.display import DisplayOut, NextRewardOut, PersonOut, RewardOut
from app.schemas.handoffs import WaitingOrderOut


class ScanIn(MessageIn):
    """What the scanner, the camera or the keyboard gave, unchanged."""

    code: CodeText
    scanned_at: MomentIn
    clock: Literal["sure", "unsure"] = "sure"
    source: Literal["camera", "wedge", "typed", "pasted"] = "wedge"


KindName = Literal["card", "live", "pickup", "delegate", "claim"]


class LastLikeOut(MessageOut):
    """What of the shop's this person liked last, on an account they linked with their consent."""

    network: str
    at: Moment
    text: str


class StampCardOut(MessageOut):
    """A stamp card on offer: how many stamps somebody has, and how many fill it.

    `stamps` can be used now. `held` are reserved, `pending` wait until returns are over, all of
    them by `pending_until`; `owed` the next ones repay.
    """

    reward_id: UUID
    name: str
    stamps: int
    needed: int
    held: int
    pending: int
    pending_until: Moment | None
    owed: int
    text: str


class ScanOut(MessageOut):
    """Whose card it is, before payment; `code` is the whole text to send with the sale.

    `points` can be spent now; `held` are reserved, `pending` can be spent later.

    `orders` wait here for the card's person; a pickup or delegate code tells its own order,
    however it stands. `last_like` is null for everybody who has not linked an account.
    """

    scan_id: UUID
    outcome: str
    code: str | None
    kind: KindName | None
    person: PersonOut | None
    points: int | None
    points_text: str | None
    next_reward: NextRewardOut | None
    rewards: list[RewardOut]
    held: int
    pending: int
    stamps: list[StampCardOut]
    orders: list[WaitingOrderOut]
    last_like: LastLikeOut | None
    seconds_since_last_scan: int | None
    display: DisplayOut
