"""Write a store's products as a CSV that a spreadsheet can open and the import reads again."""

import csv
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from loyalty.catalog.import_numbers import DecimalMark
from loyalty.catalog.import_rules import QUOTE, Column
from loyalty.catalog.queries import ProductFacts

# In the order of the columns, in the words the import knows.
HEADINGS: Final[Mapping[str, Mapping[Column, str]]] = {
    "es": {
        "sku": "Referencia",
        "name": "Nombre",
        "category": "Categoría",
        "price": "Precio",
        "unit": "Unidad",
        "tax": "IVA",
        "stock": "Existencias",
        "barcode": "Código de barras",
        "on_sale": "En venta",
        "description": "Descripción",
    },
    "en": {
        "sku": "Reference",
        "name": "Name",
        "category": "Category",
        "price": "Price",
        "unit": "Unit",
        "tax": "Tax",
        "stock": "Stock",
        "barcode": "Barcode",
        "on_sale": "On sale",
        "description": "Description",
    },
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {"piece": "ud", "kg": "kg", "yes": "sí", "no": "no"},
    "en": {"piece": "unit", "kg": "kg", "yes": "yes", "no": "no"},
}
# A spreadsheet reads commas as the decimals of its language, so the cells need another mark.
MARKS: Final[Mapping[str, tuple[DecimalMark, str]]] = {"es": (",", ";"), "en": (".", ",")}
# What a spreadsheet would run as a formula, and the quote that keeps it from doing so.
RUN_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", QUOTE)


def write_list(products: Iterable[ProductFacts], *, language: str, minor_digits: int) -> bytes:
    """Write products as CSV, in UTF-8 with the mark that Excel asks for.

    Texts that begin like a formula get a quote before them, which the import takes off again.
    A stock below zero is left empty: it says what went wrong, not what is there.
    """
    words = WORDS[language]
    mark, delimiter = MARKS[language]
    sheet = io.StringIO(newline="")
    out = csv.writer(sheet, delimiter=delimiter, lineterminator="\r\n")
    out.writerow(HEADINGS[language].values())
    for one in products:
        cells: Mapping[Column, str] = {
            "sku": _safe(one.sku),
            "name": _safe(one.name),
            "category": _safe(one.category),
            "price": _number(one.price_minor, minor_digits, mark, least=minor_digits),
            "unit": words[one.unit],
            "tax": _number(one.tax_bp, 2, mark),
            "stock": _stock(one, mark),
            "barcode": _safe(one.barcode),
            "on_sale": words["yes" if one.is_active else "no"],
            "description": _safe(one.description),
        }
        out.writerow([cells[column] for column in HEADINGS[language]])
    return sheet.getvalue().encode("utf-8-sig")


def _safe(text: str) -> str:
    return f"{QUOTE}{text}" if text.startswith(RUN_STARTS) else text


def _stock(one: ProductFacts, mark: DecimalMark) -> str:
    if one.on_hand_milli is None or one.on_hand_milli < 0:
        return ""
    return _number(one.on_hand_milli, 3, mark)


def _number(units: int, digits: int, mark: DecimalMark, *, least: int = 0) -> str:
    """Write units of a tenth to the power of `digits`, with at least so many decimals."""
    whole, _, rest = f"{Decimal(units).scaleb(-digits):f}".partition(".")
    rest = rest.rstrip("0").ljust(least, "0")
    return f"{whole}{mark}{rest}" if rest else whole
