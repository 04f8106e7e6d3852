"""The general limit counts exactly, also of many at once, and keeps nothing that is over."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import time_machine

from app.limit_counts import QuietCounts

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PHONE = ("scans", "phone")


def test_requests_are_counted_until_their_window_is_over() -> None:
    counts, over_at = QuietCounts(), NOON.timestamp() + 60
    with time_machine.travel(NOON, tick=False) as clock:
        assert [counts.count(PHONE, window_s=60) for _ in range(2)] == [(1, over_at), (2, over_at)]
        clock.shift(59)
        assert counts.count(PHONE, window_s=60) == (3, over_at)
        clock.shift(1)
        assert counts.count(PHONE, window_s=60) == (1, over_at + 60)


def test_nobody_is_counted_for_another() -> None:
    counts = QuietCounts()
    keys = [PHONE, ("scans", "tablet"), ("sales", "phone")]
    assert [counts.count(key, window_s=60)[0] for key in keys] == [1, 1, 1]


def test_windows_that_are_over_are_forgotten() -> None:
    counts = QuietCounts()
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(100):
            counts.count(("scans", f"phone {number}"), window_s=60)
        clock.shift(121)
        counts.count(PHONE, window_s=60)
        assert len(counts) == 1


def test_nobody_is_left_out_when_many_are_counted_at_once() -> None:
    counts, before = QuietCounts(), threading.active_count()
    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(lambda _: counts.count(PHONE, window_s=3600)[0], range(2000))]
    assert sorted(found) == list(range(1, 2001))
    assert threading.active_count() == before, "counting starts no threads"
