"""What of a sale can still come back, line by line, and what was paid for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.sale_back import sale_back
from loyalty.journeys.sale_goods import SaleGoods, goods_of_sale
from loyalty.points.queries import reward_by_id
from loyalty.points.redemption_rules import PIECES
from loyalty.points.redemptions import hold_of_sale, redemption_by_hold, taken_by_hold
from loyalty.points.refund_rules import LineBack, SaleBack
from loyalty.points.rewards.base import shared_out
from loyalty.sales.errors import SaleUnknownError
from loyalty.sales.queries import refunded_minor, sale_by_id

_PIECE_MILLI: Final = 1000


@dataclass(frozen=True, slots=True)
class LineLeft:
    """What is left of one line of goods; something sold by weight is one piece.

    `left_minor` was paid in money for `paid_pieces` of its `pieces`; points paid the others.
    """

    line: int
    description: str
    left_milli: int
    pieces: int
    paid_pieces: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class GoodsLeft:
    """A sale and what can still come back of it; of its money, `left_minor`."""

    sale_id: str
    currency: str
    left_minor: int
    lines: tuple[LineLeft, ...]


def goods_left(session: Session, program_id: int, store_id: UUID, sale_id: str) -> GoodsLeft:
    """Tell what of a sale of this store can still come back.

    Raises `SaleUnknownError`, also for another store's sale.
    """
    sale = sale_by_id(session, program_id, sale_id)
    if sale is None or sale.store_id != store_id:
        raise SaleUnknownError(sale_id=sale_id)
    left = sale.total_minor - refunded_minor(session, program_id, sale_id)
    goods = goods_of_sale(session, program_id, sale_id)
    back = _with_reward(session, program_id, sale_id, goods, paid=sale.total_minor, left=left)
    return GoodsLeft(sale_id, sale.currency, left, lines_left(goods, back))


def _with_reward(
    session: Session, program_id: int, sale_id: str, goods: SaleGoods, *, paid: int, left: int
) -> SaleBack:
    """Lay what a reward took off beside the lines, where a sale used one."""
    hold_id = hold_of_sale(session, program_id, sale_id) if goods.lines else None
    facts = None if hold_id is None else redemption_by_hold(session, program_id, hold_id)
    taken = None if hold_id is None else taken_by_hold(session, program_id, hold_id)
    if facts is None or taken is None:
        lines = [
            goods.line_back(number, line.total_minor, 0)
            for number, line in enumerate(goods.lines, 1)
            if line.quantity_milli > 0 and line.total_minor >= 0  # less is a discount of the till
        ]
        return SaleBack("", paid, paid - left, lines)
    reward = reward_by_id(session, program_id, facts.reward_id)
    assert reward is not None, "a reward that was redeemed stays"
    return sale_back(reward.kind, facts, taken, goods, paid_minor=paid, left_minor=left)


def lines_left(goods: SaleGoods, sale: SaleBack) -> tuple[LineLeft, ...]:
    """Share what was paid among the goods, to the last cent, and say what is left of each; pure.

    A discount of the whole bill falls on all lines in proportion. No line gives more than it
    was told with, and all together no more than is left of the sale.
    """
    nets = [line.listed_minor - line.share_minor for line in sale.lines]
    paid = _at_most(sale.paid_minor, nets)
    left = [
        max(0, min(was_paid, goods.lines[line.line - 1].total_minor) - _money_back(line))
        if not line.is_back
        else 0
        for line, was_paid in zip(sale.lines, paid, strict=True)
    ]
    left = list(_at_most(sale.paid_minor - sale.refunded_minor, left))
    has_free = sale.kind in PIECES and sale.is_exact
    return tuple(
        _line_left(goods, line, minor, has_free=has_free)
        for line, minor in zip(sale.lines, left, strict=True)
        if not line.is_back
    )


def _line_left(goods: SaleGoods, line: LineBack, minor: int, *, has_free: bool) -> LineLeft:
    milli = line.sold_milli - line.back_milli
    is_whole = milli % _PIECE_MILLI == 0 and line.sold_milli % _PIECE_MILLI == 0
    pieces = milli // _PIECE_MILLI if is_whole else 1
    paid_pieces = pieces
    if has_free and line.share_minor > 0 and is_whole:
        each = line.listed_minor * _PIECE_MILLI / line.sold_milli
        paid_pieces = min(pieces, max(1 if minor else 0, round(minor / each)))
    return LineLeft(
        line=line.line,
        description=goods.lines[line.line - 1].description,
        left_milli=milli,
        pieces=pieces,
        paid_pieces=paid_pieces,
        left_minor=minor,
    )


def _money_back(line: LineBack) -> int:
    return line.paid_back_minor + line.money_minor


def _at_most(most: int, amounts: Sequence[int]) -> Sequence[int]:
    return shared_out(most, amounts) if sum(amounts) > most else amounts
