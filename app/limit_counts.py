"""Where the general limit counts: in this process, with nothing running beside it.

The memory storage that `limits` brings starts a thread for nearly every request it counts, only
to forget old windows (measured: a tenth of a sale). Here a window that is over is forgotten when
somebody counts after it.
"""

import threading
import time
from typing import Final

SWEEP_S: Final = 60.0

Key = tuple[str, str]  # what is counted, and whose


class QuietCounts:
    """Counts requests in fixed windows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[Key, tuple[int, float]] = {}  # how many, and when it is over
        self._sweep_at = 0.0

    def __len__(self) -> int:
        """Say how many windows are kept."""
        return len(self._windows)

    def count(self, key: Key, *, window_s: float) -> tuple[int, float]:
        """Count one, and say how many there are in this window and when (time) it is over."""
        now = time.time()
        with self._lock:
            if now >= self._sweep_at:
                self._windows = {
                    name: window for name, window in self._windows.items() if window[1] > now
                }
                self._sweep_at = now + SWEEP_S
            counted, over_at = self._windows.get(key, (0, 0.0))
            if over_at <= now:
                counted, over_at = 0, now + window_s
            self._windows[key] = window = (counted + 1, over_at)
            return window
