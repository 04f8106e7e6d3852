"""How an owner lets orders be collected: judged against the hours, and what is taken already."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from loyalty.journeys.store_opening import opening_of
from loyalty.orders.queries import OrderFacts, open_orders, policy_of
from loyalty.orders.slot_rules import Policy, SlotTime, check_fits, check_policy
from loyalty.orders.slots import crowded_slots, pause_pickup, set_policy
from loyalty.programs.opening_spans import Opening, open_spans
from loyalty.programs.queries import StoreFacts

# Long enough for a week with an exception at its end.
_USUAL: Final = timedelta(days=14)


def judge_policy(store: StoreFacts, policy: Policy, *, now: datetime) -> None:
    """Refuse what no store means, and what offers nothing in a usual week of this one.

    Holidays and closures do not count: they pass. A closed pickup may wait for its hours.

    Errors: `SettingInvalidError` with the field.
    """
    check_policy(policy)
    if policy.is_open:
        usual = Opening(store.hours, store.time_zone, "", {})
        spans = open_spans(usual, since=now, until=now + _USUAL)
        check_fits(policy, [(span.starts_at, span.ends_at) for span in spans])


def save_policy(
    session: Session, store: StoreFacts, policy: Policy, *, now: datetime
) -> Policy | None:
    """Keep a policy; a pause stays as it is. Gives the one that was in force.

    Errors: `SettingInvalidError` with the field.
    """
    judge_policy(store, policy, now=now)
    before = policy_of(session, store.program_id, store.store_id)
    paused_on = None if before is None else before.paused_on
    kept = replace(policy, paused_on=paused_on)
    set_policy(session, store.program_id, store.store_id, kept, at=now)
    return before


def today_of(store: StoreFacts, now: datetime) -> date:
    """Say which day it is by the store's calendar."""
    return now.astimezone(ZoneInfo(store.time_zone)).date()


def pause_today(session: Session, store: StoreFacts, *, is_paused: bool, now: datetime) -> bool:
    """Take no more orders for today, or take them again; says whether it changed."""
    day = today_of(store, now) if is_paused else None
    return pause_pickup(session, store.program_id, store.store_id, day)


def overfull_slots(
    session: Session, store: StoreFacts, policy: Policy, *, now: datetime
) -> tuple[tuple[SlotTime, int], ...]:
    """List slots to come that hold more orders than the policy lets in, with how many."""
    return crowded_slots(
        session, store.program_id, store.store_id, since=now, capacity=policy.capacity
    )


def orders_while_closed(
    session: Session, store: StoreFacts, *, now: datetime
) -> tuple[OrderFacts, ...]:
    """List open orders whose slot to come lies outside the opening of today: they stay good."""
    waiting = [
        order
        for order in open_orders(session, store.program_id, store.store_id)
        if order.slot_starts_at > now
    ]
    if not waiting:
        return ()
    opening = opening_of(session, store, since=today_of(store, now))
    last = max(order.slot_ends_at for order in waiting)
    spans = open_spans(opening, since=now, until=last)
    return tuple(
        order
        for order in waiting
        if not any(
            span.starts_at <= order.slot_starts_at and order.slot_ends_at <= span.ends_at
            for span in spans
        )
    )
