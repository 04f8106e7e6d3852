"""Reads and writes the lists that spreadsheets make: CSV of any mark, encoding and line end; pure.

What a spreadsheet would run as a formula is told from a text when a list is read, and written
as one when a list is made.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from loyalty.kernel.errors import ListUnreadableError

ROWS_MAX: Final = 100_000
BYTES_MAX: Final = 20_000_000
# Blank lines cost time too, and nobody writes headings as long as a book.
LINES_MAX: Final = 4 * ROWS_MAX
HEADINGS_LENGTH_MAX: Final = 10_000
# What a spreadsheet would run; a minus is only a dash before a name.
FORMULA_STARTS: Final = ("=", "+", "@", "\t", "\r")
# A quote before such a sign makes it a text: so our own lists are written.
QUOTE: Final = "'"
QUOTED_STARTS: Final = tuple(f"{QUOTE}{sign}" for sign in (*FORMULA_STARTS, "-", QUOTE))
# A spreadsheet reads commas as the decimals of its language, so the cells need another mark.
DELIMITERS: Final = {"es": ";", "en": ","}
_DELIMITERS: Final = (";", ",", "\t", "|")

Row = tuple[int, list[str]]


def sheet_of(data: bytes) -> tuple[list[str], list[Row]]:
    """Read a CSV: its headings, and every row that is not blank with its line.

    Lines count from 1 as a spreadsheet does, headings included.
    Errors: `ListUnreadableError` (`empty`, `too_large`, `too_many_rows`, `not_text`).
    """
    lines = _cells(_text_of(data))
    try:
        headings = next(lines)[1]
    except StopIteration:
        raise ListUnreadableError(reason="empty") from None
    return headings, _taken(lines)


def plain_cell(text: str) -> str:
    """Take off the quote that keeps a spreadsheet from running a text."""
    return text.removeprefix(QUOTE) if text.startswith(QUOTED_STARTS) else text


def runs_as_formula(text: str) -> bool:
    """Say whether a spreadsheet would run a text; a quoted one it would not."""
    return text.startswith(FORMULA_STARTS)


def safe_cell(text: str) -> str:
    """Write a text so that no spreadsheet runs it."""
    return f"{QUOTE}{text}" if text.startswith((*FORMULA_STARTS, "-", QUOTE)) else text


def write_sheet(rows: Iterable[Sequence[str]], *, delimiter: str) -> bytes:
    """Write rows as CSV, in UTF-8 with the mark that Excel asks for; texts come `safe_cell`."""
    sheet = io.StringIO(newline="")
    csv.writer(sheet, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return sheet.getvalue().encode("utf-8-sig")


def _text_of(data: bytes) -> str:
    if len(data) > BYTES_MAX:
        raise ListUnreadableError(reason="too_large", bytes_max=BYTES_MAX)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        # What is no UTF-8 was written by a spreadsheet of Western Europe.
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ListUnreadableError(reason="not_text")


def _cells(text: str) -> Iterator[Row]:
    """Give every row that is not blank, with its line."""
    lines = islice(io.StringIO(text, newline=None), LINES_MAX)
    first = next((line for line in lines if line.strip()), "")
    if len(first) > HEADINGS_LENGTH_MAX:
        raise ListUnreadableError(reason="not_text", line=1)
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    at = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield at, cells
            at = reader.line_num + 1
            if at > LINES_MAX:
                raise ListUnreadableError(reason="too_many_rows", rows_max=ROWS_MAX)
    except csv.Error:
        raise ListUnreadableError(reason="not_text", line=at) from None


def _taken(lines: Iterator[Row]) -> list[Row]:
    taken: list[Row] = []
    for row in lines:
        if len(taken) >= ROWS_MAX:
            raise ListUnreadableError(reason="too_many_rows", rows_max=ROWS_MAX)
        taken.append(row)
    return taken
