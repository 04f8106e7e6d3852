"""How goods, quantities and pickup times are written for a shopper."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

from app.language import gettext, ngettext
from app.text import clock_text, locale_name, money_text
from loyalty.catalog.browse import plain
from loyalty.catalog.queries import ProductFacts
from loyalty.catalog.rules import MILLI

FEW_PIECES: Final = 5
FEW_MILLI_OF_KG: Final = 2 * MILLI
# Which drawing of goods.svg stands for a product without a photo; the first that fits.
DRAWINGS: Final = (
    ("jar", r"miel|mermelada|conserva|bote|tarro|honey|jam|jar"),
    ("bottle", r"aceite|vinagre|vino|leche|zumo|agua|cerveza|botella|oil|wine|milk|juice|bottle"),
    ("cup", r"cafe|te|infusion|coffee|tea"),
    ("pie", r"empanad|quiche|tarta salada|coca|pizza|pie|salado"),
    ("muffin", r"magdalen|muffin|bizcoch|sobao|cupcake"),
    ("pastry", r"cruas|croiss|roscon|tarta|pastel|galleta|boll|dulce|cake|cookie"),
    ("bread", r"pan|panes|barra|hogaza|molde|chapata|bread|loaf|masa"),
    ("cheese", r"queso|cuajada|lacteo|cheese|dairy"),
    ("fish", r"pescad|merluz|sardin|atun|boqueron|marisco|fish"),
    ("leaf", r"verdura|acelga|lechuga|espinac|cebolla|patata|vegetable|hortaliza|pimiento"),
    ("fruit", r"fruta|tomate|naranja|manzana|pera|limon|uva|platano|fruit|apple|orange"),
    ("egg", r"huevo|egg"),
)


def drawing_of(product: ProductFacts) -> str:
    """Choose the drawing of a product by its name, else by its category; "" for none."""
    for text in (product.name, product.category):
        told = plain(text)
        for drawing, words in DRAWINGS:
            if re.search(rf"\b(?:{words})", told):
                return drawing
    return ""


def quantity_text(milli: int, unit: str) -> str:
    """Write how much: 2, 250 g, 1,5 kg."""
    if unit == "kg":
        if milli < MILLI:
            return f"{milli} g"
        return f"{_number(milli)} kg"
    return _number(milli)


def _number(milli: int) -> str:
    return format_decimal(Decimal(milli).scaleb(-3), format="#,##0.###", locale=locale_name())


def price_text(price_minor: int, unit: str, currency: str) -> str:
    """Write a price with what it is for: 4,80 €, 1,95 €/kg."""
    amount = money_text(price_minor, currency)
    return f"{amount}/kg" if unit == "kg" else amount


def unit_text(product: ProductFacts) -> str:
    """Say what one of it is: its description, else the unit."""
    if product.description:
        return product.description
    return gettext("al peso") if product.unit == "kg" else gettext("unidad")


def left_text(product: ProductFacts) -> str:
    """Say honestly how much is left when that is little: Quedan 3, Queda 1, Quedan 1,5 kg."""
    there = product.available_milli
    if there is None or there <= 0:
        return ""
    if product.unit == "kg":
        few = there <= FEW_MILLI_OF_KG
        return gettext("Quedan %(much)s", much=quantity_text(there, "kg")) if few else ""
    pieces = there // MILLI
    if pieces > FEW_PIECES:
        return ""
    return ngettext("Queda %(num)s", "Quedan %(num)s", pieces)


def only_text(product: ProductFacts) -> str:
    """Say how much of a product can still be had."""
    there = product.available_milli or 0
    if product.unit == "piece":
        pieces = there // MILLI
        return ngettext("Solo queda %(num)s", "Solo quedan %(num)s", pieces)
    return gettext("Solo quedan %(much)s", much=quantity_text(there, product.unit))


def day_title(day: date, *, today: date) -> str:
    """Name a day the way people say it: Hoy, domingo 22; Mañana, lunes 23; Martes 24 nov."""
    told = format_date(day, gettext("EEEE d"), locale=locale_name())
    if day == today:
        return gettext("Hoy, %(day)s", day=told)
    if day == today + timedelta(days=1):
        return gettext("Mañana, %(day)s", day=told)
    text = format_date(day, gettext("EEEE d MMM"), locale=locale_name()).replace(".", "")
    return text[:1].upper() + text[1:]


def span_text(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Write a time window: 10:00–10:30."""
    return f"{clock_text(starts_at, zone)}–{clock_text(ends_at, zone)}"


def window_text(starts_at: datetime, ends_at: datetime, zone: str, *, now: datetime) -> str:
    """Write a day and a window: Mañana, lunes 23, 10:00–10:30."""
    here = ZoneInfo(zone)
    day = day_title(starts_at.astimezone(here).date(), today=now.astimezone(here).date())
    return gettext("%(day)s, %(time)s", day=day, time=span_text(starts_at, ends_at, zone))


def moment_text(at: datetime, zone: str, *, now: datetime) -> str:
    """Write a moment: hoy a las 20:00, el martes 24 a las 9:00."""
    here = ZoneInfo(zone)
    days = (at.astimezone(here).date() - now.astimezone(here).date()).days
    clock = clock_text(at, zone)
    if days == 0:
        return gettext("hoy a las %(time)s", time=clock)
    if days == 1:
        return gettext("mañana a las %(time)s", time=clock)
    told = format_date(at.astimezone(here).date(), gettext("EEEE d"), locale=locale_name())
    return gettext("el %(day)s a las %(time)s", day=told, time=clock)
