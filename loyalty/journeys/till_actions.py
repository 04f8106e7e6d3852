"""The last things a till did, so that a slip can be undone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ActionState = Literal["sold", "refunded", "part_refunded", "moved", "without_card"]


@dataclass(frozen=True, slots=True)
class TillAction:
    """One sale of this till and what became of it; `left_minor` can still be refunded."""

    sale_id: str
    total_minor: int
    left_minor: int
    currency: str
    sold_at: datetime
    recorded_at: datetime
    has_card: bool
    display_name: str | None
    points: int
    state: ActionState
    undoable: bool
