"""Calling an order off: by its shopper until the cut-off, by the store as long as it is open."""

from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.orders.change import Act, Change, locked_order, refuse_closed, unchanged, write_moves
from loyalty.orders.errors import ChangeTooLateError
from loyalty.orders.queries import OrderFacts, lines_of
from loyalty.orders.rules import OPEN_STATES, OrderState, moves_to


def cancel(
    session: Session, program_id: int, order_id: UUID, *, act: Act, by_shopper: bool
) -> Change:
    """Call off what was not handed over; the place and the stock are free again.

    Errors: `NotFoundError`; `OrderStateError` when it has ended otherwise; `ChangeTooLateError`
    for a shopper after the cut-off.
    """
    order = locked_order(session, program_id, order_id)
    if order.state is OrderState.CANCELED:
        return unchanged(session, order)
    refuse_closed(order, at=act.at)
    if by_shopper:
        refuse_late(order, act)
    lines = lines_of(session, program_id, order_id)
    quantities = {number: line.quantities for number, line in lines.items()}
    moves = moves_to(quantities, "canceled", of=OPEN_STATES)
    return write_moves(session, order, moves, act=act, lines=lines)


def refuse_late(order: OrderFacts, act: Act) -> None:
    """Refuse a shopper's change after the cut-off.

    Errors: `ChangeTooLateError`.
    """
    if act.at >= order.change_until:
        raise ChangeTooLateError(change_until=order.change_until.isoformat())
