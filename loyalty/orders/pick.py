"""Picking an order line by line; what is not there is canceled and said so."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.orders.change import Act, Change, locked_order, refuse_closed, unchanged, write_moves
from loyalty.orders.errors import OrderChangedError, OrderStateError
from loyalty.orders.queries import LineFacts, lines_of
from loyalty.orders.rules import MILLI, OrderState, pick_moves


@dataclass(frozen=True, slots=True)
class Seen:
    """A line as somebody had it before them, in thousandths."""

    reserved_milli: int
    prepared_milli: int

    @classmethod
    def of(cls, line: LineFacts) -> Self:
        """Look at a line."""
        return cls(line.quantities.reserved, line.quantities.prepared)


@dataclass(frozen=True, slots=True)
class Picked:
    """How much of a line lies in the bag; with `is_all` the rest is not there and is canceled.

    With `seen`, what somebody else changed meanwhile is not changed back unknowingly.
    """

    quantity_milli: int
    is_all: bool
    seen: Seen | None = None


def pick(
    session: Session,
    program_id: int,
    order_id: UUID,
    line: int,
    *,
    picked: Picked,
    act: Act,
) -> Change:
    """Say how much of a line lies in the bag now.

    Less than before puts it back on the shelf. Saying the same twice changes nothing.

    Errors: `NotFoundError`; `OrderStateError` for an order that is not accepted, has ended, or
    has not so much of the line, or it is a part of a piece; `OrderChangedError`.
    """
    order = locked_order(session, program_id, order_id)
    refuse_closed(order, at=act.at)
    lines = lines_of(session, program_id, order_id)
    if order.state is OrderState.PLACED or line not in lines:
        raise OrderStateError(state=order.state.value)
    moves = pick_moves(
        line,
        lines[line].quantities,
        picked_milli=picked.quantity_milli,
        is_all=picked.is_all,
    )
    if moves is None or (lines[line].unit == "piece" and picked.quantity_milli % MILLI):
        raise OrderStateError(state=order.state.value, line=line)
    if not moves:
        return unchanged(session, order)
    if picked.seen not in {None, Seen.of(lines[line])}:
        raise OrderChangedError(state=order.state.value, line=line)
    return write_moves(session, order, moves, act=act, lines=lines)
