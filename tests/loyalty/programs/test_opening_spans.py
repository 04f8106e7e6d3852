"""When a store is open as instants: split days, nights out, holidays, nights the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import opening_hours
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.programs.opening_spans import Opening, OpenSpan, open_spans

MADRID = "Europe/Madrid"


def opening(hours: str, *, zone: str = MADRID, days: dict[date, bool] | None = None) -> Opening:
    return Opening(hours, zone, "ES", days or {})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spans(hours: Opening, since: str, until: str) -> list[str]:
    """Tell the spans as "03-02 08:30-13:00" in UTC."""
    found = open_spans(hours, since=utc(since), until=utc(until))
    return [f"{span.starts_at:%m-%d %H:%M}-{span.ends_at:%H:%M}" for span in found]


def test_a_split_day_is_two_spans_in_utc() -> None:
    week = opening("Mo-Fr 09:30-14:00,17:00-20:30")
    assert spans(week, "2026-03-02", "2026-03-03") == ["03-02 08:30-13:00", "03-02 16:00-19:30"]


def test_the_canary_islands_open_an_hour_later_than_madrid() -> None:
    week = opening("Mo 09:00-14:00", zone="Atlantic/Canary")
    assert spans(week, "2026-03-02", "2026-03-03") == ["03-02 09:00-14:00"]


def test_a_store_without_hours_is_never_open() -> None:
    assert spans(opening(""), "2026-03-02", "2026-03-09") == []
    assert spans(opening("Mo 09:00-14:00"), "2026-03-02", "2026-03-02") == []


def test_what_touches_the_time_asked_is_told_whole() -> None:
    assert spans(opening("Mo 09:00-14:00"), "2026-03-02T10:00", "2026-03-02T11:00") == [
        "03-02 08:00-13:00"
    ]


def test_a_night_out_is_one_span_and_belongs_to_its_evening() -> None:
    bar = opening("Mo-Su 20:00-02:00")
    assert spans(bar, "2026-03-02T12:00", "2026-03-03T12:00") == ["03-02 19:00-01:00"]
    closed = opening("Mo-Su 20:00-02:00", days={date(2026, 3, 2): True})
    assert spans(closed, "2026-03-01T12:00", "2026-03-04T00:00") == [
        "03-01 19:00-01:00",
        "03-03 19:00-01:00",
    ]


def test_a_holiday_is_closed_until_the_owner_opens_it() -> None:
    hours = "Mo-Su 09:00-14:00; PH off"
    assert spans(opening(hours), "2026-12-25", "2026-12-26") == []
    opened = opening(hours, days={date(2026, 12, 25): False})
    assert spans(opened, "2026-12-25", "2026-12-26") == ["12-25 08:00-13:00"]
    # A day that is open anyway does not become open twice.
    usual = opening(hours, days={date(2026, 12, 28): False})
    assert spans(usual, "2026-12-28", "2026-12-29") == ["12-28 08:00-13:00"]


def test_around_the_clock_is_told_day_by_day() -> None:
    assert spans(opening("24/7", zone="UTC"), "2026-03-02", "2026-03-04") == [
        "03-02 00:00-00:00",
        "03-03 00:00-00:00",
    ]
    closed = opening("24/7", zone="UTC", days={date(2026, 3, 3): True})
    assert spans(closed, "2026-03-02", "2026-03-05") == ["03-02 00:00-00:00", "03-04 00:00-00:00"]


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ("Su 02:10-02:50", []),  # the clocks go from 02:00 to 03:00: it never is
        ("Su 01:30-03:30", ["03-29 00:30-01:30"]),
        ("Su 02:30-04:00", ["03-29 01:00-02:00"]),
        ("Sa 22:00-06:00", ["03-28 21:00-04:00"]),
    ],
)
def test_in_the_night_that_loses_an_hour_the_lost_hour_is_never_open(
    hours: str, told: list[str]
) -> None:
    assert spans(opening(hours), "2026-03-28T12:00", "2026-03-29T12:00") == told


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ("Su 02:00-02:30", ["10-25 00:00-00:30", "10-25 01:00-01:30"]),
        ("Su 01:00-04:00", ["10-24 23:00-03:00"]),
        ("Sa 22:00-06:00", ["10-24 20:00-05:00"]),
    ],
)
def test_in_the_night_that_has_an_hour_twice_both_are_open(hours: str, told: list[str]) -> None:
    assert spans(opening(hours), "2026-10-24T12:00", "2026-10-25T12:00") == told


HOURS = st.sampled_from(
    [
        "Mo-Fr 09:30-14:00,17:00-20:30; Sa 10:00-14:00; PH off",
        "Mo-Su 20:00-02:30",
        "Su 01:15-03:45; Mo-Sa 00:00-24:00",
        "24/7",
        "Mo-Su 02:00-02:30,23:00-01:00",
        "Mar-Oct Mo-Su 08:00-15:00; Nov-Feb Sa 10:00-12:00",
    ]
)
ZONES = st.sampled_from(
    [MADRID, "Atlantic/Canary", "UTC", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu"]
)


@given(
    hours=HOURS,
    zone=ZONES,
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31))
    | st.sampled_from([date(2026, 3, 28), date(2026, 10, 24), date(2026, 4, 4), date(2026, 9, 5)]),
    minutes=st.lists(st.integers(0, 3 * 24 * 60 - 1), min_size=1, max_size=20),
)
def test_an_instant_is_open_exactly_when_the_clock_on_the_wall_says_so(
    hours: str, zone: str, day: date, minutes: list[int]
) -> None:
    since = datetime(day.year, day.month, day.day, tzinfo=UTC)
    found = open_spans(opening(hours, zone=zone), since=since, until=since + timedelta(days=3))
    door = opening_hours.OpeningHours(hours, country="ES")
    for minute in minutes:
        moment = since + timedelta(minutes=minute)
        on_the_wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        covered = sum(span.starts_at <= moment < span.ends_at for span in found)
        assert covered == int(door.is_open(on_the_wall))


@given(hours=HOURS, zone=ZONES, cut=st.integers(1, 71))
def test_asking_for_less_tells_the_same_spans(hours: str, zone: str, cut: int) -> None:
    since = utc("2026-10-24")
    whole = open_spans(opening(hours, zone=zone), since=since, until=since + timedelta(hours=72))
    later = since + timedelta(hours=cut)
    part = open_spans(opening(hours, zone=zone), since=later, until=since + timedelta(hours=72))
    assert part == tuple(span for span in whole if span.ends_at > later)
    assert whole == tuple(sorted(set(whole), key=lambda span: (span.starts_at, span.ends_at)))
    assert all(isinstance(span, OpenSpan) for span in whole)
