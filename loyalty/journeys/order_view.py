"""What whoever ordered sees of an order, and what they may still change alone."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.order_codes import delegate_code, pickup_code, spoken_code
from loyalty.journeys.order_reward import reward_name
from loyalty.journeys.order_totals import due_minor, line_total
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.orders.delegates import add_delegate, revoke_delegate
from loyalty.orders.endings import Ending, ending_of
from loyalty.orders.errors import OrderStateError
from loyalty.orders.queries import (
    DelegateFacts,
    LineFacts,
    OrderFacts,
    delegate_by_code,
    delegates_of,
    lines_of,
    order_by_id,
)
from loyalty.orders.reschedules import reschedules_of
from loyalty.orders.rules import OPEN, OrderState
from loyalty.programs.queries import StoreFacts, store_by_id


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its own page shows it.

    Units: `due_minor` and `paid_minor` in minor units of the order's currency. `turn` counts how
    often it was moved or called off, for calendars. The codes are "" once it has ended.
    """

    order: OrderFacts
    store: StoreFacts
    state: OrderState
    lines: tuple[LineFacts, ...]
    delegates: tuple[DelegateFacts, ...]
    ending: Ending | None
    turn: int
    reward_name: str | None
    due_minor: int
    paid_minor: int
    can_change: bool
    version: str
    code: str = field(repr=False)
    spoken: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CollectView:
    """What somebody who collects for another sees: no name, no goods, no price."""

    order: OrderFacts
    store: StoreFacts
    state: OrderState
    name: str
    is_revoked: bool
    code: str = field(repr=False)


def order_view(session: Session, program_id: int, order_id: UUID, *, tools: Tools) -> OrderView:
    """Tell everything about an order to whoever ordered it.

    Errors: `NotFoundError`.
    """
    now = tools.clock.now()
    order = order_by_id(session, program_id, order_id)
    store = None if order is None else store_by_id(session, program_id, order.store_id)
    if order is None or store is None:
        raise NotFoundError
    state = order.state_at(now)
    is_open = state in OPEN
    lines = tuple(lines_of(session, program_id, order_id).values())
    delegates = tuple(
        each for each in delegates_of(session, program_id, order_id) if each.revoked_at is None
    )
    moved = len(reschedules_of(session, program_id, order_id))
    return OrderView(
        order=order,
        store=store,
        state=state,
        lines=lines,
        delegates=delegates,
        ending=ending_of(session, program_id, order_id),
        turn=moved + (state in {OrderState.CANCELED, OrderState.MISSED}),
        reward_name=reward_name(session, order),
        due_minor=due_minor(lines, discount_minor=order.discount_minor),
        paid_minor=sum(line_total(line, line.quantities.completed) for line in lines)
        - order.discount_taken_minor,
        can_change=is_open and now < order.change_until,
        version=_version(order, state, lines, delegates, can_change=now < order.change_until),
        code=pickup_code(session, order, tools=tools) if is_open else "",
        spoken=spoken_code(order, keys=tools.keys) if is_open else "",
    )


def _version(
    order: OrderFacts,
    state: OrderState,
    lines: tuple[LineFacts, ...],
    delegates: tuple[DelegateFacts, ...],
    *,
    can_change: bool,
) -> str:
    """Give a short text that changes when the page would."""
    told = (
        state,
        order.slot_starts_at.isoformat(),
        order.ready_at is not None,
        can_change,
        [line.quantities for line in lines],
        [each.code_subject for each in delegates],
    )
    return sha256(repr(told).encode()).hexdigest()[:16]


def collect_view(
    session: Session, program_id: int, code_subject: str, *, tools: Tools
) -> CollectView:
    """Tell somebody who collects for another where and when, and their code.

    Errors: `NotFoundError`.
    """
    delegate = delegate_by_code(session, program_id, code_subject)
    order = None if delegate is None else order_by_id(session, program_id, delegate.order_id)
    store = None if order is None else store_by_id(session, program_id, order.store_id)
    if delegate is None or order is None or store is None:
        raise NotFoundError
    state = order.state_at(tools.clock.now())
    is_good = state in OPEN and delegate.revoked_at is None
    return CollectView(
        order=order,
        store=store,
        state=state,
        name=delegate.name,
        is_revoked=delegate.revoked_at is not None,
        code=delegate_code(session, order, delegate, tools=tools) if is_good else "",
    )


def let_collect(
    session: Session, program_id: int, order_id: UUID, *, name: str, tools: Tools
) -> DelegateFacts:
    """Let somebody else collect an order.

    Errors: those of `add_delegate`.
    """
    return add_delegate(session, program_id, order_id, name=name, at=tools.clock.now())


def take_back_collecting(
    session: Session, program_id: int, order_id: UUID, code_subject: str, *, at: datetime
) -> bool:
    """Take a delegate's code of this order back; False when it was taken back before.

    Errors: `NotFoundError` for a code of another order, `OrderStateError` once it was collected.
    """
    delegate = delegate_by_code(session, program_id, code_subject)
    order = order_by_id(session, program_id, order_id, lock=True)
    if delegate is None or order is None or delegate.order_id != order_id:
        raise NotFoundError
    if order.state is OrderState.DONE:
        raise OrderStateError(state=order.state.value)
    return revoke_delegate(session, program_id, code_subject, at=at)
