"""How much of a reward comes back with what of its sale was given back; pure and exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Final

from loyalty.points.redemption_rules import PIECES

_NOTHING: Final = Fraction(0)
_ALL: Final = Fraction(1)
_PIECE_MILLI: Final = 1000


@dataclass(frozen=True, slots=True)
class LineBack:
    """One line of goods of a sale, and all that refunds gave back of it so far.

    Units: `listed_minor` minor units before the reward, `share_minor` what the reward took off
    it; quantities in thousandths. Of what came back `money_minor` was told without a quantity:
    the goods stayed, and money alone was given. `line` counts from 1 in the sale's order.
    """

    listed_minor: int
    share_minor: int
    sold_milli: int
    back_milli: int = 0
    paid_back_minor: int = 0
    money_minor: int = 0
    line: int = 0

    @property
    def is_back(self) -> bool:
        """Whether all of its goods came back."""
        return self.back_milli >= self.sold_milli

    @property
    def part_back(self) -> Fraction:
        """The part of its goods that came back."""
        return min(_ALL, Fraction(self.back_milli, self.sold_milli))

    @property
    def reward_back(self) -> Fraction:
        """The part of its share of the reward that came back.

        Goods that came back without their money had been paid by the reward. Money alone gives
        its part of the line.
        """
        paid = self.listed_minor - self.share_minor
        alone = Fraction(self.money_minor, paid) if paid > 0 else _NOTHING
        return min(_ALL, self.free_back + alone)

    @property
    def free_back(self) -> Fraction:
        """The part of what the reward paid that came back as goods."""
        if self.is_back:
            return _ALL
        free = self.listed_minor * self.part_back - self.paid_back_minor
        return max(_NOTHING, min(free, Fraction(self.share_minor))) / self.share_minor

    @property
    def free_left(self) -> int:
        """How many pieces that the reward paid did not come back."""
        if self.share_minor <= 0:
            return 0
        return floor(self.free_pieces * (1 - self.free_back) + Fraction(1, 2))

    @property
    def free_pieces(self) -> int:
        """How many pieces of it the reward paid; something sold by weight is one."""
        if self.share_minor <= 0:
            return 0
        pieces = 1 if self.sold_milli % _PIECE_MILLI else self.sold_milli // _PIECE_MILLI
        return max(1, round(Fraction(self.share_minor * pieces, max(1, self.listed_minor))))


@dataclass(frozen=True, slots=True)
class SaleBack:
    """A sale that a reward paid a part of, and all its refunds so far.

    Units: `paid_minor` what was paid in money, `refunded_minor` what of it went back, with or
    without a line. `lines` are the goods, none when nobody told them; `is_exact` says that each
    knows its share of the reward.
    """

    kind: str
    paid_minor: int
    refunded_minor: int
    lines: Sequence[LineBack] = ()
    is_exact: bool = False


def part_back(sale: SaleBack) -> Fraction:
    """Say which part of a refunded sale's reward has come back; sums count, never their order.

    With all of the goods it is everything. A product given for nothing comes back with its own
    line, piece by piece; money that names no line gives its part of the rest. Every other
    reward comes back as the money does or, of a bill without money, as the goods do; where
    nobody told goods either, any refund is of all of it.
    """
    if sale.lines and all(line.is_back for line in sale.lines):
        return _ALL
    if sale.kind in PIECES and sale.is_exact:
        return _pieces_back(sale)
    if sale.paid_minor > 0:
        return min(_ALL, Fraction(sale.refunded_minor, sale.paid_minor))
    weights = [line.listed_minor for line in sale.lines]
    if not any(weights):
        weights = [1] * len(weights)
    back = sum((weight * line.part_back for weight, line in _beside(weights, sale)), _NOTHING)
    return back / sum(weights) if weights else _ALL


def _pieces_back(sale: SaleBack) -> Fraction:
    free = [line for line in sale.lines if line.share_minor > 0]
    pieces = [line.free_pieces for line in free]
    back = sum(
        (count * line.reward_back for count, line in zip(pieces, free, strict=True)), _NOTHING
    )
    part = back / sum(pieces)
    named = sum(line.paid_back_minor + line.money_minor for line in sale.lines)
    rest, unnamed = sale.paid_minor - named, sale.refunded_minor - named
    if unnamed > 0 and rest > 0:
        part += (1 - part) * min(_ALL, Fraction(unnamed, rest))
    return part


def _beside(weights: Sequence[int], sale: SaleBack) -> list[tuple[int, LineBack]]:
    return list(zip(weights, sale.lines, strict=True))
