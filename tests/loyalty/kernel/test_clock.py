"""The machine's clock tells aware UTC; a test's clock tells what it was given."""

from datetime import UTC, timedelta

from loyalty.kernel.clock import SystemClock
from tests.support.clock import MONDAY_MORNING, ManualClock


def test_the_systems_clock_is_aware_and_goes_on() -> None:
    first = SystemClock().now()
    assert first.tzinfo is UTC
    assert SystemClock().now() >= first


def test_a_tests_clock_stands_until_it_is_moved() -> None:
    clock = ManualClock()
    assert clock.now() == clock.now() == MONDAY_MORNING
    clock.advance(minutes=2, s=1)
    assert clock.now() - MONDAY_MORNING == timedelta(seconds=121)
