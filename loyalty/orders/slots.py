"""Places in a slot, taken and freed by one statement each; and what a store offers."""

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, rows_changed
from loyalty.orders.errors import SlotFullError
from loyalty.orders.models import PickupPolicy, Slot
from loyalty.orders.queries import POLICY, SLOT
from loyalty.orders.slot_rules import Policy, SlotTime, check_policy


def set_policy(
    session: Session, program_id: int, store_id: UUID, policy: Policy, *, at: datetime
) -> None:
    """Keep how a store lets its orders be collected; orders that are placed keep their terms.

    Errors: `SettingInvalidError` with the field that cannot be kept.
    """
    check_policy(policy)
    key = {"program_id": program_id, "store_id": store_id}
    said = {**asdict(policy), "updated_at": at}
    if not insert_new(session, PickupPolicy, {**key, **said, "orders_count": 0}):
        session.execute(
            update(POLICY)
            .where(POLICY.c.program_id == program_id, POLICY.c.store_id == store_id)
            .values(said)
        )


def pause_pickup(session: Session, program_id: int, store_id: UUID, day: date | None) -> bool:
    """Take no more orders for a day, or take them again (None); says whether it changed.

    Orders that are placed keep their slots.
    """
    return bool(
        rows_changed(
            session,
            update(POLICY)
            .where(
                POLICY.c.program_id == program_id,
                POLICY.c.store_id == store_id,
                POLICY.c.paused_on.is_distinct_from(day),
            )
            .values(paused_on=day),
        )
    )


def take_slot(
    session: Session, program_id: int, store_id: UUID, slot: SlotTime, *, capacity: int
) -> None:
    """Take a place in a slot: the last one goes to exactly one.

    `capacity` is the store's of today: raised or lowered, it counts from the next order on.

    Errors: `SlotFullError`.
    """
    key = {"program_id": program_id, "store_id": store_id, "starts_at": slot.starts_at}
    insert_new(session, Slot, {**key, "ends_at": slot.ends_at, "capacity": capacity, "taken": 0})
    taken = rows_changed(
        session,
        update(SLOT)
        .where(*(SLOT.c[name] == value for name, value in key.items()), SLOT.c.taken < capacity)
        .values(taken=SLOT.c.taken + 1, capacity=capacity),
    )
    if not taken:
        raise SlotFullError(slot_starts_at=slot.starts_at.isoformat())


def free_slot(session: Session, program_id: int, store_id: UUID, starts_at: datetime) -> None:
    """Give a place back."""
    freed = rows_changed(
        session,
        update(SLOT)
        .where(
            SLOT.c.program_id == program_id,
            SLOT.c.store_id == store_id,
            SLOT.c.starts_at == starts_at,
            SLOT.c.taken > 0,
        )
        .values(taken=SLOT.c.taken - 1),
    )
    assert freed == 1, "an order that holds a place is counted in its slot"


def use_slot(session: Session, program_id: int, store_id: UUID, starts_at: datetime) -> None:
    """Count a place that was used although it had been given back, whoever took it since."""
    used = SLOT.c.taken + 1
    rows = rows_changed(
        session,
        update(SLOT)
        .where(
            SLOT.c.program_id == program_id,
            SLOT.c.store_id == store_id,
            SLOT.c.starts_at == starts_at,
        )
        .values(taken=used, capacity=case((used > SLOT.c.capacity, used), else_=SLOT.c.capacity)),
    )
    assert rows == 1, "an order once held a place in its slot"


def crowded_slots(
    session: Session, program_id: int, store_id: UUID, *, since: datetime, capacity: int
) -> tuple[tuple[SlotTime, int], ...]:
    """List slots from a moment on that hold more orders than `capacity`, with how many."""
    rows = session.execute(
        select(SLOT.c.starts_at, SLOT.c.ends_at, SLOT.c.taken)
        .where(
            SLOT.c.program_id == program_id,
            SLOT.c.store_id == store_id,
            SLOT.c.starts_at >= since,
            SLOT.c.taken > capacity,
        )
        .order_by(SLOT.c.starts_at)
    )
    return tuple((SlotTime(row.starts_at, row.ends_at), row.taken) for row in rows)
