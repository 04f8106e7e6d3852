"""Amounts that an owner types, with a comma or a point, as whole minor units."""

import re
from decimal import Decimal
from typing import Final

from loyalty.kernel.money import minor_digits

_AMOUNT: Final = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,3})?")


def minor_from_text(typed: str, currency: str) -> int | None:
    """Read an amount such as "1", "1,50" or "1.50"; None when it is none or too fine."""
    return _whole(typed, minor_digits(currency))


def share_from_text(typed: str) -> int | None:
    """Read a percentage such as "10" or "5,2" as hundredths; None when it is none."""
    return _whole(typed.strip().removesuffix("%"), 2)


def milli_from_text(typed: str) -> int | None:
    """Read a quantity such as "12" or "2,5" as thousandths; None when it is none or too fine."""
    return _whole(typed, 3)


def text_from_milli(milli: int) -> str:
    """Write thousandths for an input: "12", "2,5", "-3"."""
    return text_from_scaled(milli, 3)


def text_from_share(hundredths: int) -> str:
    """Write hundredths of a percent for an input: "10", "5,2"."""
    return text_from_scaled(hundredths, 2)


def text_from_scaled(units: int, digits: int) -> str:
    """Write units of a tenth to the power of `digits`, without decimals that say nothing."""
    whole, _, rest = f"{Decimal(units).scaleb(-digits):f}".partition(".")
    rest = rest.rstrip("0")
    return f"{whole},{rest}" if rest else whole


def _whole(typed: str, digits: int) -> int | None:
    text = typed.strip()
    if not _AMOUNT.fullmatch(text):
        return None
    units = Decimal(text.replace(",", ".")).scaleb(digits)
    return int(units) if units == units.to_integral_value() else None


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
