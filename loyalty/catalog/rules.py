"""Prices and quantities: pure arithmetic in whole minor units and thousandths."""

from typing import Final, Literal

Unit = Literal["piece", "kg"]

MILLI: Final = 1000
TAX_WHOLE_BP: Final = 10_000
QUANTITY_MILLI_MAX: Final = 1_000_000_000


def price_of(quantity_milli: int, price_minor: int) -> int:
    """Price a quantity in minor units, half a cent to the even one.

    Units: `quantity_milli` thousandths of the unit, `price_minor` for one unit.
    """
    assert quantity_milli >= 0
    return _half_even(quantity_milli * price_minor, MILLI)


def tax_within(total_minor: int, tax_bp: int) -> int:
    """Say how much of a total with tax included is tax, half a cent to the even one."""
    return _half_even(total_minor * tax_bp, TAX_WHOLE_BP + tax_bp)


def is_quantity(quantity_milli: int, unit: Unit) -> bool:
    """Say whether so much of it can be bought: whole pieces, or any weight."""
    in_range = 0 < quantity_milli <= QUANTITY_MILLI_MAX
    return in_range and (unit == "kg" or quantity_milli % MILLI == 0)


def _half_even(dividend: int, divisor: int) -> int:
    whole, rest = divmod(dividend, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and whole % 2 == 1):
        return whole + 1
    return whole
