"""Recompute what is kept twice about orders: lines from moves, states, places in slots."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.orders.queries import (
    HANDOFF,
    HANDOFF_LINE,
    LINE,
    MOVE,
    ORDER,
    SLOT,
)
from loyalty.orders.rules import (
    HOLDS_SLOT,
    MOVES,
    OPEN_STATES,
    STATES,
    LineState,
    Quantities,
    order_state,
)


@dataclass(frozen=True, slots=True)
class OrderDifference:
    """Something about orders that is not what it is made of."""

    invariant: str
    subject: str
    told: str
    found: str


_Key = tuple[UUID, int]


def audit_orders(session: Session, program_id: int) -> Iterator[OrderDifference]:
    """List each line, state, place and handoff that says otherwise than what it follows from."""
    kept = _kept_lines(session, program_id)
    yield from _lines(session, program_id, kept)
    yield from _states(session, program_id, kept)
    yield from _slots(session, program_id)
    yield from _handoffs(session, program_id, kept)


def held_by_orders(session: Session, program_id: int) -> dict[UUID, int]:
    """Add up by product what the stock has to keep for open orders, in thousandths."""
    held = sum((LINE.c[f"{state}_milli"] for state in OPEN_STATES[1:]), LINE.c.proposed_milli)
    rows = session.execute(
        select(LINE.c.product_id, func.sum(held).label("held"))
        .where(LINE.c.program_id == program_id, LINE.c.holds_stock, held > 0)
        .group_by(LINE.c.product_id)
    )
    return {row.product_id: int(row.held) for row in rows}


def _kept_lines(session: Session, program_id: int) -> dict[_Key, tuple[int, Quantities]]:
    rows = session.execute(select(LINE).where(LINE.c.program_id == program_id))
    return {
        (row.order_id, row.line): (
            row.ordered_milli,
            Quantities(**{state: getattr(row, f"{state}_milli") for state in STATES}),
        )
        for row in rows
    }


def _lines(
    session: Session, program_id: int, kept: Mapping[_Key, tuple[int, Quantities]]
) -> Iterator[OrderDifference]:
    """Begin with everything proposed and move it as the moves say."""
    found: dict[_Key, Counter[str]] = {
        key: Counter(proposed=ordered) for key, (ordered, _) in kept.items()
    }
    rows = session.execute(
        select(MOVE.c.order_id, MOVE.c.line, MOVE.c.from_state, MOVE.c.to_state)
        .add_columns(func.sum(MOVE.c.quantity_milli).label("quantity"))
        .where(MOVE.c.program_id == program_id)
        .group_by(MOVE.c.order_id, MOVE.c.line, MOVE.c.from_state, MOVE.c.to_state)
    )
    for row in rows:
        step = (cast("LineState", row.from_state), cast("LineState", row.to_state))
        if step not in MOVES:
            yield OrderDifference(
                "orders move as they may", f"order {row.order_id} line {row.line}", str(step), "-"
            )
        found[row.order_id, row.line][row.from_state] -= int(row.quantity)
        found[row.order_id, row.line][row.to_state] += int(row.quantity)
    for key, (_, quantities) in sorted(kept.items()):
        told = {state: quantities.of(state) for state in STATES}
        moved = {state: found[key][state] for state in STATES}
        if told != moved:
            yield OrderDifference(
                "a line is what its moves made of it",
                f"order {key[0]} line {key[1]}",
                str(told),
                str(moved),
            )


def _states(
    session: Session, program_id: int, kept: Mapping[_Key, tuple[int, Quantities]]
) -> Iterator[OrderDifference]:
    lines: defaultdict[UUID, list[Quantities]] = defaultdict(list)
    for (order_id, _), (_, quantities) in kept.items():
        lines[order_id].append(quantities)
    rows = session.execute(
        select(ORDER.c.order_id, ORDER.c.state, ORDER.c.ready_at)
        .where(ORDER.c.program_id == program_id)
        .order_by(ORDER.c.order_id)
    )
    for row in rows:
        own = lines[row.order_id]
        found = order_state(own, is_told_ready=row.ready_at is not None) if own else "no lines"
        if row.state != found:
            yield OrderDifference(
                "an order stands as its lines do", f"order {row.order_id}", row.state, str(found)
            )


def _slots(session: Session, program_id: int) -> Iterator[OrderDifference]:
    places = {
        (row.store_id, row.slot_starts_at): int(row.orders)
        for row in session.execute(
            select(ORDER.c.store_id, ORDER.c.slot_starts_at, func.count().label("orders"))
            .where(
                ORDER.c.program_id == program_id,
                ORDER.c.state.in_(sorted(state.value for state in HOLDS_SLOT)),
            )
            .group_by(ORDER.c.store_id, ORDER.c.slot_starts_at)
        )
    }
    rows = session.execute(
        select(SLOT.c.store_id, SLOT.c.starts_at, SLOT.c.taken)
        .where(SLOT.c.program_id == program_id)
        .order_by(SLOT.c.store_id, SLOT.c.starts_at)
    )
    for row in rows:
        found = places.get((row.store_id, row.starts_at), 0)
        if row.taken != found:
            yield OrderDifference(
                "a slot counts the orders that hold it",
                _slot_name(row.store_id, row.starts_at),
                str(row.taken),
                str(found),
            )


def _slot_name(store_id: UUID, starts_at: datetime) -> str:
    return f"store {store_id} slot {starts_at.isoformat()}"


def _handoffs(
    session: Session, program_id: int, kept: Mapping[_Key, tuple[int, Quantities]]
) -> Iterator[OrderDifference]:
    """Hold what was handed over against what the lines say was completed."""
    rows = session.execute(
        select(HANDOFF.c.order_id, HANDOFF_LINE.c.line)
        .add_columns(func.sum(HANDOFF_LINE.c.quantity_milli).label("given"))
        .join(
            HANDOFF_LINE,
            (HANDOFF_LINE.c.program_id == HANDOFF.c.program_id)
            & (HANDOFF_LINE.c.handoff_id == HANDOFF.c.handoff_id),
        )
        .where(HANDOFF.c.program_id == program_id)
        .group_by(HANDOFF.c.order_id, HANDOFF_LINE.c.line)
    )
    given = {(row.order_id, row.line): int(row.given) for row in rows}
    for key in sorted(kept.keys() | given.keys()):
        told = kept[key][1].completed if key in kept else 0
        if told != given.get(key, 0):
            yield OrderDifference(
                "what is completed was handed over",
                f"order {key[0]} line {key[1]}",
                str(told),
                str(given.get(key, 0)),
            )
