"""What a sale may be, and how two reports of one sale are told apart; pure."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from loyalty.kernel.money import TOTAL_MINOR_MAX
from loyalty.sales.errors import AmountInvalidError, CurrencyMismatchError

TEXT_LENGTH_MAX: Final = 200
LINES_MAX: Final = 500
QUANTITY_MILLI_MAX: Final = 1_000_000_000

# 14 to 19 digits, possibly in groups; the ends must not touch further digits.
_DIGIT_RUN: Final = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){13,18}(?![0-9])")
_KEPT_DIGITS: Final = 4
# Prefix and lengths of the brands. Visa numbers of 13 digits are long gone, and a tenth of all
# German EAN-13 would look like one.
_BRANDS: Final = (
    (re.compile(r"4"), (16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"30[0-5]|36|38"), (14,)),
    (re.compile(r"6011|64[4-9]|65"), (16, 19)),
    (re.compile(r"35(?:2[89]|[3-8])"), (16,)),
    (re.compile(r"62"), (16, 17, 18, 19)),
    (re.compile(r"5018|5020|5038|6304|6759|676[1-3]"), (16, 18, 19)),
)


@dataclass(frozen=True, slots=True)
class SaleLineReport:
    """One line as the till gave it; `quantity_milli` in thousandths, amounts in minor units."""

    product_ref: str
    description: str
    quantity_milli: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class RefundLineReport:
    """What is given back of one line of a sale; `line` counts from 1 in the sale's order.

    Units: thousandths, or None when only money is told; `amount_minor` minor units.
    """

    line: int
    quantity_milli: int | None
    amount_minor: int


def check_total(total_minor: int, *, lines: int) -> None:
    """Refuse an amount that cannot be a sale: negative, absurd, or nothing at all.

    Zero with lines is a gift and is kept; zero without lines says nothing.
    """
    if total_minor < 0 or total_minor > TOTAL_MINOR_MAX or (total_minor == 0 and lines == 0):
        raise AmountInvalidError(total_minor=total_minor, total_minor_max=TOTAL_MINOR_MAX)


def check_currency(currency: str, *, store_currency: str) -> None:
    """Refuse an amount in another currency than the store's."""
    if currency != store_currency:
        raise CurrencyMismatchError(currency=currency, store_currency=store_currency)


def check_lines(lines: Sequence[SaleLineReport]) -> None:
    """Refuse lines that no till means: too many, or numbers outside what can be kept."""
    if len(lines) > LINES_MAX:
        raise AmountInvalidError(lines=len(lines), lines_max=LINES_MAX)
    for line in lines:
        if abs(line.total_minor) > TOTAL_MINOR_MAX or abs(line.quantity_milli) > QUANTITY_MILLI_MAX:
            raise AmountInvalidError(line_total_minor=line.total_minor)


def check_refund(amount_minor: int, *, lines: int = 0, is_free: bool = False) -> None:
    """Refuse a refund of nothing, of less, or of an absurd amount.

    Goods may come back without money, when points had paid them: then lines say which. A sale
    that `is_free` cost no money at all: nothing of it is all of it.
    """
    is_nothing = amount_minor == 0 and lines == 0 and not is_free
    if is_nothing or not 0 <= amount_minor <= TOTAL_MINOR_MAX:
        raise AmountInvalidError(amount_minor=amount_minor)


def check_refund_lines(lines: Sequence[RefundLineReport], *, amount_minor: int) -> None:
    """Refuse lines of a refund that do not add up to it, name a line twice or say nothing."""
    if not lines:
        return
    if len({line.line for line in lines}) != len(lines):
        raise AmountInvalidError(lines=len(lines))
    for line in lines:
        nothing = line.amount_minor == 0 and not line.quantity_milli
        if nothing or line.amount_minor < 0 or (line.quantity_milli or 0) < 0:
            raise AmountInvalidError(line=line.line)
    told = sum(line.amount_minor for line in lines)
    if told != amount_minor:
        raise AmountInvalidError(amount_minor=amount_minor, lines_minor=told)


def request_hash(fields: Mapping[str, object]) -> str:
    """Hash what a report means, so that a repeat is told from another act with the same id."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def mask_card_numbers(text: str) -> tuple[str, int]:
    """Strike payment card numbers out of a free text, down to their last four digits.

    A run counts as a card number when a brand has such a prefix and length and the Luhn digit
    fits; Luhn alone would hit a tenth of all other numbers. Returns the text and how many.
    """
    masked = 0

    def strike(found: re.Match[str]) -> str:
        nonlocal masked
        digits = re.sub(r"[ -]", "", found[0])
        if not _is_card_number(digits):
            return found[0]
        masked += 1
        return "•" * (len(digits) - _KEPT_DIGITS) + digits[-_KEPT_DIGITS:]

    return _DIGIT_RUN.sub(strike, text), masked


def masked_lines(lines: Sequence[SaleLineReport]) -> tuple[tuple[SaleLineReport, ...], int]:
    """Strike card numbers out of the descriptions of all lines; how many there were."""
    kept: list[SaleLineReport] = []
    masked = 0
    for line in lines:
        description, found = mask_card_numbers(line.description)
        masked += found
        kept.append(replace(line, description=description))
    return tuple(kept), masked


def luhn_valid(digits: str) -> bool:
    """Check the last digit of a number against the others (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004  the digits of 10 to 18 add up so
    return total % 10 == 0


def _is_card_number(digits: str) -> bool:
    return luhn_valid(digits) and any(
        len(digits) in lengths and prefix.match(digits) for prefix, lengths in _BRANDS
    )
