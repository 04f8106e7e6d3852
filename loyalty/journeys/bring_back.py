"""An order's sale is given back whole: what was handed over stands on the shelf again."""

from datetime import datetime

from sqlalchemy.orm import Session

from loyalty.catalog.stock import Moves, move_stock, total_by_product
from loyalty.orders.hand_off import SALE_PREFIX
from loyalty.orders.queries import handed_lines, handoff_by_sale, lines_of


def bring_back(
    session: Session, program_id: int, *, sale_id: str, refund_id: str, at: datetime
) -> None:
    """Raise the stock by what a handoff gave, once for the refund that makes its sale whole.

    Of a part of the money nobody knows which goods it means, so a partial refund moves nothing;
    and a till's own sale tells what came back in lines of its own.
    """
    if not sale_id.startswith(SALE_PREFIX):
        return
    handoff = handoff_by_sale(session, program_id, sale_id)
    if handoff is None:
        return
    lines = lines_of(session, program_id, handoff.order_id)
    given = handed_lines(session, program_id, handoff.handoff_id)
    goods = total_by_product((lines[number].product_id, milli) for number, milli in given.items())
    move_stock(session, program_id, Moves("returned", f"refund:{refund_id}", goods, at))
