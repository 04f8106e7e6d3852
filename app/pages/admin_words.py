"""The owner's words: roles, refusals of a form, moments and amounts in the reader's language."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from flask_babel import get_locale

from app.language import gettext
from loyalty.kernel.money import minor_digits

MINUS: Final = "−"


def role_word(role: str) -> str:
    """Name a role, whoever holds it."""
    words = {
        "owner": gettext("titular"),
        "manager": gettext("responsable"),
        "cashier": gettext("caja"),
        "courier": gettext("reparto"),
    }
    return words[role]


def field_message(field: str) -> str:
    """Say what is wrong with a field and what would be right."""
    messages = {
        "name": gettext("Escribe el nombre, hasta 60 letras."),
        "display_name": gettext("Escribe el nombre, hasta 80 letras."),
        "street": gettext("La dirección es demasiado larga."),
        "color": gettext("Elige un color de la paleta."),
        "hours": gettext("Revisa las horas: cada tramo abre y cierra, y no se pisan."),
        "contact_kind": gettext("Elige cómo te pueden llamar o escribir."),
        "contact_value": gettext("Revisa el teléfono o el correo: así no llega a nadie."),
        "points": gettext("Pon de 1 a 1000 puntos."),
        "per_minor": gettext("Pon el importe que hay que gastar, más de cero."),
        "reward_name": gettext("Escribe el premio, hasta 60 letras."),
        "reward_points": gettext("Pon cuántos puntos cuesta, al menos 1."),
        "email": gettext("Revisa el correo: falta, no existe o ya es de alguien del equipo."),
        "role": gettext("Elige qué puede hacer."),
        "pin": gettext("El PIN tiene de 4 a 6 cifras, no todas iguales."),
        "till_name": gettext("Ponle un nombre a la caja."),
        "last_owner": gettext("Tiene que quedar al menos una persona titular."),
        "slug": gettext("La dirección web lleva letras sin acento, cifras y guiones."),
        "slug_taken": gettext("Otra tienda ya tiene esa dirección web."),
        "count": gettext("Pide de 1 a 200 tarjetas."),
    }
    return messages.get(field, gettext("Revisa este dato."))


def clock_text(at: datetime, zone: str) -> str:
    """Write a time of day in a store's zone: 18:42."""
    return format_time(at, "HH:mm", tzinfo=ZoneInfo(zone), locale=_locale())


def day_text(at: datetime, zone: str) -> str:
    """Write a day in a store's zone: Miércoles 18 de noviembre."""
    text = format_date(
        at.astimezone(ZoneInfo(zone)).date(),
        gettext("EEEE d 'de' MMMM"),
        locale=_locale(),
    )
    return text[:1].upper() + text[1:]


def short_day_text(day: date) -> str:
    """Write a day for a narrow column: Mié 18."""
    text = format_date(day, gettext("EEE d"), locale=_locale()).replace(".", "")
    return text[:1].upper() + text[1:]


def date_text(at: datetime, zone: str) -> str:
    """Write a date in a store's zone: 3 may 2025."""
    return format_date(at.astimezone(ZoneInfo(zone)).date(), "d MMM y", locale=_locale())


def recent_text(at: datetime, zone: str, *, now: datetime) -> str:
    """Write a moment the way people say it: hoy, 18:42; ayer, 9:05; 3 may 2025, 9:05."""
    days = (now.astimezone(ZoneInfo(zone)).date() - at.astimezone(ZoneInfo(zone)).date()).days
    day = {0: gettext("hoy"), 1: gettext("ayer")}.get(days) or date_text(at, zone)
    return gettext("%(day)s, %(time)s", day=day, time=clock_text(at, zone))


def month_text(at: datetime, zone: str) -> str:
    """Write a whole date in words: 3 de mayo de 2025."""
    return format_date(at.astimezone(ZoneInfo(zone)).date(), "long", locale=_locale())


def money_text(minor: int, currency: str) -> str:
    """Write an amount of minor units with its sign and currency: 12,40 €."""
    amount = Decimal(abs(minor)).scaleb(-minor_digits(currency))
    text = format_currency(amount, currency, locale=_locale())
    return f"{MINUS}{text}" if minor < 0 else text


def money_parts(minor: int, currency: str) -> tuple[str, str]:
    """Write an amount and its sign apart, so that the figure can lead: 1.284,60 and €."""
    digits = minor_digits(currency)
    number = format_decimal(
        Decimal(minor).scaleb(-digits),
        format="#,##0." + "0" * digits if digits else "#,##0",
        locale=_locale(),
    )
    unit = format_currency(0, currency, "¤", locale=_locale()).strip()
    return number, unit


def whole_text(number: int) -> str:
    """Write a whole number with the reader's thousands: 1.102."""
    return format_decimal(number, locale=_locale())


def signed_text(points: int) -> str:
    """Write a change of points with its sign: +23, −4."""
    return f"+{whole_text(points)}" if points >= 0 else f"{MINUS}{whole_text(-points)}"


def _locale() -> str:
    return str(get_locale() or "es")


def decimal_text(number: float) -> str:
    """Write a number with one decimal: 8,8."""
    return format_decimal(number, format="0.0", locale=_locale())
