"""What waits in a store for whoever shows a card or an order's code: asked before any payment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.verdict import Verdict
from loyalty.identity.queries import members_of_person, person_of_card
from loyalty.journeys.order_totals import due_minor
from loyalty.journeys.tools import Tools
from loyalty.orders.queries import (
    LineFacts,
    OrderFacts,
    delegate_by_code,
    lines_of,
    open_orders,
    order_by_code,
    order_by_id,
)
from loyalty.orders.rules import OPEN, OrderState
from loyalty.wire.codes import CodeKind, CodeOutcome, SignedCode, take_apart

# An order's own deadline counts, which moves with its slot: the code's time may be an older one.
_READ = frozenset({CodeOutcome.OK, CodeOutcome.EXPIRED, CodeOutcome.TIME_UNSURE})


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """An order as the counter needs it. Units: `due_minor` in minor units of `currency`.

    `is_here` says whether it is collected at the store that asks.
    """

    order_id: UUID
    number: str
    store_id: UUID
    is_here: bool
    state: OrderState
    contact_name: str
    slot_starts_at: datetime
    slot_ends_at: datetime
    due_minor: int
    currency: str
    lines: tuple[LineFacts, ...]


@dataclass(frozen=True, slots=True)
class OrderOfCode:
    """The order that a code collects; `is_good` is False for a code that was called back."""

    order: OrderFacts
    kind: CodeKind
    is_good: bool


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
    return tuple(
        _waiting(session, order, store_id, now=now)
        for order in orders
        if order.state_at(now) in OPEN
    )


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


def _of_card(
    session: Session, program_id: int, store_id: UUID, card_id: str
) -> tuple[OrderFacts, ...]:
    person = person_of_card(session, program_id, card_id)
    if person is None:
        return ()
    members = members_of_person(session, program_id, person.cluster_id)
    ids = [member.member_id for member in members]
    return open_orders(session, program_id, store_id, member_ids=ids) if ids else ()


def _waiting(session: Session, order: OrderFacts, store_id: UUID, *, now: datetime) -> WaitingOrder:
    lines = tuple(lines_of(session, order.program_id, order.order_id).values())
    return WaitingOrder(
        order_id=order.order_id,
        number=order.number,
        store_id=order.store_id,
        is_here=order.store_id == store_id,
        state=order.state_at(now),
        contact_name=order.contact_name,
        slot_starts_at=order.slot_starts_at,
        slot_ends_at=order.slot_ends_at,
        due_minor=due_minor(lines),
        currency=order.currency,
        lines=lines,
    )
