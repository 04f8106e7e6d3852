"""Waits for a condition, never for a time."""

import time
from collections.abc import Callable

LONG_S = 90.0


def until(condition: Callable[[], bool], *, within_s: float = LONG_S) -> None:
    """Wait until something holds; a loaded machine may take long, and fails only then."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
