"""Write an order down, once; its place and its stock are taken in the same act."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from loyalty.db.writes import hold
from loyalty.kernel.ids import random_card_id
from loyalty.orders.errors import OrderConflictError, OrderInvalidError, SlotUnavailableError
from loyalty.orders.queries import LINE, ORDER, POLICY, OrderFacts, order_by_id
from loyalty.orders.rules import (
    LINES_MAX,
    NAME_LENGTH_MAX,
    SPOKEN_TRIES,
    STATES,
    TEXT_LENGTH_MAX,
    OrderState,
    deadlines,
    short_number,
)
from loyalty.orders.slot_rules import Policy, SlotTime


@dataclass(frozen=True, slots=True)
class Contact:
    """Who ordered, as they wrote it, and how they are told."""

    name: str
    email: str = ""
    phone: str = ""
    note: str = ""
    language: str = "es"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose order it is: nobody's, or a member's with the card and the visit it came from."""

    member_id: UUID | None = None
    card_id: str | None = None
    visit_id: UUID | None = None


NOBODY: Final = Owner()


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A product at the price of this moment, and how much of it."""

    product_id: UUID
    sku: str
    name: str
    unit: str
    price_minor: int
    tax_bp: int
    quantity_milli: int


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order to write down; `order_id` was made by the caller before sending."""

    order_id: UUID
    store_id: UUID
    slot: SlotTime
    accept_by: datetime
    lines: Sequence[WantedLine]
    contact: Contact
    owner: Owner
    total_minor: int
    currency: str
    request_hash: str
    hold_id: str | None = None
    discount_minor: int = 0


def order_hash(
    store_id: UUID,
    slot_starts_at: datetime,
    quantities: Sequence[tuple[UUID, int]],
    contact: Contact,
    reward: Sequence[object] = (),
) -> str:
    """Hash what somebody ordered; prices, which change, are not part of it."""
    told: list[object] = [
        str(store_id),
        slot_starts_at.timestamp(),
        sorted([str(product_id), quantity] for product_id, quantity in quantities),
        [contact.name, contact.email, contact.phone, contact.note],
    ]
    if reward:
        told.append([str(part) for part in reward])
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def check_basket(quantities: Sequence[tuple[UUID, int]], contact: Contact) -> None:
    """Refuse an order of nothing, of too much, or by nobody.

    Errors: `OrderInvalidError`.
    """
    if not quantities:
        raise OrderInvalidError(reason="empty")
    if len(quantities) > LINES_MAX:
        raise OrderInvalidError(reason="too_many_lines", lines_max=LINES_MAX)
    texts = (contact.email, contact.phone, contact.note)
    if (
        not contact.name.strip()
        or len(contact.name) > NAME_LENGTH_MAX
        or any(len(text) > TEXT_LENGTH_MAX for text in texts)
    ):
        raise OrderInvalidError(reason="contact")


def placed_before(
    session: Session, program_id: int, order_id: UUID, *, request_hash: str
) -> OrderFacts | None:
    """Find the order if it was placed already; until this act ends nobody else places it.

    Errors: `OrderConflictError` when the id was used for another order.
    """
    hold(session, "order", program_id, str(order_id))
    order = order_by_id(session, program_id, order_id)
    if order is not None and order.request_hash != request_hash:
        raise OrderConflictError(order_id=str(order_id))
    return order


def place(
    session: Session,
    program_id: int,
    draft: OrderDraft,
    *,
    policy: Policy,
    held: Collection[UUID],
    at: datetime,
) -> OrderFacts:
    """Write an order down after its place and its stock were taken in this act.

    `held` are the products whose stock was reserved. Raising anywhere undoes all of it.
    """
    clock = deadlines(
        accept_by=draft.accept_by,
        slot_starts_at=draft.slot.starts_at,
        slot_ends_at=draft.slot.ends_at,
        cutoff=timedelta(minutes=policy.cutoff_minutes),
        keep=timedelta(hours=policy.keep_hours),
    )
    order = OrderFacts(
        program_id=program_id,
        order_id=draft.order_id,
        store_id=draft.store_id,
        code_subject=random_card_id(),
        epoch=0,
        number=next_number(session, program_id, draft.store_id),
        member_id=draft.owner.member_id,
        card_id=draft.owner.card_id,
        visit_id=draft.owner.visit_id,
        contact_name=" ".join(draft.contact.name.split()),
        contact_email=draft.contact.email,
        contact_phone=draft.contact.phone,
        note=draft.contact.note,
        language=draft.contact.language,
        slot_starts_at=draft.slot.starts_at,
        slot_ends_at=draft.slot.ends_at,
        state=OrderState.PLACED,
        total_minor=draft.total_minor,
        currency=draft.currency,
        spoken_tries_left=SPOKEN_TRIES,
        placed_at=at,
        accepted_at=None,
        ready_at=None,
        ended_at=None,
        accept_by=clock.accept_by,
        change_until=clock.change_until,
        collect_by=clock.collect_by,
        deadline=clock.of(OrderState.PLACED),
        request_hash=draft.request_hash,
        hold_id=draft.hold_id,
        discount_minor=draft.discount_minor,
    )
    row = {name: getattr(order, name) for name in OrderFacts.__slots__}
    session.execute(insert(ORDER).values({**row, "state": order.state.value}))
    session.execute(
        insert(LINE),
        [
            _line(order, number, line, holds_stock=line.product_id in held)
            for number, line in enumerate(draft.lines, start=1)
        ],
    )
    return order


def next_number(session: Session, program_id: int, store_id: UUID) -> str:
    """Count a store's orders and give the next number that people call out.

    Errors: `SlotUnavailableError` when the store takes no orders.
    """
    count = session.execute(
        update(POLICY)
        .where(POLICY.c.program_id == program_id, POLICY.c.store_id == store_id)
        .values(orders_count=POLICY.c.orders_count + 1)
        .returning(POLICY.c.orders_count)
    ).scalar_one_or_none()
    if count is None:
        raise SlotUnavailableError
    return short_number(count)


def _line(
    order: OrderFacts, number: int, line: WantedLine, *, holds_stock: bool
) -> dict[str, object]:
    amounts = dict.fromkeys((f"{state}_milli" for state in STATES), 0)
    return {
        "program_id": order.program_id,
        "order_id": order.order_id,
        "line": number,
        "product_id": line.product_id,
        "sku": line.sku,
        "name": line.name,
        "unit": line.unit,
        "price_minor": line.price_minor,
        "tax_bp": line.tax_bp,
        "holds_stock": holds_stock,
        "ordered_milli": line.quantity_milli,
        **amounts,
        "proposed_milli": line.quantity_milli,
    }
