"""Reads the balances that people bring from an older program, as a spreadsheet wrote them; pure.

Every row is read or refused by itself, with its line, its column and a stable reason. Whose a
card or an address is, is not known here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from loyalty.kernel.addresses import EmailInvalidError, email_normalized
from loyalty.kernel.decimal_marks import DecimalMark, guess_mark, read_number
from loyalty.kernel.errors import ListUnreadableError
from loyalty.kernel.sheets import Row, plain_cell, runs_as_formula, sheet_of
from loyalty.wire.codes import CodeKind, SignedCode, take_apart

Column = Literal["card", "email", "points", "reference", "expires"]
Reason = Literal[
    "nobody_named",
    "missing",
    "too_long",
    "formula",
    "not_a_number",
    "fractional",
    "negative",
    "enormous",
    "card_malformed",
    "email_malformed",
    "date_malformed",
    "duplicate",
    "too_many_cells",
]

POINTS_MAX: Final = 10_000_000
LENGTHS: Final[Mapping[Column, int]] = {"card": 400, "email": 254, "reference": 64}
HEADINGS: Final[Mapping[Column, frozenset[str]]] = {
    "card": frozenset(
        {
            "tarjeta",
            "número de tarjeta",
            "numero de tarjeta",
            "nº de tarjeta",
            "código",
            "codigo",
            "card",
            "card number",
            "code",
        }
    ),
    "email": frozenset({"correo", "correo electrónico", "email", "e-mail", "mail"}),
    "points": frozenset({"puntos", "saldo", "points", "balance"}),
    "reference": frozenset({"referencia", "ref", "reference", "id"}),
    "expires": frozenset({"caduca", "caducan", "caducidad", "vence", "expires", "expiry"}),
}
CARD_LENGTH: Final = 16
CARD_KINDS: Final = frozenset({CodeKind.CARD, CodeKind.LIVE})
_CARD: Final = re.compile(r"[0-9a-f]{4,16}")
_BLANKS: Final = re.compile(r"[\s\u00a0\u202f-]")
# Most addresses look like this, and need no closer look: a list may have 100,000 of them.
_PLAIN_EMAIL: Final = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,24}"
)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row was refused; `line` counts from 1 as a spreadsheet does, headings included."""

    line: int
    column: Column | None
    reason: Reason
    value: str


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """A balance that somebody brings.

    `card` is a card's id, or the first letters of one as they are printed on it; `email` an
    address in the form it is looked up by. One of both is there. `points` may be 0, which
    opens nothing. `reference` is the caller's own name for the row, or "".
    """

    line: int
    card: str
    email: str
    points: int
    reference: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class OpeningList:
    """A list as it was read; `mark` is None when the owner has to say which one it is."""

    columns: tuple[Column, ...]
    ignored: tuple[str, ...]
    mark: DecimalMark | None
    rows: tuple[OpeningRow, ...]
    errors: tuple[RowError, ...]


def read_openings(data: bytes, *, mark: DecimalMark | None) -> tuple[OpeningList, bool]:
    """Read a CSV of balances; says besides whether the mark of its decimals has to be asked.

    `mark` is what the owner says the decimals are written with; None asks the list itself.
    Errors: `ListUnreadableError` (`empty`, `too_large`, `too_many_rows`, `not_text`,
    `no_headings` with the `column` that is missing).
    """
    headings, body = sheet_of(data)
    columns = [_column_of(heading) for heading in headings]
    for column in _missing(columns):
        raise ListUnreadableError(reason="no_headings", column=column)
    points = list(_points_in(body, columns))
    chosen = mark or guess_mark(points)
    ignored = tuple(
        heading.strip()
        for heading, column in zip(headings, columns, strict=True)
        if column is None and heading.strip()
    )
    read = _read(columns, body, chosen or ".")
    # Where nothing stands that could be a mark, both ways read the same.
    may_differ = chosen is None and any("," in told or "." in told for told in points)
    is_asked = may_differ and _read(columns, body, ",") != read
    known = tuple(dict.fromkeys(column for column in columns if column is not None))
    return OpeningList(known, ignored, chosen, *read), is_asked


def _read(
    columns: Sequence[Column | None], body: Iterable[Row], mark: DecimalMark
) -> tuple[tuple[OpeningRow, ...], tuple[RowError, ...]]:
    reader = _RowReader(columns, mark)
    for line, cells in body:
        reader.read(line, cells)
    return tuple(reader.rows), tuple(reader.errors)


