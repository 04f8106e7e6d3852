"""What an order costs: its lines at the prices of the day it was placed, and the tax in them."""

from collections.abc import Iterable
from dataclasses import dataclass

from loyalty.catalog.rules import price_of, tax_within
from loyalty.orders.queries import LineFacts


@dataclass(frozen=True, slots=True)
class TaxShare:
    """How much of a total is taxed at one rate, and how much of that is the tax.

    Units: minor units; `tax_bp` hundredths of a percent.
    """

    tax_bp: int
    total_minor: int
    tax_minor: int


def line_total(line: LineFacts, quantity_milli: int) -> int:
    """Price so much of a line in minor units."""
    return price_of(quantity_milli, line.price_minor)


def due_minor(lines: Iterable[LineFacts], *, discount_minor: int = 0) -> int:
    """Say what is to be paid when everything that is still wanted is collected.

    `discount_minor` is what its reward still takes off.
    """
    goods = sum(line_total(line, line.quantities.held) for line in lines)
    return max(0, goods - discount_minor)


def tax_shares(parts: Iterable[tuple[int, int]]) -> tuple[TaxShare, ...]:
    """Say what tax lies in totals, from pairs of rate and amount; the lowest rate first.

    Rounding: once per rate, as on a receipt.
    """
    by_rate: dict[int, int] = {}
    for tax_bp, total_minor in parts:
        by_rate[tax_bp] = by_rate.get(tax_bp, 0) + total_minor
    return tuple(
        TaxShare(tax_bp, total, tax_within(total, tax_bp))
        for tax_bp, total in sorted(by_rate.items())
    )
