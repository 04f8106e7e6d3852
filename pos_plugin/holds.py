"""Sales that wait apart for a while, so that nothing else waits behind them.

Kept in memory: after a restart everything is simply tried again.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

FIRST_S: Final = 5.0
LONGEST_S: Final = 600.0
SALES_MAX: Final = 1_000


class Holds:
    """Which sales wait apart, and until when; each time longer."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}
        self._wait_s: dict[str, float] = {}

    def hold(self, sale_id: str) -> None:
        """Hold a sale's events back, twice as long as the time before."""
        with self._lock:
            if len(self._until) >= SALES_MAX:
                self._forget_oldest()
            wait_s = min(2 * self._wait_s.get(sale_id, FIRST_S / 2), LONGEST_S)
            self._wait_s[sale_id] = wait_s
            self._until[sale_id] = self._steady() + wait_s

    def release(self, sale_ids: Iterable[str]) -> None:
        """Forget sales that were answered."""
        with self._lock:
            for sale_id in sale_ids:
                self._until.pop(sale_id, None)
                self._wait_s.pop(sale_id, None)

    def clear(self) -> None:
        """Let everything be tried again."""
        with self._lock:
            self._until.clear()
            self._wait_s.clear()

    def sales(self) -> list[str]:
        """List the sales that wait apart now."""
        now = self._steady()
        with self._lock:
            return [sale_id for sale_id, until in self._until.items() if until > now]

    def _forget_oldest(self) -> None:
        oldest = min(self._until, key=self._until.__getitem__)
        del self._until[oldest]
        del self._wait_s[oldest]
