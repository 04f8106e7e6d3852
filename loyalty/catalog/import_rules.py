"""Reads a shop's product list as its owner's spreadsheet wrote it; pure, nothing is kept here.

Every row is read or refused by itself, with its line, its column and a stable reason, so that
one slip in 100,000 rows costs one row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from loyalty.catalog.products import ProductDraft
from loyalty.catalog.rules import MILLI, QUANTITY_MILLI_MAX, TAX_WHOLE_BP, Unit
from loyalty.kernel.decimal_marks import DecimalMark, guess_mark, read_number
from loyalty.kernel.errors import ListUnreadableError
from loyalty.kernel.money import TOTAL_MINOR_MAX
from loyalty.kernel.sheets import Row, plain_cell, runs_as_formula, sheet_of

Column = Literal[
    "sku", "name", "price", "tax", "stock", "unit", "category", "barcode", "description", "on_sale"
]
Reason = Literal[
    "missing",
    "too_long",
    "formula",
    "not_a_number",
    "out_of_range",
    "unit_unknown",
    "neither_yes_nor_no",
    "duplicate",
    "too_many_cells",
]

LENGTHS: Final[Mapping[Column, int]] = {
    "sku": 64,
    "name": 120,
    "category": 60,
    "barcode": 20,
    "description": 500,
}
HEADINGS: Final[Mapping[Column, frozenset[str]]] = {
    "sku": frozenset({"sku", "ref", "referencia", "codigo", "código", "code", "reference"}),
    "name": frozenset({"nombre", "producto", "articulo", "artículo", "name", "product", "title"}),
    "price": frozenset({"precio", "pvp", "price"}),
    "tax": frozenset({"iva", "igic", "impuesto", "tax", "vat"}),
    "stock": frozenset({"stock", "existencias", "cantidad", "quantity", "inventory"}),
    "unit": frozenset({"unidad", "unit"}),
    "category": frozenset({"categoria", "categoría", "familia", "seccion", "sección", "category"}),
    "barcode": frozenset({"ean", "ean13", "código de barras", "codigo de barras", "barcode"}),
    "description": frozenset({"descripcion", "descripción", "description"}),
    "on_sale": frozenset({"en venta", "activo", "on sale", "active"}),
}
ON_SALE: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("", "sí", "si", "s", "yes", "y", "1", "true", "x"), True),
    **dict.fromkeys(("no", "n", "0", "false"), False),
}
UNITS: Final[Mapping[str, Unit]] = {
    "": "piece",
    "ud": "piece",
    "u": "piece",
    "uds": "piece",
    "unidad": "piece",
    "pieza": "piece",
    "piece": "piece",
    "unit": "piece",
    "kg": "kg",
    "kilo": "kg",
    "kilogramo": "kg",
}
REQUIRED: Final[tuple[Column, ...]] = ("name", "price")


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row was refused; `line` counts from 1 as a spreadsheet does, headings included."""

    line: int
    column: Column | None
    reason: Reason
    value: str


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that can be kept; `stock_milli` is None where the list says nothing of it."""

    line: int
    draft: ProductDraft
    stock_milli: int | None


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list as it was read; `mark` is None when the owner has to say which one it is.

    `refused` are the references of rows that cannot be kept: the list names them all the same.
    """

    columns: tuple[Column, ...]
    ignored: tuple[str, ...]
    mark: DecimalMark | None
    rows: tuple[ReadRow, ...]
    errors: tuple[RowError, ...]
    refused: frozenset[str] = frozenset()


def read_list(data: bytes, *, mark: DecimalMark | None, minor_digits: int, tax_bp: int) -> ReadList:
    """Read a CSV of products.

    `mark` is what the owner says the decimals are written with; None asks the list itself.
    `tax_bp` counts for rows that name no tax.
    Errors: `ListUnreadableError` (`empty`, `too_large`, `too_many_rows`, `not_text`,
    `no_headings` with the `column` that is missing).
    """
    headings, body = sheet_of(data)
    columns = [_column_of(heading) for heading in headings]
    for column in REQUIRED:
        if column not in columns:
            raise ListUnreadableError(reason="no_headings", column=column)
    chosen = mark or guess_mark(_numbers_in(body, columns))
    ignored = tuple(
        heading.strip()
        for heading, column in zip(headings, columns, strict=True)
        if column is None and heading.strip()
    )
    known = tuple(dict.fromkeys(column for column in columns if column is not None))
    reader = _RowReader(columns, chosen or ".", minor_digits, tax_bp)
    for line, cells in body:
        reader.read(line, cells)
    return ReadList(
        known,
        ignored,
        chosen,
        tuple(reader.rows),
        tuple(reader.errors),
        frozenset(reader.refused),
    )


