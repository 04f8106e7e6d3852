"""What of a basket counts for a rule: exact shares of what was paid, line by line; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from loyalty.points.earning.document import Goods, Rule

_BP: Final = 10_000
_MILLI: Final = 1000


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One line of goods: what it is, how much of it, and what was paid for it.

    Units: `paid_minor` minor units with tax, an exact share of what the receipt came to;
    `quantity_milli` thousandths; `tax_bp` hundredths of a percent, None when no product list
    names it. `references` are what the goods are called: the shop's reference, the barcode.
    """

    line: int
    references: frozenset[str]
    category: str
    quantity_milli: Fraction
    paid_minor: Fraction
    tax_bp: int | None = None


@dataclass(frozen=True, slots=True)
class Basket:
    """What a receipt came to and the goods it names.

    `unnamed_minor` is the part that no line of goods explains: all of it when a till tells
    only the total.
    """

    total_minor: Fraction
    lines: tuple[BasketLine, ...] = ()
    unnamed_minor: Fraction = Fraction(0)
    tax_bp: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """One line as a till told it; a discount or something brought back is negative."""

    line: int
    reference: str
    quantity_milli: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the shop's list says of a reference."""

    references: frozenset[str]
    category: str
    tax_bp: int


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What was refunded of one line so far; `quantity_milli` is exact when only money was told."""

    minor: int = 0
    quantity_milli: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Returned:
    """All refunds of a receipt so far: by line, and what named no line."""

    lines: Mapping[int, GivenBack] = field(default_factory=dict)
    unnamed_minor: int = 0

    @property
    def minor(self) -> int:
        """All the money that was given back."""
        return self.unnamed_minor + sum(each.minor for each in self.lines.values())


def whole_basket(total_minor: int, *, tax_bp: int = 0) -> Basket:
    """Make a basket of a total without lines."""
    return Basket(Fraction(total_minor), unnamed_minor=Fraction(total_minor), tax_bp=tax_bp)


def basket_of(
    told: tuple[Told, ...],
    *,
    total_minor: int,
    known: Mapping[str, Known],
    tax_bp: int,
    returned: Returned | None = None,
) -> Basket:
    """Make a basket of what a till told, less what was given back.

    A negative line that names goods of the same receipt lowers these goods. Every other
    difference to the total (a discount, a reward, a coupon) is spread over the goods in
    proportion, so that no points are earned on what was not paid. What was paid beyond the
    lines is unnamed. It depends on the sums of the refunds alone, not on their order, and
    never grows with a refund.
    """
    returned = returned or Returned()
    goods, quantities = _positive(told)
    sold = sum(goods.values())
    paid = Fraction(min(total_minor, sold), sold) if sold else Fraction(0)
    shares = {line: minor * paid for line, minor in goods.items()}
    unnamed = Fraction(max(0, total_minor - sold))
    loose = Fraction(returned.unnamed_minor)
    for line, back in returned.lines.items():
        share = shares.get(line, Fraction(0))
        shares[line] = max(Fraction(0), share - back.minor)
        loose += max(Fraction(0), back.minor - share)
        quantities[line] = max(Fraction(0), quantities.get(line, Fraction(0)) - back.quantity_milli)
    rest = sum(shares.values(), unnamed)
    kept = max(Fraction(0), 1 - loose / rest) if rest else Fraction(0)
    named = {one.line: one for one in told}
    lines = tuple(
        _line(named[line], share * kept, quantities[line] * kept, known)
        for line, share in shares.items()
        if line in named
    )
    return Basket(rest * kept, lines, unnamed * kept, tax_bp)


def counted_minor(rule: Rule, basket: Basket) -> Fraction:
    """Say how much of what was paid counts for a rule, exactly.

    What no line names counts unless the rule counts named goods only.
    """
    counted = sum(
        (
            _without_tax(rule, line.paid_minor, line.tax_bp, basket)
            for line in basket.lines
            if _speaks_of(rule, line)
        ),
        Fraction(0),
    )
    if rule.include:
        return counted
    return counted + _without_tax(rule, basket.unnamed_minor, None, basket)


def counted_units(rule: Rule, basket: Basket) -> Fraction:
    """Say how many pieces or kilograms count for a rule."""
    milli = sum(
        (line.quantity_milli for line in basket.lines if _speaks_of(rule, line)), Fraction(0)
    )
    return milli / _MILLI


def plain_name(text: str) -> str:
    """Make two spellings of a category one: capitals and outer spaces do not count."""
    return " ".join(text.split()).casefold()


def _speaks_of(rule: Rule, line: BasketLine) -> bool:
    if rule.include and not _names(rule.include, line):
        return False
    return not _names(rule.exclude, line)


def _names(goods: Goods, line: BasketLine) -> bool:
    if any(reference in line.references for reference in goods.products):
        return True
    category = plain_name(line.category)
    return bool(category) and any(plain_name(each) == category for each in goods.categories)


def _without_tax(rule: Rule, minor: Fraction, tax_bp: int | None, basket: Basket) -> Fraction:
    if rule.tax == "in":
        return minor
    return minor * _BP / (_BP + (basket.tax_bp if tax_bp is None else tax_bp))


def _positive(told: tuple[Told, ...]) -> tuple[dict[int, int], dict[int, Fraction]]:
    """Take negative lines off the goods of their name; what is left of the goods by line."""
    goods = {one.line: one.total_minor for one in told if one.total_minor > 0}
    quantities = {one.line: Fraction(max(0, one.quantity_milli)) for one in told}
    for one in told:
        if one.total_minor >= 0 or not one.reference:
            continue
        off, back = -one.total_minor, Fraction(max(0, -one.quantity_milli))
        for other in told:
            if other.reference != one.reference or other.line not in goods:
                continue
            taken = min(off, goods[other.line])
            goods[other.line] -= taken
            off -= taken
            fewer = min(back, quantities[other.line])
            quantities[other.line] -= fewer
            back -= fewer
    return goods, quantities


def _line(told: Told, paid: Fraction, quantity: Fraction, known: Mapping[str, Known]) -> BasketLine:
    facts = known.get(told.reference)
    if facts is None:
        names = frozenset({told.reference} - {""})
        return BasketLine(told.line, names, "", quantity, paid)
    return BasketLine(
        told.line,
        facts.references | {told.reference},
        facts.category,
        quantity,
        paid,
        facts.tax_bp,
    )
