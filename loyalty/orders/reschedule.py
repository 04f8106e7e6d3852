"""Collecting at another time: the new place is taken and the old one freed in one act."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty.orders.cancel import refuse_late
from loyalty.orders.change import Act, Change, locked_order, refuse_closed, unchanged
from loyalty.orders.queries import ORDER, lines_of
from loyalty.orders.reschedules import note_reschedule
from loyalty.orders.rules import deadlines
from loyalty.orders.slot_rules import Policy, SlotTime
from loyalty.orders.slots import free_slot, take_slot


def reschedule(
    session: Session,
    program_id: int,
    order_id: UUID,
    slot: SlotTime,
    *,
    policy: Policy,
    act: Act,
    by_shopper: bool,
) -> Change:
    """Move an order to another slot of its store; its deadlines go along.

    The order waits for the store as long as it did: changing the time buys no time there.

    Errors: `NotFoundError`; `OrderStateError` when it has ended; `ChangeTooLateError` for a
    shopper after the cut-off; `SlotFullError`, which leaves the order where it was.
    """
    order = locked_order(session, program_id, order_id)
    refuse_closed(order, at=act.at)
    if by_shopper:
        refuse_late(order, act)
    if slot.starts_at == order.slot_starts_at:
        return unchanged(session, order)
    # Slots are always taken in the order of time: two orders that change places would wait in
    # a ring. A place freed before the other is refused comes back with the whole act.
    if slot.starts_at < order.slot_starts_at:
        take_slot(session, program_id, order.store_id, slot, capacity=policy.capacity)
        free_slot(session, program_id, order.store_id, order.slot_starts_at)
    else:
        free_slot(session, program_id, order.store_id, order.slot_starts_at)
        take_slot(session, program_id, order.store_id, slot, capacity=policy.capacity)
    clock = deadlines(
        accept_by=order.accept_by,
        slot_starts_at=slot.starts_at,
        slot_ends_at=slot.ends_at,
        cutoff=timedelta(minutes=policy.cutoff_minutes),
        keep=timedelta(hours=policy.keep_hours),
    )
    values = {
        "slot_starts_at": slot.starts_at,
        "slot_ends_at": slot.ends_at,
        "accept_by": clock.accept_by,
        "change_until": clock.change_until,
        "collect_by": clock.collect_by,
        "deadline": clock.of(order.state),
    }
    session.execute(
        update(ORDER)
        .where(ORDER.c.program_id == program_id, ORDER.c.order_id == order_id)
        .values(values)
    )
    note_reschedule(session, order, slot.starts_at, actor=act.actor, at=act.at)
    lines = lines_of(session, program_id, order_id)
    return Change(replace(order, **values), lines, is_new=True)  # type: ignore[arg-type]
