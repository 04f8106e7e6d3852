"""What a shop's door says: open until, closed for what, and when it opens again."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from loyalty.programs.opening_spans import Opening, OpenState, open_now
from loyalty.programs.public_holidays import holidays_between, regions_of, usual_region

MADRID, CANARY = "Europe/Madrid", "Atlantic/Canary"


def now_at(
    hours: str, text: str, *, zone: str = MADRID, days: dict[date, bool] | None = None
) -> OpenState | None:
    at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return open_now(Opening(hours, zone, "ES", days or {}), at=at)


def told(state: OpenState | None) -> tuple[bool, str]:
    assert state is not None
    return state.is_open, f"{state.changes_at:%d %H:%M}" if state.changes_at else ""


SPLIT = "Mo-Sa 09:00-14:00,17:00-20:30; PH off"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-12-03T10:00", (True, "03 14:00")),
        ("2026-12-03T15:00", (False, "03 17:00")),
        ("2026-12-03T20:30", (False, "04 09:00")),
        ("2026-12-05T21:00", (False, "07 09:00")),
        ("2026-12-08T10:00", (False, "09 09:00")),
    ],
)
def test_a_split_day_and_a_holiday(moment: str, expected: tuple[bool, str]) -> None:
    assert told(now_at(SPLIT, moment)) == expected


def test_a_long_closure_is_looked_through_to_its_end() -> None:
    august = {date(2026, 8, day): True for day in range(1, 32)}
    assert told(now_at(SPLIT, "2026-07-31T21:00", days=august)) == (False, "01 09:00")
    assert told(now_at("Jan Mo 09:00-10:00", "2026-03-02T12:00"))[0] is False


def test_around_the_clock_never_changes_until_a_closed_day() -> None:
    assert told(now_at("24/7", "2026-12-03T10:00")) == (True, "")
    closed = {date(2026, 12, 8): True}
    assert told(now_at("24/7", "2026-12-03T10:00", days=closed)) == (True, "08 00:00")
    assert now_at("", "2026-12-03T10:00") is None


def test_in_the_night_the_clocks_change_the_door_says_the_wall_clock() -> None:
    night = "Sa 22:00-04:00"
    # The hour between two and three comes twice in October and never in March.
    assert told(now_at(night, "2026-10-24T23:00")) == (True, "25 04:00")
    assert told(now_at(night, "2026-03-28T23:00")) == (True, "29 04:00")


def test_the_canary_islands_open_by_their_own_clock() -> None:
    state = now_at("Mo-Fr 09:00-14:00", "2026-12-03T08:30", zone=CANARY)
    assert state is not None
    assert state.changes_at == datetime(2026, 12, 3, 9, tzinfo=UTC)


def test_holidays_are_the_regions_and_named_in_the_readers_language() -> None:
    since, until = date(2026, 5, 1), date(2026, 5, 31)
    canary = holidays_between("ES", "CN", since=since, until=until, language="es")
    assert [(one.day.day, one.name) for one in canary] == [
        (1, "Fiesta del Trabajo"),
        (30, "Día de Canarias"),
    ]
    country = holidays_between("ES", "", since=since, until=until, language="en")
    assert [one.name for one in country] == ["Labor Day"]
    assert holidays_between("XX", "", since=since, until=until, language="es") == ()
    assert holidays_between("ES", "??", since=since, until=until, language="en") == country
    assert usual_region("ES", CANARY) == "CN"
    assert usual_region("ES", MADRID) == ""
    assert {"AN", "CN", "PV"} <= {region.code for region in regions_of("ES")}
    assert regions_of("XX") == ()
