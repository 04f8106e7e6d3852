"""The hours editor: a row per weekday with two spans, from and to the text in the database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask_babel import get_locale

from loyalty.kernel.errors import SettingInvalidError
from loyalty.programs.hours import (
    EMPTY_WEEK,
    SPANS_PER_DAY,
    WEEKDAYS,
    Span,
    Week,
    check_hours,
    read_week,
    week_text,
)

_TIME: Final = re.compile(r"(?P<hour>[01]?[0-9]|2[0-4])(?:[:.,h ]?(?P<minute>[0-5][0-9]))?")


@dataclass(frozen=True, slots=True)
class SpanField:
    """Two inputs: their names and what they hold, "HH:MM" or empty."""

    opens_name: str
    opens: str
    closes_name: str
    closes: str


@dataclass(frozen=True, slots=True)
class DayRow:
    """One weekday of the editor."""

    name: str
    spans: tuple[SpanField, ...]


@dataclass(frozen=True, slots=True)
class HoursEditor:
    """The week as inputs; `text` holds hours that say more than a week can, else ""."""

    days: tuple[DayRow, ...]
    closed_on_holidays: bool
    text: str


def hours_editor(text: str) -> HoursEditor:
    """Lay out stored hours as an editor; a text beyond a week is shown as it is."""
    week = read_week(text)
    shown = week or EMPTY_WEEK
    return HoursEditor(
        days=tuple(_row(day, spans) for day, spans in enumerate(shown.days)),
        closed_on_holidays=shown.closed_on_holidays,
        text="" if week else text,
    )


def hours_from_form(form: Mapping[str, str]) -> str:
    """Read what was typed as OSM text; the free text, when there is one, speaks over the rows.

    Errors: `SettingInvalidError` for half a span, overlaps, or a text nobody can read.
    """
    free = form.get("hours_text", "").strip()
    if free:
        return check_hours(free)
    days = tuple(_spans(form, day) for day in range(len(WEEKDAYS)))
    return check_hours(week_text(Week(days, closed_on_holidays="hours_holidays" in form)))


def _row(day: int, spans: tuple[Span, ...]) -> DayRow:
    locale = get_locale()
    assert locale is not None, "a page is made for a request"
    fields = tuple(
        SpanField(
            opens_name=_name(day, turn, "opens"),
            opens=_clock(spans[turn].opens) if turn < len(spans) else "",
            closes_name=_name(day, turn, "closes"),
            closes=_clock(spans[turn].closes) if turn < len(spans) else "",
        )
        for turn in range(SPANS_PER_DAY)
    )
    return DayRow(name=locale.days["stand-alone"]["wide"][day].capitalize(), spans=fields)


def _spans(form: Mapping[str, str], day: int) -> tuple[Span, ...]:
    typed = (
        (form.get(_name(day, turn, "opens"), ""), form.get(_name(day, turn, "closes"), ""))
        for turn in range(SPANS_PER_DAY)
    )
    return tuple(
        Span(_minutes(opens), _minutes(closes))
        for opens, closes in typed
        if opens.strip() or closes.strip()
    )


def _name(day: int, turn: int, end: str) -> str:
    return f"hours_{WEEKDAYS[day]}_{turn}_{end}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _minutes(typed: str) -> int:
    """Read a time of day as people type it: 9, 9:30, 9.30, 930 or 0930."""
    told = _TIME.fullmatch(typed.strip())
    if told is None:
        raise SettingInvalidError(field="hours")
    return int(told["hour"]) * 60 + int(told["minute"] or 0)
