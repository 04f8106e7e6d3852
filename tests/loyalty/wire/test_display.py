"""Amounts and times as people in Spain and abroad read them."""

from datetime import UTC, datetime

import pytest

from loyalty.wire.display import MoneyPattern, day_text, money_text, time_text
from loyalty.wire.messages import moment_text, read_moment

SPANISH = MoneyPattern(2, ",", ".", "", "\u00a0€", group_from=5)
ENGLISH = MoneyPattern(2, ".", ",", "€", "")
YEN = MoneyPattern(0, ".", ",", "¥", "")
DINAR = MoneyPattern(3, ".", ",", "KD ", "")


@pytest.mark.parametrize(
    ("minor", "pattern", "text"),
    [
        (1240, SPANISH, "12,40\u00a0€"),
        (0, SPANISH, "0,00\u00a0€"),
        (5, SPANISH, "0,05\u00a0€"),
        (123450, SPANISH, "1234,50\u00a0€"),
        (1234500, SPANISH, "12.345,00\u00a0€"),
        (-1240, SPANISH, "-12,40\u00a0€"),
        (123450, ENGLISH, "€1,234.50"),
        (-99, ENGLISH, "-€0.99"),
        (100000000, ENGLISH, "€1,000,000.00"),
        (1234, YEN, "¥1,234"),
        (1234, DINAR, "KD 1.234"),
    ],
)
def test_an_amount_is_written_as_its_readers_write_it(
    minor: int, pattern: MoneyPattern, text: str
) -> None:
    assert money_text(minor, pattern) == text


def test_times_are_told_on_the_wall_clock_of_the_store() -> None:
    at = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert time_text(at, time_zone="Europe/Madrid") == "00:30"
    assert time_text(at, time_zone="Atlantic/Canary") == "23:30"
    assert day_text(at, time_zone="Europe/Madrid", pattern="%d/%m/%Y") == "22/11/2026"


def test_a_moment_on_the_wire_keeps_its_microseconds_and_is_utc() -> None:
    at = datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=UTC)
    assert moment_text(at) == "2026-11-21T12:00:00.250000Z"
    assert read_moment(moment_text(at)) == at
    assert read_moment("2026-11-21T13:00:00+01:00") == datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "ayer", "2026-11-21T12:00:00", "2026-13-01T00:00:00Z"])
def test_a_moment_without_a_zone_or_a_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"moment|isoformat|month"):
        read_moment(text)
