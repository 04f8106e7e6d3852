"""Reads the numbers of a shop's price list, whose decimal mark has to be known or asked."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, Literal

DecimalMark = Literal[",", "."]

_TRIM: Final = re.compile(r"[\s\u00a0\u202f€$%]|EUR\b", re.IGNORECASE)
_PLAIN: Final = re.compile(r"-?\d+")
_OTHER: Final[dict[str, str]] = {",": ".", ".": ","}
_FORMS: Final[dict[str, re.Pattern[str]]] = {
    mark: re.compile(
        rf"-?(?:\d+|\d{{1,3}}(?:{re.escape(other)}\d{{3}})+)(?:{re.escape(mark)}\d+)?", re.ASCII
    )
    for mark, other in _OTHER.items()
}


def read_number(text: str, *, mark: DecimalMark) -> Decimal | None:
    """Read "1.234,50 €" with a comma as mark, "1,234.50" with a point; None when it is neither."""
    bare = _TRIM.sub("", text)
    if _FORMS[mark].fullmatch(bare) is None:
        return None
    return Decimal(bare.replace(_OTHER[mark], "").replace(mark, "."))


def guess_mark(texts: Iterable[str]) -> DecimalMark | None:
    """Say which mark a column of numbers is written with; None when it could be either.

    "2,5" and "1.234,50" can only have a comma, "1,234" says nothing. A column that needs both
    says nothing either: its rows will be refused one by one under the mark the owner chooses.
    """
    found: set[DecimalMark] = set()
    for text in texts:
        bare = _TRIM.sub("", text)
        if _PLAIN.fullmatch(bare):
            continue
        as_comma, as_point = read_number(bare, mark=","), read_number(bare, mark=".")
        if as_comma is not None and as_point is None:
            found.add(",")
        elif as_point is not None and as_comma is None:
            found.add(".")
    return found.pop() if len(found) == 1 else None
