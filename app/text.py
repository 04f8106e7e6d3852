"""How amounts, points, dates and times are written, in the language of whoever reads them.

Formatted here and nowhere else: a browser's own formats differ (1234,50 € against 1.234,50 €),
and two spellings on one page look like a mistake.
"""

from datetime import date, datetime
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
EURO: Final = "EUR"
EURO_MINOR: Final = 100


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


def money_parts(minor: int, currency: str) -> tuple[str, str, str]:
    """Write an amount and its sign apart, so that the figure can lead: "", 1.284,60, €.

    The sign stands where the reader expects it: before the figure in English, after it in Spanish.
    """
    digits = minor_digits(currency)
    number = format_decimal(
        Decimal(minor).scaleb(-digits),
        format="#,##0." + "0" * digits if digits else "#,##0",
        locale=locale_name(),
    )
    sign = format_currency(0, currency, "¤", locale=locale_name()).strip()
    pattern = Locale.parse(locale_name()).currency_formats["standard"].pattern
    return (sign, number, "") if pattern.startswith("¤") else ("", number, sign)


def rule_text(points: int, per_minor: int, currency: str) -> str:
    """Say in words how points are earned: 1 punto por cada euro."""
    if currency == EURO and per_minor == EURO_MINOR:
        return ngettext("%(num)s punto por cada euro", "%(num)s puntos por cada euro", points)
    return ngettext(
        "%(num)s punto por cada %(amount)s",
        "%(num)s puntos por cada %(amount)s",
        points,
        amount=even_money_text(per_minor, currency),
    )


def whole_text(number: int) -> str:
    """Write a whole number with the reader's thousands: 1.102."""
    return format_decimal(number, locale=locale_name())


def decimal_text(number: float) -> str:
    """Write a number with one decimal: 8,8."""
    return format_decimal(number, format="0.0", locale=locale_name())


def signed_text(points: int) -> str:
    """Write a change of points with its sign: +23, −4, 0."""
    if points == 0:
        return "0"
    return f"+{whole_text(points)}" if points > 0 else f"{MINUS}{whole_text(-points)}"


def points_text(points: int) -> str:
    """Write points with their unit: 1 punto, 12 puntos, −4 puntos."""
    count = f"{MINUS if points < 0 else ''}{whole_text(abs(points))}"
    return ngettext("%(count)s punto", "%(count)s puntos", abs(points), count=count)


def stamps_text(stamps: int) -> str:
    """Write a number of stamps, "9 sellos"."""
    return ngettext("%(number)s sello", "%(number)s sellos", stamps, number=whole_text(stamps))


def clock_text(at: datetime, zone: str) -> str:
    """Write a time of day in a store's zone: 18:42."""
    return format_time(at, "HH:mm", tzinfo=ZoneInfo(zone), locale=locale_name())


def day_text(at: datetime, zone: str) -> str:
    """Write a day in a store's zone, to begin a sentence: Miércoles 18 de noviembre."""
    pattern = gettext("EEEE d 'de' MMMM")
    text = format_date(at.astimezone(ZoneInfo(zone)).date(), pattern, locale=locale_name())
    return text[:1].upper() + text[1:]


def short_day_text(day: date) -> str:
    """Write a day for a narrow row: Mié 18."""
    text = format_date(day, gettext("EEE d"), locale=locale_name()).replace(".", "")
    return text[:1].upper() + text[1:]


def date_text(at: datetime, zone: str) -> str:
    """Write a date in words: 3 de mayo de 2025."""
    pattern = gettext("d 'de' MMMM 'de' y")
    return format_date(at.astimezone(ZoneInfo(zone)).date(), pattern, locale=locale_name())


def short_date_text(at: datetime, zone: str) -> str:
    """Write a date for a narrow row: 3 may 2025."""
    return format_date(at.astimezone(ZoneInfo(zone)).date(), "d MMM y", locale=locale_name())


def recent_text(at: datetime, zone: str, *, now: datetime) -> str:
    """Write a moment the way people say it: hoy, 18:42; ayer, 9:05; 3 may 2025, 9:05."""
    days = (now.astimezone(ZoneInfo(zone)).date() - at.astimezone(ZoneInfo(zone)).date()).days
    day = {0: gettext("hoy"), 1: gettext("ayer")}.get(days) or short_date_text(at, zone)
    return gettext("%(day)s, %(time)s", day=day, time=clock_text(at, zone))


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
