"""Where the general limit counts: in this process, with nothing running beside it.

The memory storage that `limits` brings starts a thread for nearly every request it counts, only
to forget old windows (measured: a tenth of a sale). Here a window that is over is forgotten when
somebody counts after it.
"""

import threading
import time
from typing import Final

from limits.storage import Storage

SWEEP_S: Final = 60.0


class QuietMemory(Storage):
    """Counts requests in fixed windows."""

    STORAGE_SCHEME = ["quiet-memory"]  # noqa: RUF012  as its base has it

    def __init__(
        self, uri: str | None = None, *, wrap_exceptions: bool = False, **options: str
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, float]] = {}  # how many, and when it is over
        self._sweep_at = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        """Name what can go wrong: nothing of its own."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and say how many there are in this window."""
        now = time.time()
        with self._lock:
            if now >= self._sweep_at:
                self._windows = {
                    name: window for name, window in self._windows.items() if window[1] > now
                }
                self._sweep_at = now + SWEEP_S
            counted, over_at = self._windows.get(key, (0, 0.0))
            if over_at <= now:
                counted, over_at = 0, now + expiry
            self._windows[key] = (counted + amount, over_at)
            return counted + amount

    def get(self, key: str) -> int:
        """Say how many there are in this window."""
        counted, over_at = self._windows.get(key, (0, 0.0))
        return counted if over_at > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """Say when this window is over."""
        return self._windows.get(key, (0, time.time()))[1]

    def check(self) -> bool:
        """Say that it can count."""
        return True

    def reset(self) -> int:
        """Forget everything."""
        with self._lock:
            forgotten = len(self._windows)
            self._windows.clear()
            return forgotten

    def clear(self, key: str) -> None:
        """Forget one count."""
        with self._lock:
            self._windows.pop(key, None)
