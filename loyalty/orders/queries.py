"""Look at orders, their lines, and the times a store offers."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from loyalty.db.writes import table_of
from loyalty.orders.models import (
    Handoff,
    HandoffLine,
    OrderDelegate,
    OrderLine,
    OrderMove,
    PickupPolicy,
    ShopOrder,
    Slot,
)
from loyalty.orders.rules import LET_GO, OPEN, LineState, OrderState, Quantities, state_at
from loyalty.orders.slot_rules import Policy, SlotTime

ORDER: Final = table_of(ShopOrder)
LINE: Final = table_of(OrderLine)
MOVE: Final = table_of(OrderMove)
SLOT: Final = table_of(Slot)
POLICY: Final = table_of(PickupPolicy)
HANDOFF: Final = table_of(Handoff)
HANDOFF_LINE: Final = table_of(HandoffLine)
DELEGATE: Final = table_of(OrderDelegate)


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order as it is kept; `state_at` tells how it stands by the clock."""

    program_id: int
    order_id: UUID
    store_id: UUID
    code_subject: str
    epoch: int
    number: str
    member_id: UUID | None
    card_id: str | None
    visit_id: UUID | None
    contact_name: str
    contact_email: str
    contact_phone: str
    note: str
    language: str
    slot_starts_at: datetime
    slot_ends_at: datetime
    state: OrderState
    total_minor: int
    currency: str
    spoken_tries_left: int
    placed_at: datetime
    accepted_at: datetime | None
    ready_at: datetime | None
    ended_at: datetime | None
    accept_by: datetime
    change_until: datetime
    collect_by: datetime
    deadline: datetime | None
    request_hash: str
    hold_id: str | None = None
    discount_minor: int = 0
    discount_taken_minor: int = 0

    def state_at(self, at: datetime) -> OrderState:
        """Say how the order stands by the reader's clock."""
        return state_at(self.state, self.deadline, at=at)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line of an order and how much of it is in each state."""

    line: int
    product_id: UUID
    sku: str
    name: str
    unit: str
    price_minor: int
    tax_bp: int
    holds_stock: bool
    ordered_milli: int
    quantities: Quantities


@dataclass(frozen=True, slots=True)
class DelegateFacts:
    """Somebody else who may collect an order."""

    code_subject: str
    order_id: UUID
    name: str
    epoch: int
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandoffFacts:
    """What was handed over, to be told again."""

    handoff_id: UUID
    order_id: UUID
    store_id: UUID
    till_id: UUID | None
    staff_id: UUID | None
    proof: str
    sale_id: str
    handed_at: datetime
    at: datetime
    request_hash: str


def order_by_id(
    session: Session, program_id: int, order_id: UUID, *, lock: bool = False
) -> OrderFacts | None:
    """Find an order; locked, nobody else changes it until this act ends."""
    asked = _orders(program_id).where(ORDER.c.order_id == order_id)
    if lock:
        asked = asked.with_for_update()
    row = session.execute(asked).one_or_none()
    return None if row is None else order_facts(row)


def order_by_code(session: Session, program_id: int, code_subject: str) -> OrderFacts | None:
    """Find the order that a pickup code names."""
    row = session.execute(
        _orders(program_id).where(ORDER.c.code_subject == code_subject)
    ).one_or_none()
    return None if row is None else order_facts(row)


def delegate_by_code(session: Session, program_id: int, code_subject: str) -> DelegateFacts | None:
    """Find who a delegate's code was made for."""
    row = session.execute(
        _delegates(program_id).where(DELEGATE.c.code_subject == code_subject)
    ).one_or_none()
    return None if row is None else DelegateFacts(*row)


def delegates_of(session: Session, program_id: int, order_id: UUID) -> tuple[DelegateFacts, ...]:
    """List who may or might collect an order, the first one first."""
    rows = session.execute(
        _delegates(program_id)
        .where(DELEGATE.c.order_id == order_id)
        .order_by(DELEGATE.c.made_at, DELEGATE.c.code_subject)
    )
    return tuple(DelegateFacts(*row) for row in rows)


def lines_of(session: Session, program_id: int, order_id: UUID) -> dict[int, LineFacts]:
    """List the lines of an order by their numbers."""
    rows = session.execute(
        select(LINE)
        .where(LINE.c.program_id == program_id, LINE.c.order_id == order_id)
        .order_by(LINE.c.line)
    )
    return {row.line: line_facts(row) for row in rows}


