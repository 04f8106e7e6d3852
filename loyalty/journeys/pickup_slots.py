"""The times a store offers for collecting, as honest as they can be."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from loyalty.orders.errors import SlotUnavailableError
from loyalty.orders.queries import policy_of, taken_of
from loyalty.orders.slot_rules import (
    Policy,
    SlotTime,
    booking_window,
    open_time_passed,
    slots_of,
)
from loyalty.programs.closures import closures_of
from loyalty.programs.opening_spans import Opening, OpenSpan, open_spans
from loyalty.programs.queries import StoreFacts

_YESTERDAY: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class SlotOffer:
    """A slot that can be chosen, and how many places it still has (0: full, shown as such)."""

    slot: SlotTime
    places: int


def pickup_slots(session: Session, store: StoreFacts, *, now: datetime) -> tuple[SlotOffer, ...]:
    """List the slots of a store from now on, in order; none when it takes no orders."""
    policy = policy_of(session, store.program_id, store.store_id)
    return () if policy is None else slots_under(session, store, policy, now=now)


def slots_under(
    session: Session, store: StoreFacts, policy: Policy, *, now: datetime
) -> tuple[SlotOffer, ...]:
    """List the slots that a store would offer under a policy, kept or not."""
    slots = _slots(session, store, policy, now=now)
    taken = taken_of(session, store.program_id, store.store_id, slots)
    return tuple(
        SlotOffer(slot, max(0, policy.capacity - taken.get(slot.starts_at, 0))) for slot in slots
    )


@dataclass(frozen=True, slots=True)
class ChosenSlot:
    """A slot that is offered, on which terms, and until when the store accepts the order."""

    slot: SlotTime
    policy: Policy
    accept_by: datetime


def slot_at(
    session: Session, store: StoreFacts, starts_at: datetime, *, now: datetime
) -> ChosenSlot:
    """Find the slot that begins then, if the store offers it now.

    Errors: `SlotUnavailableError`.
    """
    policy = policy_of(session, store.program_id, store.store_id)
    if policy is not None:
        for slot in _slots(session, store, policy, now=now):
            if slot.starts_at == starts_at:
                spans = _spans(session, store, since=now, until=slot.ends_at)
                stretches = ((span.starts_at, span.ends_at) for span in spans)
                hold = timedelta(minutes=policy.hold_minutes)
                passed = open_time_passed(stretches, hold, since=now)
                return ChosenSlot(slot, policy, passed or slot.ends_at)
    raise SlotUnavailableError(slot_starts_at=starts_at.isoformat())


def _slots(
    session: Session, store: StoreFacts, policy: Policy, *, now: datetime
) -> tuple[SlotTime, ...]:
    since, until = booking_window(policy, now=now, time_zone=store.time_zone)
    spans = _spans(session, store, since=since, until=until)
    return slots_of(
        ((span.starts_at, span.ends_at) for span in spans),
        policy,
        now=now,
        time_zone=store.time_zone,
    )


def _spans(
    session: Session, store: StoreFacts, *, since: datetime, until: datetime
) -> tuple[OpenSpan, ...]:
    today = since.astimezone(ZoneInfo(store.time_zone)).date()
    days = closures_of(session, store.program_id, store.store_id, since=today - _YESTERDAY)
    opening = Opening(store.hours, store.time_zone, store.country, days)
    return open_spans(opening, since=since, until=until)
