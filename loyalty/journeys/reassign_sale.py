"""The cashier undoes "wrong person": points and link go back, to no card or to another one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from loyalty.journeys.till_words import PersonShort
from loyalty.wire.codes import CodeOutcome


@dataclass(frozen=True, slots=True)
class ReassignReport:
    """Whose sale it is instead; without a code it is nobody's."""

    program_id: int
    till_id: UUID
    sale_id: str
    reassignment_id: str
    code: str | None
    scanned_at: datetime | None
    clock_sure: bool = True


@dataclass(frozen=True, slots=True)
class ReassignReceipt:
    """What became of a reassignment; `person` is who has the sale now.

    `points_back` left the first wallet (and its person), `points_given` came into the second.
    """

    reassignment_id: str
    sale_id: str
    replayed: bool
    code_outcome: CodeOutcome
    card_id: str | None
    person: PersonShort | None
    points_back: int
    points_given: int
    points_balance: int | None
