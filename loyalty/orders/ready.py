"""The store says that an order can be collected."""

from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.orders.change import Act, Change, locked_order, refuse_closed, unchanged, write_moves
from loyalty.orders.errors import OrderStateError
from loyalty.orders.queries import lines_of
from loyalty.orders.rules import OrderState


def tell_ready(session: Session, program_id: int, order_id: UUID, *, act: Act) -> Change:
    """Say that everything which could be picked waits for its person.

    Errors: `NotFoundError`; `OrderStateError` while something is still to be picked.
    """
    order = locked_order(session, program_id, order_id)
    refuse_closed(order, at=act.at)
    if order.state is OrderState.READY:
        return unchanged(session, order)
    lines = lines_of(session, program_id, order_id)
    if any(line.quantities.proposed or line.quantities.reserved for line in lines.values()):
        raise OrderStateError(state=order.state.value)
    return write_moves(session, order, (), act=act, lines=lines, ready_at=act.at)
