"""A store's opening hours: an OpenStreetMap text in the row, a week of spans for people.

Source: https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification. The library that
reads the whole language is used here and nowhere else.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import opening_hours

from loyalty.kernel.errors import SettingInvalidError

WEEKDAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
SPANS_PER_DAY: Final = 2
DAY_MINUTES: Final = 24 * 60
HOURS_LENGTH_MAX: Final = 500
_HOLIDAYS_OFF: Final = re.compile(r"PH (?:off|closed)")
_RULE: Final = re.compile(r"([A-Za-z,\- ]+?) +([\d:,\- ]+|off|closed)")
_SPAN: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One stretch of being open, in minutes after midnight.

    `closes` not after `opens` means the next day: a bar from 20:00 to 02:00.
    """

    opens: int
    closes: int

    @property
    def ends(self) -> int:
        """Minutes after the midnight of the opening day; more than a day when it runs over."""
        return self.closes if self.closes > self.opens else self.closes + DAY_MINUTES


@dataclass(frozen=True, slots=True)
class Week:
    """What a shop hangs on its door: spans for each day from Monday, and whether holidays count."""

    days: tuple[tuple[Span, ...], ...]
    closed_on_holidays: bool


EMPTY_WEEK: Final = Week(days=((),) * len(WEEKDAYS), closed_on_holidays=False)


def week_text(week: Week) -> str:
    """Write a week as OSM text, "" when it never opens; days with equal spans share a rule.

    Errors: `SettingInvalidError` when two spans of a day overlap or one is empty.
    """
    assert len(week.days) == len(WEEKDAYS)
    by_spans: dict[tuple[Span, ...], list[int]] = {}
    for day, spans in enumerate(week.days):
        _check_spans(spans)
        if spans:
            by_spans.setdefault(tuple(sorted(spans)), []).append(day)
    rules = [f"{_days_text(days)} {_spans_text(spans)}" for spans, days in by_spans.items()]
    if rules and week.closed_on_holidays:
        rules.append("PH off")
    return "; ".join(rules)


def read_week(text: str) -> Week | None:
    """Read OSM text as a week; None when it says more than a week can (seasons, dates)."""
    days: list[tuple[Span, ...]] = [()] * len(WEEKDAYS)
    closed_on_holidays = False
    for rule in filter(None, (part.strip() for part in text.split(";"))):
        if _HOLIDAYS_OFF.fullmatch(rule):
            closed_on_holidays = True
            continue
        told = _RULE.fullmatch(rule)
        chosen = _read_days(told[1]) if told else None
        spans = _read_spans(told[2]) if told else None
        if chosen is None or spans is None or len(spans) > SPANS_PER_DAY:
            return None
        for day in chosen:
            days[day] = spans
    return Week(days=tuple(days), closed_on_holidays=closed_on_holidays)


def check_hours(text: str) -> str:
    """Return the text trimmed, or refuse it; "" is allowed and means that no hours are told.

    Errors: `SettingInvalidError` when it is not an opening_hours text.
    """
    text = text.strip()
    if len(text) > HOURS_LENGTH_MAX or (text and not opening_hours.validate(text)):
        raise SettingInvalidError(field="hours")
    return text


def local_spans(
    text: str, country: str, since: datetime, until: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """List when hours say open between two naive local moments; without a country no holiday.

    The library is asked in clock time only: what a change of the clocks does to it is
    `opening_spans`' to say.
    """
    assert since.tzinfo is None, "clock times have no zone"
    try:
        hours = opening_hours.OpeningHours(text, country=country or None)
    except opening_hours.UnknownCountryError:  # type: ignore[attr-defined]
        hours = opening_hours.OpeningHours(text)
    spans: list[tuple[datetime, datetime]] = []
    for starts, ends, state, _ in hours.intervals(since, until):
        if state != opening_hours.State.OPEN:
            continue
        end = min(ends or until, until)
        if spans and spans[-1][1] == starts:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((max(starts, since), end))
    return tuple(spans)


def _check_spans(spans: tuple[Span, ...]) -> None:
    if len(spans) > SPANS_PER_DAY:
        raise SettingInvalidError(field="hours")
    ordered = sorted(spans)
    for earlier, later in pairwise(ordered):
        if later.opens < earlier.ends:
            raise SettingInvalidError(field="hours")
    for span in spans:
        if not (0 <= span.opens < DAY_MINUTES and 0 <= span.closes <= DAY_MINUTES):
            raise SettingInvalidError(field="hours")
        if span.opens == span.closes:
            raise SettingInvalidError(field="hours")


def _days_text(days: list[int]) -> str:
    """Write day numbers as runs: [0, 1, 2, 4] is "Mo-We,Fr"."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        WEEKDAYS[run[0]] if len(run) == 1 else f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}"
        for run in runs
    )


def _spans_text(spans: tuple[Span, ...]) -> str:
    return ",".join(f"{_clock_text(span.opens)}-{_clock_text(span.closes)}" for span in spans)


def _clock_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _read_days(text: str) -> list[int] | None:
    days: list[int] = []
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last and last not in WEEKDAYS):
            return None
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        if end < start:
            return None
        days.extend(range(start, end + 1))
    return days


def _read_spans(text: str) -> tuple[Span, ...] | None:
    if text in {"off", "closed"}:
        return ()
    spans: list[Span] = []
    for part in text.replace(" ", "").split(","):
        told = _SPAN.fullmatch(part)
        if told is None:
            return None
        numbers = [int(number) for number in told.groups()]
        spans.append(Span(numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]))
    return tuple(spans)
