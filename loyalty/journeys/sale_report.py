"""What a till tells of a sale, and what it is told back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from loyalty.journeys.earn_sale import ToldRule
from loyalty.journeys.redeem_sale import SoldReward
from loyalty.journeys.till_words import PersonShort
from loyalty.points.rules import RewardAhead
from loyalty.sales.rules import SaleLineReport
from loyalty.wire.codes import CodeKind, CodeOutcome


@dataclass(frozen=True, slots=True)
class SaleReport:
    """A sale as a till tells it.

    Units: `total_minor` in minor units of `currency`, what was paid in money: without what the
    reward held under `hold_id` took off. `sold_at` and `scanned_at` are by the
    till's clock, corrected by its offset when `clock_sure`.
    """

    program_id: int
    store_id: UUID
    till_id: UUID
    staff_id: UUID | None
    sale_id: str
    total_minor: int
    currency: str
    sold_at: datetime
    code: str | None
    scanned_at: datetime | None
    clock_sure: bool
    lines: tuple[SaleLineReport, ...] = ()
    claim_id: str | None = None  # of the code on its receipt, when it went without a card
    customer: str | None = None  # "<connector>:<id>": whom the vendor's own program calls it
    hold_id: str | None = None


@dataclass(frozen=True, slots=True)
class SaleReceipt:
    """What became of a sale; telling it again gives the same receipt with `replayed`.

    `code_outcome` says why there are no points, of a good code `why_none`; `rule` and
    `store_name` say why there are: "12 points: 12,40 € at Panadería …". `points_balance` may
    be spent now; `points_pending` wait besides; `stamps` were given besides, on all
    stamp cards. `masked` counts card numbers that were struck out.
    """

    sale_id: str
    replayed: bool
    code_outcome: CodeOutcome
    code_kind: CodeKind | None
    card_id: str | None
    person: PersonShort | None
    points_earned: int
    points_balance: int | None
    rule: ToldRule | None
    why_none: str
    linked_visit: bool
    next_reward: RewardAhead | None
    store_id: UUID
    store_name: str
    total_minor: int
    currency: str
    sold_at: datetime
    recorded_at: datetime
    masked: int
    redeemed: SoldReward | None = None
    points_pending: int = 0
    stamps: int = 0