class _RowReader:
    """Reads rows one after another and remembers which references it has seen."""

    def __init__(
        self, columns: Sequence[Column | None], mark: DecimalMark, minor_digits: int, tax_bp: int
    ) -> None:
        self.rows: list[ReadRow] = []
        self.errors: list[RowError] = []
        self.refused: set[str] = set()
        self._columns = columns
        self._mark: DecimalMark = mark
        self._minor = Decimal(10) ** minor_digits
        self._tax_bp = tax_bp
        self._seen: set[str] = set()

    def read(self, line: int, cells: Sequence[str]) -> None:
        before = len(self.errors)
        if any(cell.strip() for cell in cells[len(self._columns) :]):
            self._refuse(line, None, "too_many_cells", cells[len(self._columns)])
        told: dict[Column, str] = {}
        for column, cell in zip(self._columns, cells, strict=False):
            if column is not None and column not in told:
                told[column] = cell.strip()
        texts = {column: self._text(line, column, told.get(column, "")) for column in LENGTHS}
        sku = texts["sku"] or texts["name"][: LENGTHS["sku"]]
        price = self._price(line, told.get("price", ""))
        tax_bp = self._tax(line, told.get("tax", ""))
        stock = self._stock(line, told.get("stock", ""))
        unit = UNITS.get(told.get("unit", "").casefold().rstrip("."))
        if unit is None:
            self._refuse(line, "unit", "unit_unknown", told["unit"])
        is_active = ON_SALE.get(told.get("on_sale", "").casefold())
        if is_active is None:
            self._refuse(line, "on_sale", "neither_yes_nor_no", told["on_sale"])
        if not texts["name"]:
            self._refuse(line, "name", "missing", "")
        if sku and sku in self._seen:
            self._refuse(line, "sku", "duplicate", sku)
        if len(self.errors) > before or unit is None or is_active is None:
            self.refused.add(sku)
            return
        self._seen.add(sku)
        draft = ProductDraft(
            sku=sku,
            name=texts["name"],
            price_minor=price,
            tax_bp=tax_bp,
            unit=unit,
            barcode=texts["barcode"],
            category=texts["category"],
            description=texts["description"],
            is_active=is_active,
        )
        self.rows.append(ReadRow(line, draft, stock))

    def _refuse(self, line: int, column: Column | None, reason: Reason, value: str) -> None:
        self.errors.append(RowError(line, column, reason, value.strip()[:40]))

    def _text(self, line: int, column: Column, text: str) -> str:
        if runs_as_formula(text):
            self._refuse(line, column, "formula", text)
        text = plain_cell(text)
        if len(text) > LENGTHS[column]:
            self._refuse(line, column, "too_long", text)
        return text

    def _price(self, line: int, text: str) -> int:
        if not text:
            self._refuse(line, "price", "missing", text)
            return 0
        return self._whole(line, "price", text, scale=self._minor, most=TOTAL_MINOR_MAX)

    def _tax(self, line: int, text: str) -> int:
        if not text:
            return self._tax_bp
        return self._whole(line, "tax", text, scale=Decimal(100), most=TAX_WHOLE_BP)

    def _stock(self, line: int, text: str) -> int | None:
        if not text:
            return None
        return self._whole(line, "stock", text, scale=Decimal(MILLI), most=QUANTITY_MILLI_MAX)

    def _whole(self, line: int, column: Column, text: str, *, scale: Decimal, most: int) -> int:
        """Read a number as whole units of `scale`; one with more decimals than that is refused."""
        number = read_number(text, mark=self._mark)
        if number is None:
            self._refuse(line, column, "not_a_number", text)
            return 0
        whole = number * scale
        if whole != whole.to_integral_value() or not 0 <= whole <= most:
            self._refuse(line, column, "out_of_range", text)
            return 0
        return int(whole)


def _column_of(heading: str) -> Column | None:
    told = heading.strip().casefold()
    return next((column for column, names in HEADINGS.items() if told in names), None)


def _numbers_in(body: Iterable[Row], columns: Sequence[Column | None]) -> Iterator[str]:
    numeric = [place for place, column in enumerate(columns) if column in {"price", "tax", "stock"}]
    for _, cells in body:
        yield from (cells[place] for place in numeric if place < len(cells))
