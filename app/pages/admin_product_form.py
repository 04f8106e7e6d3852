"""The form of a product: from what was typed to a draft, and back."""

from collections.abc import Mapping
from typing import Final

from app.pages.admin_amounts import (
    milli_from_text,
    minor_from_text,
    share_from_text,
    text_from_minor,
    text_from_share,
)
from loyalty.catalog.edit_product import SKU_MAX
from loyalty.catalog.products import ProductDraft
from loyalty.catalog.queries import ProductFacts
from loyalty.catalog.rules import MILLI, QUANTITY_MILLI_MAX, Unit
from loyalty.kernel.errors import SettingInvalidError

UNITS: Final[Mapping[str, Unit]] = {"piece": "piece", "kg": "kg"}


def draft_from_form(form: Mapping[str, str], currency: str, *, sku: str = "") -> ProductDraft:
    """Read a product; without a reference of its own it is called by its name.

    Errors: `SettingInvalidError` with the field that cannot be read.
    """
    name = _line(form, "name")
    price = minor_from_text(form.get("price", ""), currency)
    if price is None:
        raise SettingInvalidError(field="price")
    tax = share_from_text(form.get("tax", ""))
    if tax is None:
        raise SettingInvalidError(field="tax")
    unit = UNITS.get(form.get("unit", ""))
    if unit is None:
        raise SettingInvalidError(field="unit")
    return ProductDraft(
        sku=sku or _line(form, "sku") or name[:SKU_MAX],
        name=name,
        price_minor=price,
        tax_bp=tax,
        unit=unit,
        barcode="".join(form.get("barcode", "").split()),
        category=_line(form, "category"),
        description=form.get("description", "").strip().replace("\r\n", "\n"),
    )


def quantity_from_form(form: Mapping[str, str], unit: Unit) -> int | None:
    """Read how much is there, in thousandths; None when nothing was typed.

    Errors: `SettingInvalidError` for what is no quantity, or a part of a piece.
    """
    typed = form.get("stock", "").strip()
    if not typed:
        return None
    milli = milli_from_text(typed)
    in_parts = unit == "piece" and milli is not None and milli % MILLI != 0
    if milli is None or in_parts or milli > QUANTITY_MILLI_MAX:
        raise SettingInvalidError(field="stock")
    return milli


def counted_from_form(form: Mapping[str, str], unit: Unit) -> int:
    """Read what somebody counted, in thousandths.

    Errors: `SettingInvalidError`, also when nothing was typed.
    """
    milli = quantity_from_form(form, unit)
    if milli is None:
        raise SettingInvalidError(field="stock")
    return milli


def form_of(facts: ProductFacts) -> dict[str, str]:
    """Write a product as its form would send it."""
    return {
        "name": facts.name,
        "price": text_from_minor(facts.price_minor, facts.currency),
        "tax": text_from_share(facts.tax_bp),
        "unit": facts.unit,
        "barcode": facts.barcode,
        "category": facts.category,
        "description": facts.description,
    }


def _line(form: Mapping[str, str], field: str) -> str:
    return " ".join(form.get(field, "").split())
