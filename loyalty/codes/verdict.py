"""The values a judged code is told in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from loyalty.wire.codes import IDENTIFYING, SKEW, CodeKind, CodeOutcome, SignedCode
from loyalty.wire.trust import TrustKey


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found out about a code without the database: the costly part.

    `found` is the key that signed it, or why none did; it holds for this `ring` and is
    looked at again when the ring has changed since.
    """

    scanned: str
    code: SignedCode
    ring: tuple[TrustKey, ...]
    found: TrustKey | CodeOutcome


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanned code is worth.

    `card_id`, `member_id` and `expires_at` are told only when the signature was good and the
    card is ours; `text` is the whole code, also when its 8 letters were typed. `wrong_try`
    says that letters were typed which are nobody's: guesses are counted.
    """

    outcome: CodeOutcome
    kind: CodeKind | None = None
    text: str | None = None
    subject_id: str | None = None
    card_id: str | None = None
    member_id: UUID | None = None
    expires_at: datetime | None = None
    seconds_since_last_scan: int | None = None
    wrong_try: bool = False
    facts: Mapping[str, int] = field(default_factory=dict)

    @property
    def identifies(self) -> bool:
        """Say whether a sale with this code belongs to the card's member and earns."""
        return self.outcome in IDENTIFYING and self.member_id is not None


@dataclass(frozen=True, slots=True)
class ScanTimes:
    """When a code was scanned by the till's corrected clock, and when we heard of it.

    A till that is not sure of its clock, or whose scan lies in our future, is not believed.
    """

    scanned_at: datetime
    received_at: datetime
    clock_sure: bool

    @property
    def is_believed(self) -> bool:
        """Say whether the till's word for the time can be taken."""
        return self.clock_sure and self.scanned_at <= self.received_at + SKEW

    @property
    def judged_at(self) -> datetime:
        """The moment the code has to be good at."""
        return self.scanned_at if self.is_believed else self.received_at
