from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.kernel.errors import SettingInvalidError
from loyalty.programs.hours import (
    EMPTY_WEEK,
    Span,
    Week,
    check_hours,
    read_week,
    week_text,
)
from loyalty.programs.opening_spans import Opening, open_now

MORNING = Span(9 * 60 + 30, 14 * 60)
EVENING = Span(17 * 60, 20 * 60 + 30)
SPLIT = (MORNING, EVENING)


def test_a_split_week_is_written_the_way_shops_write_it() -> None:
    week = Week(days=(*[SPLIT] * 5, (MORNING,), ()), closed_on_holidays=True)
    assert week_text(week) == "Mo-Fr 09:30-14:00,17:00-20:30; Sa 09:30-14:00; PH off"


def test_equal_days_apart_share_one_rule() -> None:
    week = Week(days=(SPLIT, (), SPLIT, SPLIT, (), (), ()), closed_on_holidays=False)
    assert week_text(week) == "Mo,We-Th 09:30-14:00,17:00-20:30"


def test_a_shop_that_tells_no_hours_has_an_empty_text() -> None:
    assert week_text(EMPTY_WEEK) == ""
    assert read_week("") == EMPTY_WEEK
    assert open_now(Opening("", "Europe/Madrid", "ES", {}), at=datetime.now(UTC)) is None


@pytest.mark.parametrize("text", ["Jan-Mar Mo 09:00-14:00", "24/7", "Su[1] 10:00-14:00", "sunrise"])
def test_hours_that_say_more_than_a_week_are_left_to_the_text(text: str) -> None:
    assert read_week(text) is None


@pytest.mark.parametrize(
    "spans",
    [
        (Span(540, 540),),
        (Span(540, 720), Span(700, 800)),
        (Span(0, 60), Span(120, 180), Span(240, 300)),
        (Span(1200, 120), Span(1300, 1400)),
    ],
)
def test_spans_that_overlap_or_never_open_are_refused(spans: tuple[Span, ...]) -> None:
    with pytest.raises(SettingInvalidError) as refusal:
        week_text(Week(days=(spans, *[()] * 6), closed_on_holidays=False))
    assert refusal.value.facts == {"field": "hours"}


def test_a_text_that_nobody_can_read_is_refused() -> None:
    assert check_hours(" Mo-Fr 09:00-14:00 ") == "Mo-Fr 09:00-14:00"
    with pytest.raises(SettingInvalidError):
        check_hours("de nueve a dos")


def test_the_state_follows_the_clock_of_the_store() -> None:
    before = datetime(2026, 11, 23, 8, 29, tzinfo=UTC)  # 9:29 in Madrid, a Monday
    opening = Opening("Mo 09:30-14:00", "Europe/Madrid", "ES", {})
    state = open_now(opening, at=before)
    assert state is not None
    assert not state.is_open
    assert state.changes_at is not None
    assert state.changes_at.isoformat() == "2026-11-23T09:30:00+01:00"
    opened = open_now(opening, at=before.replace(minute=30))
    assert opened is not None
    assert opened.is_open


def test_a_country_without_known_holidays_keeps_its_week() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    state = open_now(Opening("Mo 00:00-24:00; PH off", "UTC", "XX", {}), at=noon)
    assert state is not None
    assert state.is_open


day = st.sampled_from([(), (MORNING,), (EVENING,), SPLIT, (Span(1200, 120),)])


@given(days=st.tuples(*[day] * 7), holidays=st.booleans())
def test_what_was_written_is_read_back(
    days: tuple[tuple[Span, ...], ...], *, holidays: bool
) -> None:
    written = week_text(Week(days=days, closed_on_holidays=holidays))
    assert check_hours(written) == written
    read = read_week(written)
    assert read is not None
    assert read.days == days
