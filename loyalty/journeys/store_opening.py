"""When a store is open: its hours, its holidays and its own closures, told in one answer."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from loyalty.programs.closures import closure_days
from loyalty.programs.opening_spans import Opening, open_now
from loyalty.programs.public_holidays import holidays_between
from loyalty.programs.queries import StoreFacts

# A night that began before a closure began belongs to its evening.
BEFORE: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class ToldOpening:
    """Whether a store is open, when that changes, and for what it is closed today.

    `changes_at` is in the store's time zone. `closed_for` is "" on a day like any other.
    """

    is_open: bool
    changes_at: datetime | None
    closed_for: str


def opening_of(session: Session, store: StoreFacts, *, since: date) -> Opening:
    """Gather what decides when a store is open, from a day on."""
    listed = closure_days(session, store.program_id, store.store_id, since=since - BEFORE)
    days = {one.day: one.is_closed for one in listed}
    return Opening(store.hours, store.time_zone, store.country, days)


def tell_opening(
    session: Session, store: StoreFacts, *, at: datetime, language: str
) -> ToldOpening | None:
    """Say how a store stands at a moment; None when it tells no hours."""
    if not store.hours:
        return None
    today = at.astimezone(ZoneInfo(store.time_zone)).date()
    told = open_now(opening_of(session, store, since=today), at=at)
    assert told is not None, "it has hours"
    why = "" if told.is_open else _closed_for(session, store, today, language=language)
    return ToldOpening(told.is_open, told.changes_at, why)


def _closed_for(session: Session, store: StoreFacts, today: date, *, language: str) -> str:
    """Name what a store is closed for today; a holiday in the reader's language."""
    listed = closure_days(session, store.program_id, store.store_id, since=today)
    own = listed[0] if listed and listed[0].day == today else None
    if own is not None:
        return own.name if own.is_closed else ""
    if "PH off" not in store.hours and "PH closed" not in store.hours:
        return ""
    found = holidays_between(store.country, "", since=today, until=today, language=language)
    return found[0].name if found else ""
