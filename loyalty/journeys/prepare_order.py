"""The store prepares an order: accepted, picked line by line, told ready, or called off."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.order_stock import follow_with_stock
from loyalty.journeys.pickup_slots import slot_at
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.orders.accept import accept
from loyalty.orders.cancel import cancel
from loyalty.orders.change import Act, Change
from loyalty.orders.pick import pick
from loyalty.orders.queries import order_by_id
from loyalty.orders.ready import tell_ready
from loyalty.orders.reschedule import reschedule
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
) -> Change:
    """Say how much of a line is in the bag; with `is_all` the rest is canceled and free again.

    Raises `NotFoundError`, `OrderStateError`.
    """
    change = pick(
        session,
        step.program_id,
        step.order_id,
        line,
        picked_milli=picked_milli,
        is_all=is_all,
        act=_act(step, tools),
    )
    follow_with_stock(session, step.program_id, change, tools=tools)
    return change


def tell_order_ready(session: Session, step: OrderStep, *, tools: Tools) -> Change:
    """Say that an order waits for its person.

    Raises `NotFoundError`, `OrderStateError`.
    """
    return tell_ready(session, step.program_id, step.order_id, act=_act(step, tools))


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
    return reschedule(
        session,
        step.program_id,
        step.order_id,
        chosen.slot,
        policy=chosen.policy,
        act=_act(step, tools),
        by_shopper=step.is_shopper,
    )


def _act(step: OrderStep, tools: Tools) -> Act:
    return Act(step.actor, tools.clock.now(), step.reason)
