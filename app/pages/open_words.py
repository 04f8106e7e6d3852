"""What a shop's door says: open until when, closed for what, and when it opens again."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy.orm import Session

from app.language import gettext, language
from app.text import clock_text, locale_name
from loyalty.journeys.store_opening import ToldOpening, tell_opening
from loyalty.programs.queries import StoreFacts

# Further away a weekday alone could be this one or the next.
NEAR: Final = timedelta(days=6)


def open_text(session: Session, store: StoreFacts, now: datetime) -> str:
    """Say whether the store is open now, for what it is closed, and when that changes."""
    told = tell_opening(session, store, at=now, language=language())
    if told is None:
        return ""
    if told.changes_at is None:
        return _for_good(told)
    clock = clock_text(told.changes_at, store.time_zone)
    today, day = now.astimezone(ZoneInfo(store.time_zone)).date(), told.changes_at.date()
    if told.is_open:
        return _open_until(day, today, clock)
    if told.closed_for:
        return gettext(
            "Cerrado hoy: %(name)s. Abre el %(day)s a las %(time)s",
            name=told.closed_for,
            day=_day_word(day, today),
            time=clock,
        )
    if day == today:
        return gettext("Cerrado, abre a las %(time)s", time=clock)
    return gettext("Cerrado, abre el %(day)s a las %(time)s", day=_day_word(day, today), time=clock)


def _for_good(told: ToldOpening) -> str:
    if told.closed_for:
        return gettext("Cerrado hoy: %(name)s", name=told.closed_for)
    return gettext("Abierto") if told.is_open else gettext("Cerrado")


def _open_until(day: date, today: date, clock: str) -> str:
    # A night out ends on the next day; everybody means that.
    if day <= today + timedelta(days=1):
        return gettext("Abierto hasta las %(time)s", time=clock)
    return gettext("Abierto")


def _day_word(day: date, today: date) -> str:
    """Name a day within a sentence: lunes; farther away with its date."""
    pattern = "EEEE" if day - today <= NEAR else gettext("EEEE d 'de' MMMM")
    return format_date(day, pattern, locale=locale_name())
