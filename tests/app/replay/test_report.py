"""Percentiles are of what was measured, by nearest rank."""

from app.replay.report import latency


def test_percentiles_are_the_nearest_rank() -> None:
    told = latency([number / 1000 for number in range(1, 101)])
    assert (told.p50_ms, told.p95_ms, told.p99_ms, told.max_ms) == (50, 95, 99, 100)


def test_one_call_is_every_percentile_and_none_is_nothing() -> None:
    assert latency([0.0042]).p99_ms == 4.2
    assert latency([]).max_ms == 0
