"""The general limit counts exactly, also of many at once, and keeps nothing that is over."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import time_machine

from app.limit_counts import QuietMemory

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_requests_are_counted_until_their_window_is_over() -> None:
    counts = QuietMemory()
    with time_machine.travel(NOON, tick=False) as clock:
        assert [counts.incr("phone", 60) for _ in range(3)] == [1, 2, 3]
        assert counts.get("phone") == 3
        assert counts.get_expiry("phone") == NOON.timestamp() + 60
        clock.shift(59)
        assert counts.incr("phone", 60) == 4
        clock.shift(1)
        assert counts.get("phone") == 0
        assert counts.incr("phone", 60) == 1


def test_windows_that_are_over_are_forgotten() -> None:
    counts = QuietMemory()
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(100):
            counts.incr(f"phone {number}", 60)
        clock.shift(121)
        counts.incr("phone", 60)
        assert counts.reset() == 1


def test_nobody_is_left_out_when_many_are_counted_at_once() -> None:
    counts, before = QuietMemory(), threading.active_count()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: counts.incr("phone", 3600), range(2000)))
    assert sorted(found) == list(range(1, 2001))
    assert threading.active_count() == before, "counting starts no threads"


def test_one_count_can_be_forgotten() -> None:
    counts = QuietMemory()
    counts.incr("phone", 60)
    counts.clear("phone")
    assert (counts.get("phone"), counts.check()) == (0, True)
