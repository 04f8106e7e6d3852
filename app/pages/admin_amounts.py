"""Amounts that an owner types, with a comma or a point, as whole minor units."""

import re
from decimal import Decimal
from typing import Final

from loyalty.kernel.money import minor_digits

_AMOUNT: Final = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,3})?")


def minor_from_text(typed: str, currency: str) -> int | None:
    """Read an amount such as "1", "1,50" or "1.50"; None when it is none or too fine."""
    text = typed.strip()
    if not _AMOUNT.fullmatch(text):
        return None
    minor = Decimal(text.replace(",", ".")).scaleb(minor_digits(currency))
    return int(minor) if minor == minor.to_integral_value() else None


def text_from_minor(minor: int, currency: str) -> str:
    """Write minor units for an input: "1" for a whole amount, else "1,50"."""
    digits = minor_digits(currency)
    if minor % 10**digits == 0:
        return str(minor // 10**digits)
    return str(Decimal(minor).scaleb(-digits)).replace(".", ",")


def count_from_text(typed: str) -> int:
    """Read a whole number; 0, which every form refuses, when it is none."""
    text = typed.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("1000000") else 0
