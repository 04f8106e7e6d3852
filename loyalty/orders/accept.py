"""The store says that it will prepare an order."""

from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.orders.change import Act, Change, locked_order, refuse_closed, unchanged, write_moves
from loyalty.orders.queries import lines_of
from loyalty.orders.rules import OrderState, moves_to


def accept(session: Session, program_id: int, order_id: UUID, *, act: Act) -> Change:
    """Accept an order; of two who do, one did and the other sees that it is so.

    Errors: `NotFoundError`; `OrderStateError` when it has ended or was not accepted in time.
    """
    order = locked_order(session, program_id, order_id)
    refuse_closed(order, at=act.at)
    if order.state is not OrderState.PLACED:
        return unchanged(session, order)
    lines = lines_of(session, program_id, order_id)
    quantities = {number: line.quantities for number, line in lines.items()}
    moves = moves_to(quantities, "reserved", of=("proposed",))
    return write_moves(session, order, moves, act=act, lines=lines)
