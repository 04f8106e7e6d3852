"""What waits in a store for whoever shows a card or an order's code: asked before any payment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from loyalty.codes.verdict import Verdict
from loyalty.db.prepared import Prepared
from loyalty.identity.models import Identifier
from loyalty.identity.values import own_identifier_id
from loyalty.journeys.order_totals import due_minor
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.orders.queries import (
    ORDER,
    LineFacts,
    OrderFacts,
    delegate_by_code,
    delegates_of_orders,
    last_handed_at,
    lines_of_orders,
    open_orders,
    order_by_code,
    order_by_id,
)
from loyalty.orders.rules import OPEN, OrderState
from loyalty.programs.queries import store_by_id, stores_of
from loyalty.programs.rules import local_day
from loyalty.wire.codes import CodeKind, CodeOutcome, SignedCode, take_apart

# An order's own deadline counts, which moves with its slot: the code's time may be an older one.
_READ = frozenset({CodeOutcome.OK, CodeOutcome.EXPIRED, CodeOutcome.TIME_UNSURE})
_ORDER_KINDS: Final = frozenset({CodeKind.PICKUP, CodeKind.DELEGATE})


class Standing(StrEnum):
    """What a counter can do with an order; stable, tills may rely on them."""

    READY = "ready"
    NOT_READY = "not_ready"
    ELSEWHERE = "elsewhere"
    COLLECTED = "collected"
    CANCELED = "canceled"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """An order as the counter needs it. Units: `due_minor` in minor units of `currency`.

    `is_here` says whether it is collected at the store that asks; of an order of another store
    nothing but that is for the counter. `handed_at` is when it was given last, if ever.
    """

    order_id: UUID
    number: str
    store_name: str
    is_here: bool
    state: OrderState
    contact_name: str
    slot_starts_at: datetime
    slot_ends_at: datetime
    collect_by: datetime
    due_minor: int
    currency: str
    lines: tuple[LineFacts, ...]
    handed_at: datetime | None = None

    @property
    def standing(self) -> Standing:
        """Say what the counter can do with it."""
        if not self.is_here:
            return Standing.ELSEWHERE
        return _STANDING[self.state]


_STANDING: Final[Mapping[OrderState, Standing]] = {
    OrderState.PLACED: Standing.NOT_READY,
    OrderState.ACCEPTED: Standing.NOT_READY,
    OrderState.READY: Standing.READY,
    OrderState.DONE: Standing.COLLECTED,
    OrderState.CANCELED: Standing.CANCELED,
    OrderState.MISSED: Standing.MISSED,
}
# What is wrong with a good code of an order that is over; of an open one nothing.
_OUTCOME: Final[Mapping[Standing, CodeOutcome]] = {
    Standing.COLLECTED: CodeOutcome.ALREADY_USED,
    Standing.CANCELED: CodeOutcome.REVOKED,
    Standing.MISSED: CodeOutcome.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class OrderOfCode:
    """The order that a code collects; `is_good` is False for a code that was called back."""

    order: OrderFacts
    kind: CodeKind
    is_good: bool


@dataclass(frozen=True, slots=True)
class ShownOrder:
    """What a pickup or delegate code is worth here; no order for a code that was called back."""

    outcome: CodeOutcome
    order: WaitingOrder | None


@dataclass(frozen=True, slots=True)
class OrderCode:
    """What a code that collects an order carries: known, it is looked for without the service."""

    kind: CodeKind
    subject_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class CounterOrder:
    """An order of a store's list, and the codes that collect it."""

    order: WaitingOrder
    codes: tuple[OrderCode, ...]


def orders_waiting(
    session: Session, program_id: int, store_id: UUID, verdict: Verdict, *, tools: Tools
) -> tuple[WaitingOrder, ...]:
    """List what waits for whoever showed a judged code: a card's person, or an order's code.

    A person's orders are those of all their joined memberships, at this store. A code of an
    order at another store is told, so that the counter can say where.
    """
    now = tools.clock.now()
    named = order_of_code(session, program_id, verdict)
    if named is not None:
        orders: tuple[OrderFacts, ...] = (named.order,) if named.is_good else ()
    elif verdict.identifies and verdict.card_id is not None:
        orders = _of_card(session, program_id, store_id, verdict.card_id)
    else:
        orders = ()
    return _waiting_of(
        session,
        [order for order in orders if order.state_at(now) in OPEN],
        store_id,
        now=now,
    )


def shown_order(
    session: Session, program_id: int, store_id: UUID, verdict: Verdict, *, tools: Tools
) -> ShownOrder | None:
    """Judge a pickup or delegate code whose signature is good; None for every other code.

    The order says how it stands: collected, canceled, missed, at another store, or not ready.
    """
    if verdict.kind not in _ORDER_KINDS or verdict.outcome not in _READ:
        return None
    named = order_of_code(session, program_id, verdict)
    if named is None or not named.is_good:
        # Signed by us, and called back; or the order is gone.
        return ShownOrder(CodeOutcome.REVOKED, None)
    now = tools.clock.now()
    (order,) = _waiting_of(session, [named.order], store_id, now=now)
    return ShownOrder(_OUTCOME.get(order.standing, CodeOutcome.OK), order)


