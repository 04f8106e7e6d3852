"""What the clock does: orders nobody accepted, or nobody collected, let go of what they held."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.orders.change import Act, Change, locked_order, unchanged, write_moves
from loyalty.orders.queries import lines_of
from loyalty.orders.rules import OrderState, overdue_moves


def release(session: Session, program_id: int, order_id: UUID, *, at: datetime) -> Change:
    """Let an overdue order go; one that is not overdue, or was let go before, stays as it is.

    Errors: `NotFoundError`.
    """
    order = locked_order(session, program_id, order_id)
    if order.deadline is None or at < order.deadline:
        return unchanged(session, order)
    lines = lines_of(session, program_id, order_id)
    quantities = {number: line.quantities for number, line in lines.items()}
    reason = "not_accepted" if order.state is OrderState.PLACED else "not_collected"
    moves = overdue_moves(order.state, quantities)
    return write_moves(session, order, moves, act=Act("clock", at, reason), lines=lines)
