"""The goods of a sale and what refunds gave back of them so far, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from loyalty.points.refund_rules import LineBack
from loyalty.sales.queries import (
    RefundLineFacts,
    SaleFacts,
    lines_of,
    refund_lines_of,
    refunded_minor,
    sale_by_id,
)
from loyalty.sales.rules import SaleLineReport


@dataclass(frozen=True, slots=True)
class SaleGoods:
    """What a till told of a sale, and every line that refunds named since."""

    lines: Sequence[SaleLineReport] = ()
    back: Sequence[RefundLineFacts] = ()

    def line_back(self, line: int, listed_minor: int, share_minor: int) -> LineBack:
        """Add up what came back of one line; it counts from 1."""
        back = [one for one in self.back if one.line == line]
        return LineBack(
            listed_minor=listed_minor,
            share_minor=share_minor,
            sold_milli=self.lines[line - 1].quantity_milli,
            back_milli=sum(one.quantity_milli or 0 for one in back),
            paid_back_minor=sum(one.amount_minor for one in back if one.quantity_milli),
            money_minor=sum(one.amount_minor for one in back if not one.quantity_milli),
            line=line,
        )

    @property
    def is_all_back(self) -> bool:
        """Whether every piece of it came back."""
        sold = [
            number
            for number, line in enumerate(self.lines, 1)
            if line.quantity_milli > 0 and line.total_minor >= 0  # less is a discount of the till
        ]
        return bool(sold) and all(self.line_back(number, 0, 0).is_back for number in sold)

    @property
    def kept(self) -> tuple[SaleLineReport, ...]:
        """The lines with what nobody brought back; money alone takes no goods away."""
        return tuple(
            replace(
                line,
                quantity_milli=line.quantity_milli
                - sum(one.quantity_milli or 0 for one in self.back if one.line == number),
            )
            for number, line in enumerate(self.lines, 1)
        )


def is_whole_back(sale: SaleFacts, left_minor: int, goods: SaleGoods) -> bool:
    """Say whether all of a sale was given back: its money and, where goods were told, those."""
    names_goods = sale.total_minor == 0 or any(one.quantity_milli for one in goods.back)
    return left_minor == 0 and (goods.is_all_back or not names_goods)


def stands(session: Session, program_id: int, sale_id: str) -> bool:
    """Say whether anything of a sale was not given back."""
    sale = sale_by_id(session, program_id, sale_id)
    if sale is None:
        return False
    left = sale.total_minor - refunded_minor(session, program_id, sale_id)
    return not is_whole_back(sale, left, goods_of_sale(session, program_id, sale_id))


def goods_of_sale(session: Session, program_id: int, sale_id: str) -> SaleGoods:
    """Read the lines of a sale and of its refunds."""
    lines = lines_of(session, program_id, sale_id)
    back = refund_lines_of(session, program_id, [sale_id]).get(sale_id, ()) if lines else ()
    return SaleGoods(lines, back)
