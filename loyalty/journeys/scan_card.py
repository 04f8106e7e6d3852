"""A cashier scans a code: whose card it is, its points and what comes next, before any payment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from loyalty.journeys.till_words import PersonShort
from loyalty.kernel.errors import Fact
from loyalty.points.rules import RewardAhead, RewardFacts
from loyalty.wire.codes import CodeKind, CodeOutcome

ScanSource = Literal["camera", "wedge", "typed", "pasted"]


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What a till read, and when by its clock (corrected by its offset when `clock_sure`)."""

    program_id: int
    till_id: UUID
    store_id: UUID
    code: str
    scanned_at: datetime
    clock_sure: bool
    source: ScanSource


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What the till shows. `person`, `points` and rewards only when the outcome identifies.

    `code` is the whole text, also when eight letters were typed: the sale sends it on.
    `wrong_try` means that the letters stand for nothing and five such tries of the till within
    a minute are used up: the view commits and then refuses.
    """

    scan_id: UUID
    outcome: CodeOutcome
    kind: CodeKind | None
    code: str | None
    card_id: str | None
    person: PersonShort | None
    points: int | None
    next_reward: RewardAhead | None
    rewards_in_reach: tuple[RewardFacts, ...]
    seconds_since_last_scan: int | None
    facts: Mapping[str, Fact]
    wrong_try: bool