class _RowReader:
    """Reads rows one after another and remembers whom and which references it has seen."""

    def __init__(self, columns: Sequence[Column | None], mark: DecimalMark) -> None:
        self.rows: list[OpeningRow] = []
        self.errors: list[RowError] = []
        self._columns = columns
        self._mark: DecimalMark = mark
        self._seen: set[tuple[str, str]] = set()

    def read(self, line: int, cells: Sequence[str]) -> None:
        before = len(self.errors)
        if any(cell.strip() for cell in cells[len(self._columns) :]):
            self._refuse(line, None, "too_many_cells", cells[len(self._columns)])
        told: dict[Column, str] = {}
        for column, cell in zip(self._columns, cells, strict=False):
            if column is not None and column not in told:
                told[column] = cell.strip()
        texts = {column: self._text(line, column, told.get(column, "")) for column in LENGTHS}
        row = OpeningRow(
            line=line,
            card=self._card(line, texts["card"]),
            email=self._email(line, texts["email"]),
            points=self._points(line, told.get("points", "")),
            reference=texts["reference"],
            expires_on=self._day(line, told.get("expires", "")),
        )
        if not texts["card"] and not texts["email"]:
            self._refuse(line, "card" if "card" in told else "email", "nobody_named", "")
        key = ("reference", row.reference) if row.reference else (row.card, row.email)
        if len(self.errors) == before and key in self._seen:
            column = "reference" if row.reference else "card" if row.card else "email"
            self._refuse(line, column, "duplicate", row.reference or row.card or row.email)
        if len(self.errors) == before:
            self._seen.add(key)
            self.rows.append(row)

    def _refuse(self, line: int, column: Column | None, reason: Reason, value: str) -> None:
        self.errors.append(RowError(line, column, reason, value.strip()[:40]))

    def _text(self, line: int, column: Column, text: str) -> str:
        if runs_as_formula(text):
            self._refuse(line, column, "formula", text)
        text = plain_cell(text)
        if len(text) > LENGTHS[column]:
            self._refuse(line, column, "too_long", text)
        return text

    def _card(self, line: int, text: str) -> str:
        """Read a card's number, the letters on it, or its code as a scanner typed it."""
        if not text:
            return ""
        letters = _BLANKS.sub("", text).lower()
        if _CARD.fullmatch(letters):
            return letters
        code = take_apart(text)
        if isinstance(code, SignedCode) and code.header.kind in CARD_KINDS:
            return code.header.subject_id
        self._refuse(line, "card", "card_malformed", text)
        return ""

    def _email(self, line: int, text: str) -> str:
        lowered = text.lower()
        if not lowered or _PLAIN_EMAIL.fullmatch(lowered):
            return lowered
        try:
            return email_normalized(text)
        except EmailInvalidError:
            self._refuse(line, "email", "email_malformed", text)
            return ""

    def _points(self, line: int, text: str) -> int:
        if not text:
            self._refuse(line, "points", "missing", text)
            return 0
        number = read_number(text, mark=self._mark)
        if number is None:
            self._refuse(line, "points", "not_a_number", text)
            return 0
        reasons: tuple[tuple[bool, Reason], ...] = (
            (number < 0, "negative"),
            (number != number.to_integral_value(), "fractional"),
            (number > POINTS_MAX, "enormous"),
        )
        for is_so, reason in reasons:
            if is_so:
                self._refuse(line, "points", reason, text)
                return 0
        return int(number)

    def _day(self, line: int, text: str) -> date | None:
        """Read 31/12/2027 or 2027-12-31; the day comes first, as it does in Spain."""
        if not text:
            return None
        first, last = _DAY_FIRST.fullmatch(text), _YEAR_FIRST.fullmatch(text)
        try:
            if first:
                return date(int(first[3]), int(first[2]), int(first[1]))
            if last:
                return date(int(last[1]), int(last[2]), int(last[3]))
        except ValueError:
            pass
        self._refuse(line, "expires", "date_malformed", text)
        return None


def _missing(columns: Sequence[Column | None]) -> Iterator[Column]:
    if "card" not in columns and "email" not in columns:
        yield "card"
    if "points" not in columns:
        yield "points"


def _column_of(heading: str) -> Column | None:
    told = heading.strip().casefold()
    return next((column for column, names in HEADINGS.items() if told in names), None)


def _points_in(body: Iterable[Row], columns: Sequence[Column | None]) -> Iterator[str]:
    place = columns.index("points")
    return (cells[place] for _, cells in body if place < len(cells))
