"""The server's time at the counter, whatever somebody does to the machine's clock.

One answer of the server is enough: from then on a clock that only runs forward carries it. After a
restart of the machine the wall clock must bridge the gap, and is believed only where it can be.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from loyalty.wire.messages import moment_text, read_moment

Certainty = Literal["sure", "unsure"]

# A wall clock this far behind what we heard has been set back; seconds are only drift.
BACK_S: Final = 60.0
# A wall clock this far ahead may be a till that slept for long, or one that was set wrong.
AHEAD_S: Final = 7 * 24 * 3600.0
# And so far ahead it is wrong.
ABSURD_S: Final = 366 * 24 * 3600.0
# An answer that took longer than this says too little about the moment.
ROUND_TRIP_S: Final = 4.0
SAVE_EVERY_S: Final = 600.0
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Heard:
    """When the server told its time, on every clock; seconds, `server` and `wall` since 1970."""

    server: float
    wall: float
    steady: float
    boot: str


def steady_seconds() -> float:
    """Count seconds that also pass while the machine sleeps, where the system can."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def boot_name() -> str:
    """Name this run of the machine, where the system can; "" otherwise."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


class TillClock:
    """Tells the server's time; may be asked from any thread."""

    def __init__(
        self,
        kept: str | None = None,
        *,
        save: Callable[[str], None] = lambda _: None,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = steady_seconds,
        boot: Callable[[], str] = boot_name,
    ) -> None:
        self._save = save
        self._wall = wall
        self._steady = steady
        self._boot = boot()
        self._lock = threading.Lock()
        self._saved_at: float | None = None
        self._certainty: Certainty = "unsure"
        self._anchor_steady = steady()
        self._anchor = wall()
        self._begin(_read(kept))

    def _begin(self, heard: Heard | None) -> None:
        """Start from what was heard before the process started."""
        if heard is None:
            return
        if heard.boot and heard.boot == self._boot and self._anchor_steady >= heard.steady:
            self._anchor = heard.server + (self._anchor_steady - heard.steady)
            self._certainty = "sure"
            return
        gone = self._anchor - heard.wall
        self._anchor = heard.server + (0.0 if not 0 <= gone < ABSURD_S else gone)
        self._certainty = "sure" if -BACK_S < gone < AHEAD_S else "unsure"

    def hear(self, server_time: str, *, asked_steady: float) -> None:
        """Learn from an answer: the server's time lies between asking and hearing."""
        try:
            server = read_moment(server_time).timestamp()
        except ValueError:
            return
        with self._lock:
            steady = self._steady()
            trip = steady - asked_steady
            if self._certainty == "sure" and trip > ROUND_TRIP_S:
                return
            self._anchor = server + trip / 2
            self._anchor_steady = steady
            self._certainty = "sure"
            due = self._saved_at is None or steady - self._saved_at >= SAVE_EVERY_S
            if due:
                self._saved_at = steady
            heard = Heard(self._anchor, self._wall(), steady, self._boot)
        if due:
            self._save(json.dumps(asdict(heard)))

    def steady(self) -> float:
        """Read the clock that only runs forward; for measuring calls."""
        return self._steady()

    def now(self) -> datetime:
        """Tell the server's time as well as this till can."""
        with self._lock:
            seconds = self._anchor + self._steady() - self._anchor_steady
        return datetime.fromtimestamp(seconds, UTC)

    def stamp(self) -> tuple[str, Certainty]:
        """Give a moment to write down, and whether it can be trusted."""
        return moment_text(self.now()), self._certainty

    def moment(self) -> str:
        """Give a moment to write down."""
        return moment_text(self.now())

    def is_sure(self) -> bool:
        """Say whether the time is the server's."""
        return self._certainty == "sure"


def _read(kept: str | None) -> Heard | None:
    if not kept:
        return None
    try:
        told = json.loads(kept)
        return Heard(
            float(told["server"]), float(told["wall"]), float(told["steady"]), str(told["boot"])
        )
    except (ValueError, KeyError, TypeError):
        return None
