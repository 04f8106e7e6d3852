"""Picking an order line by line; what is not there is canceled and said so."""

from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.orders.change import Act, Change, locked_order, refuse_closed, unchanged, write_moves
from loyalty.orders.errors import OrderStateError
from loyalty.orders.queries import lines_of
from loyalty.orders.rules import OrderState, pick_moves


def pick(
    session: Session,
    program_id: int,
    order_id: UUID,
    line: int,
    *,
    picked_milli: int,
    is_all: bool,
    act: Act,
) -> Change:
    """Say how much of a line lies in the bag now; with `is_all` the rest is canceled.

    Less than before puts it back on the shelf. Saying the same twice changes nothing.

    Errors: `NotFoundError`; `OrderStateError` for an order that is not accepted, has ended, or
    has not so much of the line.
    """
    order = locked_order(session, program_id, order_id)
    refuse_closed(order, at=act.at)
    lines = lines_of(session, program_id, order_id)
    if order.state is OrderState.PLACED or line not in lines:
        raise OrderStateError(state=order.state.value)
    moves = pick_moves(line, lines[line].quantities, picked_milli=picked_milli, is_all=is_all)
    if moves is None:
        raise OrderStateError(state=order.state.value, line=line)
    if not moves:
        return unchanged(session, order)
    return write_moves(session, order, moves, act=act, lines=lines)
