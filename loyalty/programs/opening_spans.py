"""When a store is open between two moments, as instants: safe in the nights the clocks change.

A shop's hours are local clock times. Each stretch of one offset to UTC is looked at by itself:
an hour that the clocks skip is never open, and an hour that comes twice is open twice if its
clock time is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from loyalty.programs.hours import local_spans

_DAY = timedelta(days=1)
# Whole spans are given, so the look begins before and ends after what was asked.
_MARGIN = timedelta(days=2)
# How far ahead a change is looked for: the next days first, a season or a long closure after.
_LOOKS = (timedelta(days=8), timedelta(days=62), timedelta(days=370))
_Local = tuple[datetime, datetime]  # naive: what a clock on the wall says
_Stretch = tuple[timedelta, datetime, datetime]  # an offset, and from when to when it holds


@dataclass(frozen=True, slots=True, order=True)
class OpenSpan:
    """A stretch of being open, in UTC; it ends before `ends_at`."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """What decides when a store is open: its hours, where it is, and the days that differ.

    `days` says of a day that it is closed (True), or open as if it were no holiday (False).
    """

    hours: str
    time_zone: str
    country: str
    days: Mapping[date, bool]


@dataclass(frozen=True, slots=True)
class OpenState:
    """Whether a store is open at a moment, and when that changes; none when it never does."""

    is_open: bool
    changes_at: datetime | None


def open_spans(opening: Opening, *, since: datetime, until: datetime) -> tuple[OpenSpan, ...]:
    """List when a store is open between two moments, in order; spans are whole, never cut.

    A span over midnight belongs to the day it begins on: a closed day takes it along. What is
    open around the clock is told day by day, from midnight to midnight.
    """
    if not opening.hours or since >= until:
        return ()
    zone = ZoneInfo(opening.time_zone)
    first = since.astimezone(zone).date() - _MARGIN
    last = until.astimezone(zone).date() + _MARGIN
    stretches = _offsets(zone, _midnight(first), _midnight(last))
    found = [
        span for local in _days_applied(opening, first, last) for span in _placed(local, stretches)
    ]
    return tuple(span for span in sorted(found) if span.ends_at > since and span.starts_at < until)


def open_now(opening: Opening, *, at: datetime) -> OpenState | None:
    """Say whether a store is open at a moment, closures included; None without hours.

    Units: `changes_at` is in the store's time zone; None when nothing changes within a year.
    """
    if not opening.hours:
        return None
    is_open = False
    for look in _LOOKS:
        spans = open_spans(opening, since=at, until=at + look)
        is_open = bool(spans) and spans[0].starts_at <= at
        changes_at = _end_of_first(spans) if is_open else spans[0].starts_at if spans else None
        if changes_at is not None and changes_at < at + look:
            return OpenState(is_open, changes_at.astimezone(ZoneInfo(opening.time_zone)))
    return OpenState(is_open, None)


def _end_of_first(spans: Sequence[OpenSpan]) -> datetime:
    """Say when the first stretch ends; days that touch are one."""
    ends_at = spans[0].ends_at
    for span in spans[1:]:
        if span.starts_at > ends_at:
            break
        ends_at = max(ends_at, span.ends_at)
    return ends_at


def _days_applied(opening: Opening, first: date, last: date) -> list[_Local]:
    """List local spans day by day, without those of closed days and with those opened anyway."""
    begins, ends = _naive(first), _naive(last)
    usual = _by_day(local_spans(opening.hours, opening.country, begins, ends))
    kept = [span for span in usual if not opening.days.get(span[0].date(), False)]
    opened = [day for day, is_closed in opening.days.items() if not is_closed]
    for day in opened:
        if first <= day < last:
            # Without a country no holiday is known.
            spans = local_spans(opening.hours, "", _naive(day), _naive(day + 2 * _DAY))
            kept += [span for span in _by_day(spans) if span[0].date() == day]
    merged: list[_Local] = []
    for start, end in sorted(kept):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _by_day(
    spans: Iterable[_Local],
) -> list[_Local]:
    """Cut what lasts longer than a day at each midnight; a night out stays whole."""
    pieces: list[_Local] = []
    for start, end in spans:
        begins = start
        if end - start > _DAY:
            while (midnight := _naive(begins.date() + _DAY)) < end:
                pieces.append((begins, midnight))
                begins = midnight
        pieces.append((begins, end))
    return pieces


def _placed(local: _Local, stretches: Iterable[_Stretch]) -> list[OpenSpan]:
    """Place a local span in UTC: nowhere, once, or twice, as the clocks have it."""
    placed: list[OpenSpan] = []
    for offset, begins, ends in stretches:
        starts_at = max(begins, local[0].replace(tzinfo=UTC) - offset)
        ends_at = min(ends, local[1].replace(tzinfo=UTC) - offset)
        if starts_at >= ends_at:
            continue
        if placed and placed[-1].ends_at == starts_at:
            placed[-1] = OpenSpan(placed[-1].starts_at, ends_at)
        else:
            placed.append(OpenSpan(starts_at, ends_at))
    return placed


def _offsets(zone: ZoneInfo, since: datetime, until: datetime) -> list[_Stretch]:
    """Cut a time at the moments when the clocks change; gives each offset and its stretch."""
    stretches: list[_Stretch] = []
    begins = moment = since
    while moment < until:
        later = min(moment + _DAY, until)
        if _offset(zone, later) != _offset(zone, moment):
            change = _change_between(zone, moment, later)
            stretches.append((_offset(zone, begins), begins, change))
            begins = change
        moment = later
    stretches.append((_offset(zone, begins), begins, until))
    return stretches


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Find the first second of the new offset."""
    old = _offset(zone, before)
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, before + timedelta(seconds=middle)) == old:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None, "a zone has an offset at every moment"
    return offset


def _naive(day: date) -> datetime:
    return datetime.combine(day, time())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
