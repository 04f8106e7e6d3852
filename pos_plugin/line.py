"""How good the line to the server is, and so how long a cashier's answer may wait for it.

Every call teaches it, and every wait. A good line is lost at the first trouble and earned back
slowly: on a line that flaps, a till that believed each good moment would make every other cashier
wait. And however often it is earned back, long waits are counted: no weather can make more than
one cashier in twenty wait long.
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
# Long waits a till may spend at once, and short ones that earn another: of any 115 or more
# cashiers in a row at most every twentieth waits long.
LONG_SPARE: Final = 3
SHORT_FOR_LONG: Final = 40


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
        self._spare = LONG_SPARE * SHORT_FOR_LONG  # in short waits

    def answered(self, elapsed_s: float, *, slow_s: float = SLOW_S) -> None:
        """Learn that the server itself answered, a refusal too.

        A big question may take up to `slow_s`; that is no trouble, but it proves no good line.
        """
        if elapsed_s > slow_s:
            self.slow()
            return
        with self._lock:
            now = self._steady()
            self._silences = 0
            if elapsed_s > SLOW_S:
                if self._state != "up":
                    self._set("bad", self._reason)
                return
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

    def waited(self, elapsed_s: float) -> None:
        """Learn how long a cashier waited; whoever comes next does not wait as long for the same.

        The answer that did not come may be under way for seconds yet, and teaches only then.
        """
        is_long = elapsed_s > SLOW_S
        with self._lock:
            # Below nothing when several waited at once, and that is earned back as well.
            earned = -SHORT_FOR_LONG if is_long else 1
            self._spare = min(self._spare + earned, LONG_SPARE * SHORT_FOR_LONG)
        if is_long:
            self.slow()

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
        with self._lock:
            if self._state == "up" and self._spare >= SHORT_FOR_LONG:
                return PATIENCE_UP_S
            return PATIENCE_BAD_S if self._state in {"up", "bad"} else 0.0

    def _doubt(self) -> None:
        self._owed = ANSWERS_OWED
        self._good_since = None

    def _set(self, state: LineState, reason: Reason | None) -> None:
        if self._state == "up" and state != "up":
            self._since = self._steady()
        self._state, self._reason = state, reason
