"""Write a store's products as a CSV that a spreadsheet can open and the import reads again."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from loyalty.catalog.import_rules import Column
from loyalty.catalog.queries import ProductFacts
from loyalty.kernel.decimal_marks import DecimalMark
from loyalty.kernel.sheets import DELIMITERS, safe_cell, write_sheet

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
MARKS: Final[Mapping[str, DecimalMark]] = {"es": ",", "en": "."}


def write_list(products: Iterable[ProductFacts], *, language: str, minor_digits: int) -> bytes:
    """Write products as CSV, in UTF-8 with the mark that Excel asks for.

    Texts that begin like a formula get a quote before them, which the import takes off again.
    A stock below zero is left empty: it says what went wrong, not what is there.
    """
    words = WORDS[language]
    mark = MARKS[language]
    rows = [list(HEADINGS[language].values())]
    for one in products:
        cells: Mapping[Column, str] = {
            "sku": safe_cell(one.sku),
            "name": safe_cell(one.name),
            "category": safe_cell(one.category),
            "price": _number(one.price_minor, minor_digits, mark, least=minor_digits),
            "unit": words[one.unit],
            "tax": _number(one.tax_bp, 2, mark),
            "stock": _stock(one, mark),
            "barcode": safe_cell(one.barcode),
            "on_sale": words["yes" if one.is_active else "no"],
            "description": safe_cell(one.description),
        }
        rows.append([cells[column] for column in HEADINGS[language]])
    return write_sheet(rows, delimiter=DELIMITERS[language])


def _stock(one: ProductFacts, mark: DecimalMark) -> str:
    if one.on_hand_milli is None or one.on_hand_milli < 0:
        return ""
    return _number(one.on_hand_milli, 3, mark)


def _number(units: int, digits: int, mark: DecimalMark, *, least: int = 0) -> str:
    """Write units of a tenth to the power of `digits`, with at least so many decimals."""
    whole, _, rest = f"{Decimal(units).scaleb(-digits):f}".partition(".")
    rest = rest.rstrip("0").ljust(least, "0")
    return f"{whole}{mark}{rest}" if rest else whole
