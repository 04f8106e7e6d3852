"""A till gives money back: the points of that part go back too, and no refund exceeds the sale."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RefundReport:
    """A refund as a till tells it; `amount_minor` in minor units of the sale's currency."""

    program_id: int
    till_id: UUID
    sale_id: str
    refund_id: str
    amount_minor: int
    refunded_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class RefundReceipt:
    """What became of a refund. `points_balance` is none when the sale is nobody's.

    `points_owed` is the part of `points_taken` that was already spent and is now debt.
    """

    refund_id: str
    sale_id: str
    replayed: bool
    amount_minor: int
    currency: str
    left_minor: int
    points_taken: int
    points_owed: int
    points_balance: int | None
