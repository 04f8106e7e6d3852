"""What is confirmed at the counter, and how it stands."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Json = dict[str, Any]
ActKind = Literal["sale", "refund", "reassignment", "handoff", "redemption"]
Standing = Literal["waiting", "done", "aside", "dismissed"]
Result = Literal["created", "duplicate", "conflict", "rejected", "later"]

ACT_FORMAT: Final = "enlaza-act/1"


@dataclass(frozen=True, slots=True)
class Act:
    """Something a cashier confirmed: `body` is what is sent, `shown` what the page was told.

    `made_at` is the moment by the till's corrected clock, as text that can be sent.
    """

    act_id: str
    kind: ActKind
    sale_id: str
    body: Json
    staff_id: str | None
    made_at: str
    shown: Json


@dataclass(frozen=True, slots=True)
class Kept:
    """An act that is on the disk; `is_new` is False when it had been confirmed before."""

    seq: int | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class ActState:
    """An act and what came of it; `seq` is None when it belongs to a queue that has ended."""

    act: Act
    number: int
    seq: int | None
    state: Standing
    answer: Json | None
    problem: Json | None
    ended_at: str | None

    @property
    def act_id(self) -> str:
        """The id the page made for it."""
        return self.act.act_id

    @property
    def made_at(self) -> str:
        """When it was confirmed."""
        return self.act.made_at

    def event(self) -> Json:
        """Write it as one item of `/sync`."""
        return {
            "seq": self.seq,
            "kind": self.act.kind,
            "made_at": self.act.made_at,
            "staff_id": self.act.staff_id,
            "sale_id": self.act.sale_id,
            "body": self.act.body,
        }

    def document(self) -> Json:
        """Write it whole, for a file that a person or another program reads."""
        return {
            **self.event(),
            "act_id": self.act_id,
            "state": self.state,
            "problem": self.problem,
            "shown": self.act.shown,
        }


@dataclass(frozen=True, slots=True)
class Settled:
    """What the server said of one event."""

    seq: int
    result: Result
    answer: Json | None = None
    problem: Json | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How the queue stands: what waits, since when, and what a person has to look at."""

    waiting: int
    oldest_made_at: str | None
    aside: int


def canonical(value: Json) -> str:
    """Write JSON so that equal content is equal text."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest_of(columns: Sequence[object]) -> str:
    """Sum up the columns of an act's row, so that one found in a damaged file can be believed."""
    text = json.dumps(list(columns), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
