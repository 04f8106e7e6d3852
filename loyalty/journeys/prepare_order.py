"""The store prepares an order: accepted, picked line by line, told ready, or called off."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.order_stock import follow_with_stock
from loyalty.journeys.pickup_slots import slot_at
from loyalty.journeys.tell_shopper import tell_change, tell_shopper
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.orders.accept import accept
from loyalty.orders.cancel import cancel
from loyalty.orders.change import Act, Change
from loyalty.orders.pick import Picked, Seen, pick
from loyalty.orders.queries import LineFacts, lines_of, order_by_id
from loyalty.orders.ready import tell_ready
from loyalty.orders.reschedule import reschedule
from loyalty.orders.rules import OrderState
from loyalty.outbox.rules import Topic
from loyalty.programs.queries import store_by_id

SHOPPER = "shopper"


@dataclass(frozen=True, slots=True)
class OrderStep:
    """Which order somebody does something to, who, and why.

    `actor` is "shopper" for the person who ordered, "staff:<id>" or "till:<id>" for the store.
    Who may see or change which order was decided before.
    """

    program_id: int
    order_id: UUID
    actor: str
    reason: str = ""

    @property
    def is_shopper(self) -> bool:
        """Whether the cut-off counts."""
        return self.actor == SHOPPER


def accept_order(session: Session, step: OrderStep, *, tools: Tools) -> Change:
    """Let the store take an order on.

    Raises `NotFoundError`, `OrderStateError`.
    """
    return accept(session, step.program_id, step.order_id, act=_act(step, tools))


def pick_line(
    session: Session,
    step: OrderStep,
    line: int,
    *,
    picked_milli: int,
    is_all: bool,
    tools: Tools,
    seen: Seen | None = None,
) -> Change:
    """Say how much of a line is in the bag; with `is_all` the rest is canceled and free again.

    Raises `NotFoundError`, `OrderStateError`, `OrderChangedError` when `seen` is not so any more.
    """
    before = lines_of(session, step.program_id, step.order_id).get(line)
    change = pick(
        session,
        step.program_id,
        step.order_id,
        line,
        picked=Picked(picked_milli, is_all, seen),
        act=_act(step, tools),
    )
    follow_with_stock(session, step.program_id, change, tools=tools)
    if change.is_new and before is not None:
        _tell_short(session, step, change, before, tools=tools)
    return change


def tell_order_ready(session: Session, step: OrderStep, *, tools: Tools) -> Change:
    """Say that an order waits for its person.

    Raises `NotFoundError`, `OrderStateError`.
    """
    change = tell_ready(session, step.program_id, step.order_id, act=_act(step, tools))
    tell_change(session, change, actor=step.actor, tools=tools)
    return change


def cancel_order(session: Session, step: OrderStep, *, tools: Tools) -> Change:
    """Call an order off: its place and its stock are free for others.

    Raises `NotFoundError`, `OrderStateError`, and `ChangeTooLateError` for its shopper.
    """
    change = cancel(
        session,
        step.program_id,
        step.order_id,
        act=_act(step, tools),
        by_shopper=step.is_shopper,
    )
    follow_with_stock(session, step.program_id, change, tools=tools)
    tell_change(session, change, actor=step.actor, reason=step.reason, tools=tools)
    return change


def reschedule_order(
    session: Session, step: OrderStep, slot_starts_at: datetime, *, tools: Tools
) -> Change:
    """Collect at another time that the store offers now: the new place for the old one.

    Raises `NotFoundError`, `OrderStateError`, `SlotUnavailableError`, `SlotFullError`, and
    `ChangeTooLateError` for its shopper; the order stays where it was then.
    """
    order = order_by_id(session, step.program_id, step.order_id)
    store = None if order is None else store_by_id(session, step.program_id, order.store_id)
    if store is None:
        raise NotFoundError
    chosen = slot_at(session, store, slot_starts_at, now=tools.clock.now())
    change = reschedule(
        session,
        step.program_id,
        step.order_id,
        chosen.slot,
        policy=chosen.policy,
        act=_act(step, tools),
        by_shopper=step.is_shopper,
    )
    if change.is_new:
        tell_shopper(session, change.order, Topic.ORDER_MOVED, actor=step.actor, tools=tools)
    return change


def _tell_short(
    session: Session, step: OrderStep, change: Change, before: LineFacts, *, tools: Tools
) -> None:
    """Tell what of a line could not be found, if nobody tells it later.

    While an order is picked its page shows it, and the mail that it is ready names all of it at
    once; the last of an order calls it off.
    """
    if change.lines[before.line].quantities.canceled == before.quantities.canceled:
        return
    if change.order.state is OrderState.CANCELED:
        tell_change(session, change, actor=step.actor, reason=step.reason, tools=tools)
    elif change.order.state is OrderState.READY:
        tell_shopper(
            session,
            change.order,
            Topic.ORDER_CHANGED,
            actor=step.actor,
            reason=step.reason,
            tools=tools,
        )


def _act(step: OrderStep, tools: Tools) -> Act:
    return Act(step.actor, tools.clock.now(), step.reason)
