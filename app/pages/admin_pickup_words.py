"""How pickup is put into words: durations, days, what is left of a slot."""

from datetime import date
from typing import Final

from babel.dates import format_date

from app.language import gettext, ngettext
from app.text import locale_name

HOUR: Final = 60
DAY: Final = 24 * HOUR
FEW: Final = 2

# Name, label, hint, minutes of one unit, usual values.
_Field = tuple[str, str, str, int, tuple[int, ...]]


def policy_fields() -> tuple[_Field, ...]:
    """List the durations of a policy with their words and their usual values."""
    return (
        (
            "slot_minutes",
            gettext("Cada tramo dura"),
            gettext("Se cuenta desde que abres."),
            1,
            (10, 15, 20, 30, 45, 60, 90, 120, 180, 240),
        ),
        (
            "lead_minutes",
            gettext("Tiempo para prepararlo"),
            gettext("Antes de eso no se ofrece nada."),
            1,
            (0, 15, 30, 60, 90, 120, 180, 240, 360, 720, DAY, 2 * DAY, 3 * DAY),
        ),
        (
            "cutoff_minutes",
            gettext("Se puede cambiar o cancelar hasta"),
            gettext("Antes de la hora de recogida."),
            1,
            (0, 15, 30, 60, 120, 180, 360, 720, DAY, 2 * DAY),
        ),
        (
            "hold_minutes",
            gettext("Si nadie lo acepta, se suelta a las"),
            gettext("Cuenta con la tienda abierta."),
            1,
            (15, 30, 60, 120, 240, 480, DAY),
        ),
        (
            "keep_hours",
            gettext("Si nadie viene, se guarda"),
            gettext("Después vuelve al estante."),
            HOUR,
            (0, 1, 2, 4, 12, 24, 48, 72),
        ),
    )


def duration_text(minutes: int) -> str:
    """Write a duration: 15 minutos, 1 hora, 1 hora y 30 minutos, 2 días."""
    if minutes == 0:
        return gettext("nada")
    if minutes % DAY == 0:
        return ngettext("%(num)s día", "%(num)s días", minutes // DAY)
    hours, rest = divmod(minutes, HOUR)
    told = ngettext("%(num)s hora", "%(num)s horas", hours)
    left = ngettext("%(num)s minuto", "%(num)s minutos", rest)
    if not hours:
        return left
    return gettext("%(hours)s y %(minutes)s", hours=told, minutes=left) if rest else told


def long_day_text(day: date, *, today: date) -> str:
    """Write a day to begin a sentence: Martes 8 de diciembre; with its year when it is another."""
    pattern = gettext("EEEE d 'de' MMMM")
    if day.year != today.year:
        pattern = gettext("EEEE d 'de' MMMM 'de' y")
    text = format_date(day, pattern, locale=locale_name())
    return text[:1].upper() + text[1:]


def span_text(first: date, last: date, *, today: date) -> str:
    """Write one day, or from one to another."""
    if first == last:
        return long_day_text(first, today=today)
    return f"{long_day_text(first, today=today)} – {long_day_text(last, today=today)}"


def left_text(places: int) -> str:
    """Say what is left of a slot, as a shopper sees it; "" while there is plenty."""
    if places == 0:
        return gettext("completo")
    return ngettext("queda %(num)s", "quedan %(num)s", places) if places <= FEW else ""
