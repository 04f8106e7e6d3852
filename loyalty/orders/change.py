"""How every change of an order is written: its lines, its moves, its state and its slot.

An order's row is locked first, then slots in the order of time; then, in the journeys, the shelf
and the wallet. So two acts wait for each other and never in a ring.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.ids import new_id
from loyalty.orders.errors import OrderStateError
from loyalty.orders.queries import (
    LINE,
    MOVE,
    ORDER,
    LineFacts,
    OrderFacts,
    lines_of,
    order_by_id,
)
from loyalty.orders.rules import (
    HOLDS_SLOT,
    OPEN,
    OPEN_STATES,
    STATES,
    Deadlines,
    Move,
    OrderState,
    moved,
    order_state,
)
from loyalty.orders.slots import free_slot, use_slot


@dataclass(frozen=True, slots=True)
class Act:
    """Who changes an order ("shopper", "staff:<id>", "till:<id>", "clock"), why, and when."""

    actor: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What an act did to an order.

    `freed` and `given` are thousandths by product: what the stock gets back, and what left the
    store; `given_uncounted` is what left without being reserved. `act_id` is the reason
    that stands beside the stock's moves. Nothing is moved by an act that was done before.
    """

    order: OrderFacts
    lines: dict[int, LineFacts]
    act_id: str = ""
    is_new: bool = False
    freed: dict[UUID, int] = field(default_factory=dict)
    given: dict[UUID, int] = field(default_factory=dict)
    given_uncounted: dict[UUID, int] = field(default_factory=dict)


def locked_order(session: Session, program_id: int, order_id: UUID) -> OrderFacts:
    """Find an order and keep others from changing it until this act ends.

    Errors: `NotFoundError`.
    """
    order = order_by_id(session, program_id, order_id, lock=True)
    if order is None:
        raise NotFoundError
    return order


def refuse_closed(order: OrderFacts, *, at: datetime) -> None:
    """Refuse to change an order that has ended, or whose deadline has passed.

    Errors: `OrderStateError`.
    """
    state = order.state_at(at)
    if state not in OPEN:
        raise OrderStateError(state=state.value)


def unchanged(session: Session, order: OrderFacts) -> Change:
    """Answer an act that was done before, or that asks for what is so already."""
    return Change(order, lines_of(session, order.program_id, order.order_id))


def write_moves(
    session: Session,
    order: OrderFacts,
    moves: Sequence[Move],
    *,
    act: Act,
    lines: dict[int, LineFacts],
    ready_at: datetime | None = None,
) -> Change:
    """Move quantities of a locked order and write down what follows from it.

    `ready_at` says that the order is told ready in this act.
    """
    act_id = f"order:{order.order_id}:{new_id(act.at)}"
    change = Change(order, dict(lines), act_id, is_new=True)
    for move in moves:
        facts = change.lines[move.line]
        change.lines[move.line] = replace(facts, quantities=moved(facts.quantities, move))
        _count(change, facts, move)
    for number in sorted({move.line for move in moves}):
        _write_line(session, order, change.lines[number])
    if moves:
        session.execute(insert(MOVE), [_row(order, move, act, act_id) for move in moves])
    return replace(change, order=_write_order(session, change, act.at, ready_at=ready_at))


def _count(change: Change, line: LineFacts, move: Move) -> None:
    """Add up what a move means for the stock."""
    if move.to_state == "completed":
        # What was let go of is not reserved any more: found to be gone, it counts as sold.
        is_held = line.holds_stock and move.from_state in OPEN_STATES
        goods = change.given if is_held else change.given_uncounted
    elif move.to_state in {"canceled", "failed"} and line.holds_stock:
        goods = change.freed
    else:
        return
    goods[line.product_id] = goods.get(line.product_id, 0) + move.quantity_milli


def _write_line(session: Session, order: OrderFacts, line: LineFacts) -> None:
    session.execute(
        update(LINE)
        .where(
            LINE.c.program_id == order.program_id,
            LINE.c.order_id == order.order_id,
            LINE.c.line == line.line,
        )
        .values({f"{state}_milli": line.quantities.of(state) for state in STATES})
    )


def _row(order: OrderFacts, move: Move, act: Act, act_id: str) -> dict[str, object]:
    return {
        "program_id": order.program_id,
        "move_id": new_id(act.at),
        "order_id": order.order_id,
        "line": move.line,
        "from_state": move.from_state,
        "to_state": move.to_state,
        "quantity_milli": move.quantity_milli,
        "act_id": act_id,
        "actor": act.actor,
        "reason": act.reason,
        "at": act.at,
    }


def _write_order(
    session: Session, change: Change, at: datetime, *, ready_at: datetime | None
) -> OrderFacts:
    """Derive the order's state again; an order that lets go of its place frees it."""
    order = change.order
    told_ready = ready_at or order.ready_at
    state = order_state(
        [line.quantities for line in change.lines.values()], is_told_ready=told_ready is not None
    )
    clock = Deadlines(order.accept_by, order.change_until, order.collect_by)
    is_accepting = order.state is OrderState.PLACED and state is OrderState.ACCEPTED
    # What has to be picked again is not ready any more.
    still_ready = None if state in {OrderState.PLACED, OrderState.ACCEPTED} else told_ready
    values = {
        "state": state,
        "deadline": clock.of(state),
        "accepted_at": at if is_accepting else order.accepted_at,
        "ready_at": still_ready,
        "ended_at": None if state in OPEN else at,
    }
    session.execute(
        update(ORDER)
        .where(ORDER.c.program_id == order.program_id, ORDER.c.order_id == order.order_id)
        .values({**values, "state": state.value})
    )
    if order.state in HOLDS_SLOT and state not in HOLDS_SLOT:
        free_slot(session, order.program_id, order.store_id, order.slot_starts_at)
    if order.state not in HOLDS_SLOT and state in HOLDS_SLOT:
        use_slot(session, order.program_id, order.store_id, order.slot_starts_at)
    return replace(order, **values)  # type: ignore[arg-type]
