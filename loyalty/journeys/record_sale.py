"""A till reports a sale: kept once, linked to the visit that showed the code, and rewarded."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from loyalty.journeys.till_words import PersonShort
from loyalty.points.rules import EarnRate, RewardAhead
from loyalty.sales.rules import SaleLineReport
from loyalty.wire.codes import CodeKind, CodeOutcome


@dataclass(frozen=True, slots=True)
class SaleReport:
    """A sale as a till tells it.

    Units: `total_minor` in minor units of `currency`. `sold_at` and `scanned_at` are by the
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


@dataclass(frozen=True, slots=True)
class SaleReceipt:
    """What became of a sale; telling it again gives the same receipt with `replayed`.

    `code_outcome` says why there are no points; `rule` and `store_name` say why there are:
    "12 points: 12,40 € at Panadería …". `masked` counts card numbers that were struck out.
    """

    sale_id: str
    replayed: bool
    code_outcome: CodeOutcome
    code_kind: CodeKind | None
    card_id: str | None
    person: PersonShort | None
    points_earned: int
    points_balance: int | None
    rule: EarnRate | None
    linked_visit: bool
    next_reward: RewardAhead | None
    store_id: UUID
    store_name: str
    total_minor: int
    currency: str
    sold_at: datetime
    recorded_at: datetime
    masked: int