def lines_of_orders(
    session: Session, program_id: int, order_ids: Collection[UUID]
) -> dict[UUID, tuple[LineFacts, ...]]:
    """List the lines of some orders by their numbers, in one look."""
    found: dict[UUID, list[LineFacts]] = {order_id: [] for order_id in order_ids}
    rows = session.execute(
        select(LINE)
        .where(LINE.c.program_id == program_id, LINE.c.order_id.in_(order_ids))
        .order_by(LINE.c.order_id, LINE.c.line)
    )
    for row in rows:
        found[row.order_id].append(line_facts(row))
    return {order_id: tuple(lines) for order_id, lines in found.items()}


def last_handed_at(
    session: Session, program_id: int, order_ids: Collection[UUID]
) -> dict[UUID, datetime]:
    """Say when something of some orders was handed over last; who gave nothing is left out."""
    rows = session.execute(
        select(HANDOFF.c.order_id, func.max(HANDOFF.c.handed_at))
        .where(HANDOFF.c.program_id == program_id, HANDOFF.c.order_id.in_(order_ids))
        .group_by(HANDOFF.c.order_id)
    )
    return {row[0]: row[1] for row in rows}


def open_order_by_number(
    session: Session, program_id: int, store_id: UUID, number: str
) -> OrderFacts | None:
    """Find the open order that a store calls by a number; the newest, should there be two."""
    row = session.execute(
        _orders(program_id)
        .where(
            ORDER.c.store_id == store_id, ORDER.c.number == number, ORDER.c.state.in_(sorted(OPEN))
        )
        .order_by(ORDER.c.placed_at.desc(), ORDER.c.order_id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else order_facts(row)


def delegates_of_orders(
    session: Session, program_id: int, order_ids: Collection[UUID]
) -> tuple[DelegateFacts, ...]:
    """List who may collect some orders today."""
    rows = session.execute(
        _delegates(program_id)
        .where(DELEGATE.c.order_id.in_(order_ids), DELEGATE.c.revoked_at.is_(None))
        .order_by(DELEGATE.c.made_at, DELEGATE.c.code_subject)
    )
    return tuple(DelegateFacts(*row) for row in rows)


def open_orders(
    session: Session,
    program_id: int,
    store_id: UUID,
    *,
    member_ids: Collection[UUID] | None = None,
) -> tuple[OrderFacts, ...]:
    """List the orders a store still has to do with, the soonest slot first."""
    asked = _orders(program_id).where(ORDER.c.store_id == store_id, ORDER.c.state.in_(sorted(OPEN)))
    if member_ids is not None:
        asked = asked.where(ORDER.c.member_id.in_(sorted(member_ids)))
    rows = session.execute(asked.order_by(ORDER.c.slot_starts_at, ORDER.c.order_id))
    return tuple(order_facts(row) for row in rows)


def overdue_orders(
    session: Session, program_id: int, *, at: datetime, limit: int
) -> tuple[UUID, ...]:
    """List orders whose deadline has passed, the longest overdue first."""
    return tuple(
        session.scalars(
            select(ORDER.c.order_id)
            .where(ORDER.c.program_id == program_id, ORDER.c.deadline <= at)
            .order_by(ORDER.c.deadline, ORDER.c.order_id)
            .limit(limit)
        )
    )


def handoff_by_id(session: Session, program_id: int, handoff_id: UUID) -> HandoffFacts | None:
    """Find a handoff."""
    columns = [HANDOFF.c[name] for name in HandoffFacts.__slots__]
    row = session.execute(
        select(*columns).where(
            HANDOFF.c.program_id == program_id, HANDOFF.c.handoff_id == handoff_id
        )
    ).one_or_none()
    return None if row is None else HandoffFacts(*row)


def handoff_by_sale(session: Session, program_id: int, sale_id: str) -> HandoffFacts | None:
    """Find the handoff that recorded a sale."""
    columns = [HANDOFF.c[name] for name in HandoffFacts.__slots__]
    row = session.execute(
        select(*columns).where(HANDOFF.c.program_id == program_id, HANDOFF.c.sale_id == sale_id)
    ).one_or_none()
    return None if row is None else HandoffFacts(*row)


def numbers_of_sales(
    session: Session, program_id: int, sale_ids: Collection[str]
) -> dict[str, str]:
    """Say which of some sales were handoffs, and of which order: its number."""
    rows = session.execute(
        select(HANDOFF.c.sale_id, ORDER.c.number)
        .join(
            ORDER,
            (ORDER.c.program_id == HANDOFF.c.program_id) & (ORDER.c.order_id == HANDOFF.c.order_id),
        )
        .where(HANDOFF.c.program_id == program_id, HANDOFF.c.sale_id.in_(sale_ids))
    )
    return {row.sale_id: row.number for row in rows}


def handed_lines(session: Session, program_id: int, handoff_id: UUID) -> dict[int, int]:
    """List how much of each line was given in a handoff, in thousandths."""
    rows = session.execute(
        select(HANDOFF_LINE.c.line, HANDOFF_LINE.c.quantity_milli)
        .where(HANDOFF_LINE.c.program_id == program_id, HANDOFF_LINE.c.handoff_id == handoff_id)
        .order_by(HANDOFF_LINE.c.line)
    )
    return {row.line: row.quantity_milli for row in rows}


def let_go_since(
    session: Session, program_id: int, order_id: UUID, *, at: datetime
) -> dict[tuple[int, LineState], int]:
    """Say what was picked at a moment, let go of after it, and not given since, in thousandths."""
    went: Counter[tuple[int, LineState]] = Counter()
    rows = session.execute(
        select(MOVE).where(MOVE.c.program_id == program_id, MOVE.c.order_id == order_id)
    )
    for row in rows:
        if row.from_state == "prepared" and row.to_state in LET_GO and row.at > at:
            went[row.line, row.to_state] += row.quantity_milli
        elif row.from_state in LET_GO:
            went[row.line, row.from_state] -= row.quantity_milli
    return dict(+went)


def policy_of(session: Session, program_id: int, store_id: UUID) -> Policy | None:
    """Say how a store lets its orders be collected; None when it takes none."""
    columns = [POLICY.c[name] for name in Policy.__slots__]
    row = session.execute(
        select(*columns).where(POLICY.c.program_id == program_id, POLICY.c.store_id == store_id)
    ).one_or_none()
    return None if row is None else Policy(*row)


def taken_of(
    session: Session, program_id: int, store_id: UUID, slots: Iterable[SlotTime]
) -> dict[datetime, int]:
    """Say how many places of some slots are taken; a slot nobody took yet is left out."""
    starts = sorted(slot.starts_at for slot in slots)
    if not starts:
        return {}
    rows = session.execute(
        select(SLOT.c.starts_at, SLOT.c.taken).where(
            SLOT.c.program_id == program_id,
            SLOT.c.store_id == store_id,
            SLOT.c.starts_at.between(starts[0], starts[-1]),
        )
    )
    return {row.starts_at: row.taken for row in rows}


def _orders(program_id: int) -> Select[Any]:
    columns = [ORDER.c[name] for name in OrderFacts.__slots__]
    return select(*columns).where(ORDER.c.program_id == program_id)


def order_facts(row: Any) -> OrderFacts:  # noqa: ANN401  a row has no type of its own
    """Read an order's row."""
    return OrderFacts(**{**row._asdict(), "state": OrderState(row.state)})


def line_facts(row: Any) -> LineFacts:  # noqa: ANN401  a row has no type of its own
    """Read a line's row."""
    return LineFacts(
        line=row.line,
        product_id=row.product_id,
        sku=row.sku,
        name=row.name,
        unit=row.unit,
        price_minor=row.price_minor,
        tax_bp=row.tax_bp,
        holds_stock=row.holds_stock,
        ordered_milli=row.ordered_milli,
        quantities=Quantities(
            proposed=row.proposed_milli,
            reserved=row.reserved_milli,
            prepared=row.prepared_milli,
            completed=row.completed_milli,
            canceled=row.canceled_milli,
            failed=row.failed_milli,
        ),
    )


def _delegates(program_id: int) -> Select[Any]:
    columns = [DELEGATE.c[name] for name in DelegateFacts.__slots__]
    return select(*columns).where(DELEGATE.c.program_id == program_id)
