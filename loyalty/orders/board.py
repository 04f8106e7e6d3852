"""What a store's people look at all day: the orders they have, and those that fell away."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.orders.queries import MOVE, ORDER, OrderFacts, order_facts
from loyalty.orders.rules import OrderState


@dataclass(frozen=True, slots=True)
class LastAct:
    """Who changed an order last, why, and when."""

    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Fallen:
    """An order that ended without its person: how, and what has to go back on the shelf.

    `picked` are thousandths by line number that lay in the bag.
    """

    order: OrderFacts
    last: LastAct
    picked: dict[int, int]


def last_acts(
    session: Session, program_id: int, order_ids: Collection[UUID]
) -> dict[UUID, LastAct]:
    """Say of each order who moved something of it last."""
    newest = (
        select(MOVE.c.order_id, func.max(MOVE.c.at).label("at"))
        .where(MOVE.c.program_id == program_id, MOVE.c.order_id.in_(sorted(order_ids)))
        .group_by(MOVE.c.order_id)
        .subquery()
    )
    rows = session.execute(
        select(MOVE.c.order_id, MOVE.c.actor, MOVE.c.reason, MOVE.c.at)
        .join(newest, (newest.c.order_id == MOVE.c.order_id) & (newest.c.at == MOVE.c.at))
        .where(MOVE.c.program_id == program_id)
        # Of acts of one moment the one that ended something came last.
        .order_by(MOVE.c.to_state.in_(("completed", "canceled", "failed")), MOVE.c.move_id)
    )
    return {row.order_id: LastAct(row.actor, row.reason, row.at) for row in rows}


def fallen_orders(
    session: Session, program_id: int, store_id: UUID, *, since: datetime
) -> tuple[Fallen, ...]:
    """List the orders of a store that were canceled or missed since then, the latest first."""
    columns = [ORDER.c[name] for name in OrderFacts.__slots__]
    let_go = (OrderState.CANCELED.value, OrderState.MISSED.value)
    rows = session.execute(
        select(*columns)
        .where(
            ORDER.c.program_id == program_id,
            ORDER.c.store_id == store_id,
            ORDER.c.state.in_(let_go),
            ORDER.c.ended_at >= since,
        )
        .order_by(ORDER.c.ended_at.desc(), ORDER.c.order_id)
    )
    orders = [order_facts(row) for row in rows]
    ids = [order.order_id for order in orders]
    last = last_acts(session, program_id, ids)
    picked = _picked(session, program_id, ids)
    return tuple(
        Fallen(order, last[order.order_id], dict(picked[order.order_id])) for order in orders
    )


def fallen_order(session: Session, order: OrderFacts, last: LastAct) -> Fallen:
    """Say what lay in the bag of one order that ended without its person."""
    picked = _picked(session, order.program_id, [order.order_id])
    return Fallen(order, last, dict(picked[order.order_id]))


def _picked(
    session: Session, program_id: int, order_ids: Collection[UUID]
) -> defaultdict[UUID, dict[int, int]]:
    rows = session.execute(
        select(MOVE.c.order_id, MOVE.c.line, func.sum(MOVE.c.quantity_milli).label("quantity"))
        .where(
            MOVE.c.program_id == program_id,
            MOVE.c.order_id.in_(sorted(order_ids)),
            MOVE.c.from_state == "prepared",
            MOVE.c.to_state.in_(("canceled", "failed")),
        )
        .group_by(MOVE.c.order_id, MOVE.c.line)
    )
    picked: defaultdict[UUID, dict[int, int]] = defaultdict(dict)
    for row in rows:
        picked[row.order_id][row.line] = int(row.quantity)
    return picked