def counter_orders(
    session: Session, program_id: int, store_id: UUID, *, tools: Tools
) -> tuple[CounterOrder, ...]:
    """List what a store hands over today and what it still has to pick; what is ready first.

    Raises `NotFoundError` for an unknown store.
    """
    now = tools.clock.now()
    store = store_by_id(session, program_id, store_id)
    if store is None:
        raise NotFoundError
    today = local_day(now, store.time_zone)
    orders = {
        order.order_id: order
        for order in open_orders(session, program_id, store_id)
        if order.state_at(now) in OPEN and local_day(order.slot_starts_at, store.time_zone) <= today
    }
    found = _waiting_of(session, orders.values(), store_id, now=now)
    codes: dict[UUID, list[OrderCode]] = {
        order_id: [OrderCode(CodeKind.PICKUP, order.code_subject, order.epoch)]
        for order_id, order in orders.items()
    }
    for delegate in delegates_of_orders(session, program_id, orders):
        codes[delegate.order_id].append(
            OrderCode(CodeKind.DELEGATE, delegate.code_subject, delegate.epoch)
        )
    # The list comes in the order of the slots, and a sort keeps it.
    ready_first = sorted(found, key=lambda order: order.standing is not Standing.READY)
    return tuple(CounterOrder(order, tuple(codes[order.order_id])) for order in ready_first)


def order_of_code(session: Session, program_id: int, verdict: Verdict) -> OrderOfCode | None:
    """Find the order that a judged pickup or delegate code names; None for every other code."""
    if verdict.outcome not in _READ or verdict.text is None or verdict.subject_id is None:
        return None
    code = take_apart(verdict.text)
    assert isinstance(code, SignedCode), "its signature was good"
    epoch = code.header.epoch
    if verdict.kind is CodeKind.PICKUP:
        order = order_by_code(session, program_id, verdict.subject_id)
        return None if order is None else OrderOfCode(order, verdict.kind, epoch == order.epoch)
    if verdict.kind is CodeKind.DELEGATE:
        delegate = delegate_by_code(session, program_id, verdict.subject_id)
        order = None if delegate is None else order_by_id(session, program_id, delegate.order_id)
        if delegate is None or order is None:
            return None
        is_good = delegate.revoked_at is None and epoch == delegate.epoch
        return OrderOfCode(order, verdict.kind, is_good)
    return None


_SHOWN = aliased(Identifier, name="shown")
_SAME = aliased(Identifier, name="same")
# One look for every scan: most persons wait for nothing.
_OF_CARD: Final = Prepared(
    select(ORDER.c.order_id)
    .select_from(_SHOWN)
    .join(_SAME, (_SAME.program_id == _SHOWN.program_id) & (_SAME.cluster_id == _SHOWN.cluster_id))
    .join(
        ORDER,
        (ORDER.c.program_id == _SAME.program_id) & (ORDER.c.member_id == _SAME.identifier_id),
    )
    .where(
        _SHOWN.program_id == bindparam("program"),
        _SHOWN.identifier_id == bindparam("identifier"),
        ORDER.c.store_id == bindparam("store"),
        or_(*(ORDER.c.state == state.value for state in sorted(OPEN))),
    )
    .order_by(ORDER.c.slot_starts_at, ORDER.c.order_id)
)


def _of_card(
    session: Session, program_id: int, store_id: UUID, card_id: str
) -> tuple[OrderFacts, ...]:
    identifier_id = own_identifier_id("card", card_id)
    rows = _OF_CARD.rows(session, program=program_id, identifier=identifier_id, store=store_id)
    found = [order_by_id(session, program_id, row[0]) for row in rows]
    return tuple(order for order in found if order is not None)


def _waiting_of(
    session: Session, orders: Iterable[OrderFacts], store_id: UUID, *, now: datetime
) -> tuple[WaitingOrder, ...]:
    found = tuple(orders)
    if not found:
        return ()
    program_id = found[0].program_id
    ids = [order.order_id for order in found]
    lines = lines_of_orders(session, program_id, ids)
    handed = last_handed_at(session, program_id, ids)
    names = {store.store_id: store.name for store in stores_of(session, program_id)}
    return tuple(
        WaitingOrder(
            order_id=order.order_id,
            number=order.number,
            store_name=names[order.store_id],
            is_here=order.store_id == store_id,
            state=order.state_at(now),
            contact_name=order.contact_name,
            slot_starts_at=order.slot_starts_at,
            slot_ends_at=order.slot_ends_at,
            collect_by=order.collect_by,
            due_minor=due_minor(lines[order.order_id], discount_minor=order.discount_minor),
            currency=order.currency,
            lines=lines[order.order_id],
            handed_at=handed.get(order.order_id),
        )
        for order in found
    )
