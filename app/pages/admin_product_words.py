"""How products, quantities and the reasons of a stock are put into words."""

from decimal import Decimal

from babel.numbers import format_decimal

from app.language import gettext
from app.text import MINUS, locale_name
from loyalty.catalog.browse import Show
from loyalty.catalog.queries import ProductFacts


def quantity_text(milli: int, unit: str) -> str:
    """Write a quantity: 12 ud., 2,5 kg, −3 ud."""
    number = format_decimal(
        Decimal(abs(milli)).scaleb(-3), format="#,##0.###", locale=locale_name()
    )
    sign = MINUS if milli < 0 else ""
    return f"{sign}{number} {unit_word(unit)}"


def unit_word(unit: str) -> str:
    """Name a unit behind a number."""
    return "kg" if unit == "kg" else gettext("ud.")


def share_text(hundredths: int) -> str:
    """Write a percentage: 10 %, 5,2 %."""
    number = format_decimal(Decimal(hundredths).scaleb(-2), format="0.##", locale=locale_name())
    return gettext("%(number)s %%", number=number)


def stock_text(product: ProductFacts) -> str:
    """Say how much is there, and how much of it orders hold."""
    if product.on_hand_milli is None:
        return gettext("sin contar")
    there = quantity_text(product.on_hand_milli, product.unit)
    if not product.reserved_milli:
        return there
    held = quantity_text(product.reserved_milli, product.unit)
    return gettext("%(there)s, %(held)s para encargos", there=there, held=held)


def short_text(product: ProductFacts) -> str:
    """Say what is wrong with a stock; "" when nothing is."""
    if product.on_hand_milli is None or product.reserved_milli is None:
        return ""
    if product.is_short:
        lacking = quantity_text(product.reserved_milli - product.on_hand_milli, product.unit)
        return gettext("faltan %(lacking)s", lacking=lacking)
    if product.is_active and product.available_milli == 0:
        return gettext("agotado")
    return ""


def show_words() -> dict[Show, str]:
    """Name the ways to narrow a list."""
    return {
        "all": gettext("Todos"),
        "on_sale": gettext("A la venta"),
        "off_sale": gettext("Fuera de venta"),
        "out": gettext("Agotados"),
        "short": gettext("Faltan"),
    }


def move_word(kind: str) -> str:
    """Name the reason of a change."""
    words = {
        "counted": gettext("Contado"),
        "received": gettext("Recibido"),
        "sold": gettext("Vendido en caja"),
        "returned": gettext("Devuelto en caja"),
        "reserved": gettext("Encargado"),
        "released": gettext("Encargo anulado"),
        "handed_over": gettext("Encargo entregado"),
    }
    return words[kind]
