"""How amounts, points, dates and times are written, in the language of whoever reads them.

Formatted here and nowhere else: a browser's own formats differ (1234,50 € against 1.234,50 €),
and two spellings on one page look like a mistake.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_day_names
from babel.numbers import format_currency, format_decimal
from flask_babel import get_locale

from app.language import gettext, ngettext
from loyalty.kernel.money import minor_digits

MINUS: Final = "−"


def locale_name() -> str:
    """Name the locale being spoken."""
    return str(get_locale() or "es")


def money_text(minor: int, currency: str) -> str:
    """Write an amount of minor units with its sign and currency: 12,40 €."""
    amount = Decimal(abs(minor)).scaleb(-minor_digits(currency))
    text = format_currency(amount, currency, locale=locale_name())
    return f"{MINUS}{text}" if minor < 0 else text


def even_money_text(minor: int, currency: str) -> str:
    """Write an amount without decimals when it has none to tell: 1 €, 0,50 €."""
    whole, rest = divmod(minor, 10 ** minor_digits(currency))
    if rest:
        return money_text(minor, currency)
    pattern = Locale.parse(locale_name()).currency_formats["standard"].pattern
    return format_currency(
        whole,
        currency,
        format=pattern.replace("0.00", "0"),
        locale=locale_name(),
        currency_digits=False,
    )


def whole_text(number: int) -> str:
    """Write a whole number with the reader's thousands: 1.102."""
    return format_decimal(number, locale=locale_name())


def signed_text(points: int) -> str:
    """Write a change of points with its sign: +23, −4, 0."""
    if points == 0:
        return "0"
    return f"+{whole_text(points)}" if points > 0 else f"{MINUS}{whole_text(-points)}"


def points_text(points: int) -> str:
    """Write points with their unit: 1 punto, 12 puntos."""
    return ngettext("%(count)s punto", "%(count)s puntos", points, count=whole_text(points))


def clock_text(at: datetime, zone: str) -> str:
    """Write a time of day in a store's zone: 18:42."""
    return format_time(at, "HH:mm", tzinfo=ZoneInfo(zone), locale=locale_name())


def day_text(at: datetime, zone: str) -> str:
    """Write a day in a store's zone, to begin a sentence: Miércoles 18 de noviembre."""
    pattern = gettext("EEEE d 'de' MMMM")
    text = format_date(at.astimezone(ZoneInfo(zone)).date(), pattern, locale=locale_name())
    return text[:1].upper() + text[1:]


def short_day_text(at: datetime, zone: str) -> str:
    """Write a day for a narrow row: Mié 18."""
    pattern = gettext("EEE d")
    text = format_date(at.astimezone(ZoneInfo(zone)).date(), pattern, locale=locale_name())
    text = text.replace(".", "")
    return text[:1].upper() + text[1:]


def date_text(at: datetime, zone: str) -> str:
    """Write a date in words: 3 de mayo de 2025."""
    pattern = gettext("d 'de' MMMM 'de' y")
    return format_date(at.astimezone(ZoneInfo(zone)).date(), pattern, locale=locale_name())


def month_text(year: int, month: int) -> str:
    """Write a month: Noviembre de 2026."""
    pattern = gettext("MMMM 'de' y")
    text = format_date(
        datetime(year, month, 1, tzinfo=ZoneInfo("UTC")), pattern, locale=locale_name()
    )
    return text[:1].upper() + text[1:]


def weekday_names() -> tuple[str, ...]:
    """Name the days of the week from Monday, to begin a sentence: Lunes."""
    names = get_day_names("wide", locale=locale_name())
    return tuple(names[day][:1].upper() + names[day][1:] for day in range(7))
