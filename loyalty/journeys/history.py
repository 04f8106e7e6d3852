"""What moved somebody's points and what was bought, each row with its reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

RowKind = Literal[
    "sale",  # a purchase with this card; `points` may be 0
    "refund",  # money given back; its points went with it
    "moved_away",  # the till said "wrong person": the sale's points left this card
    "moved_here",  # … and came to this one
    "joined",  # another card's points came in, by a join of two memberships
    "joined_away",  # this card's points went to the one that stays
    "join_undone",  # a join was undone: what it moved went back (or came back)
]
Reason = Literal["live_code", "printed_code", "till", "shopper", "staff", "none"]
SaleState = Literal["kept", "part_refunded", "refunded", "moved"]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One thing that happened, with the arithmetic behind its points.

    Units: amounts in minor units of `currency`; `points` signed. `rule_points` for every full
    `rule_per_minor`. `reason` says how we know that it was this person; `act_id` names the act
    in the ledger, "" when no points moved. `sale_state` is what became of a sale.
    """

    kind: RowKind
    at: datetime
    points: int
    act_id: str = ""
    sale_id: str | None = None
    total_minor: int | None = None
    refunded_minor: int = 0
    currency: str | None = None
    store_name: str = ""
    till_name: str | None = None
    rule_points: int | None = None
    rule_per_minor: int | None = None
    reason: Reason = "none"
    sale_state: SaleState | None = None
    code_outcome: str | None = None
    link_id: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryMonth:
    """The rows of one month of the store's calendar, newest first, and their sum."""

    year: int
    month: int
    points: int
    rows: tuple[HistoryRow, ...]
