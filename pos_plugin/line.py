"""How good the line to the server is, and so how long a cashier's answer may wait for it.

Every call teaches it. A good line is lost at the first trouble and earned back slowly: on a line
that flaps, a till that believed each good moment would make every other cashier wait.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

LineState = Literal["up", "bad", "down", "refused"]
Reason = Literal["no_line", "certificate", "not_ours", "trouble", "revoked"]

PATIENCE_UP_S: Final = 1.5
PATIENCE_BAD_S: Final = 0.1
# An answer slower than this is none a cashier should wait for.
SLOW_S: Final = 0.75
# Silences in a row after which nobody waits at all.
SILENCES_DOWN: Final = 2
ANSWERS_OWED: Final = 20
GOOD_FOR_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class LineFacts:
    """How the line is; `since_s` is how long it has not been up, None while it is."""

    state: LineState
    reason: Reason | None
    since_s: float | None


class Line:
    """Learns from each call; may be told and asked from any thread."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._lock = threading.Lock()
        self._state: LineState = "down"
        self._reason: Reason | None = "no_line"
        self._since = steady()
        self._owed = 1  # the first answer of all makes a line good
        self._good_since: float | None = None
        self._silences = 0

    def answered(self, elapsed_s: float, *, slow_s: float = SLOW_S) -> None:
        """Learn that the server itself answered, a refusal too; a big question may take longer."""
        if elapsed_s > slow_s:
            self.slow()
            return
        with self._lock:
            now = self._steady()
            self._silences = 0
            if self._good_since is None:
                self._good_since = now
            self._owed -= 1
            if self._owed <= 0 or now - self._good_since >= GOOD_FOR_S:
                self._set("up", None)
            else:
                self._set("bad", self._reason)

    def slow(self) -> None:
        """Learn that an answer came late, or not within a patience too short to call it silence."""
        with self._lock:
            self._doubt()
            if self._state == "up":
                self._set("bad", "trouble")

    def silent(self, reason: Reason) -> None:
        """Learn that there was no answer, or not the server's."""
        with self._lock:
            self._doubt()
            self._silences += 1
            gone = self._silences >= SILENCES_DOWN or self._state in {"down", "refused"}
            self._set("down" if gone else "bad", reason)

    def refused(self) -> None:
        """Learn that the server does not know this till any more."""
        with self._lock:
            self._doubt()
            self._owed = 1
            self._set("refused", "revoked")

    @property
    def state(self) -> LineState:
        """Say how the line is."""
        with self._lock:
            return self._state

    def facts(self) -> LineFacts:
        """Say how the line is, why, and since when."""
        with self._lock:
            since_s = None if self._state == "up" else self._steady() - self._since
            return LineFacts(self._state, self._reason, since_s)

    def patience_s(self) -> float:
        """Say how long a cashier's answer may wait for the server."""
        return {"up": PATIENCE_UP_S, "bad": PATIENCE_BAD_S}.get(self.state, 0.0)

    def _doubt(self) -> None:
        self._owed = ANSWERS_OWED
        self._good_since = None

    def _set(self, state: LineState, reason: Reason | None) -> None:
        if self._state == "up" and state != "up":
            self._since = self._steady()
        self._state, self._reason = state, reason
