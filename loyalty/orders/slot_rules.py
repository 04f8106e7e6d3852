"""Which times a store offers for collecting; pure: open stretches in, slots out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from loyalty.kernel.errors import SettingInvalidError

_DAY_MINUTES: Final = 24 * 60
_LIMITS: Final = {
    "slot_minutes": (5, 240),
    "lead_minutes": (0, 14 * _DAY_MINUTES),
    "cutoff_minutes": (0, 7 * _DAY_MINUTES),
    "capacity": (1, 1000),
    "days_ahead": (0, 60),
    "hold_minutes": (5, 7 * _DAY_MINUTES),
    "keep_hours": (0, 14 * 24),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """How a store lets its orders be collected.

    Units: `lead_minutes` a slot must lie ahead to be chosen; `cutoff_minutes` before the slot a
    shopper can still change it; `hold_minutes` an order waits to be accepted; `keep_hours` it is
    kept after its slot; `capacity` orders in each slot; `days_ahead` 0 means today only;
    `paused_on` is the one day, by the store's calendar, for which no more orders are taken.
    """

    is_open: bool = True
    slot_minutes: int = 15
    lead_minutes: int = 60
    cutoff_minutes: int = 60
    capacity: int = 4
    days_ahead: int = 7
    hold_minutes: int = 120
    keep_hours: int = 24
    paused_on: date | None = None


@dataclass(frozen=True, slots=True, order=True)
class SlotTime:
    """A stretch of time in which an order is collected, as instants."""

    starts_at: datetime
    ends_at: datetime


def check_policy(policy: Policy) -> None:
    """Refuse numbers that no store means.

    Errors: `SettingInvalidError` with the field.
    """
    for field, (least, most) in _LIMITS.items():
        if not least <= getattr(policy, field) <= most:
            raise SettingInvalidError(field=field)


def check_fits(policy: Policy, spans: Iterable[tuple[datetime, datetime]]) -> None:
    """Refuse a policy that offers nothing in a usual week; `spans` are its open stretches.

    Errors: `SettingInvalidError`: `lead_beyond_days` when every day that can be chosen lies
    within the lead time, `no_hours` without any opening, `slot_beyond_hours` when the longest
    opening is shorter than a slot.
    """
    if policy.lead_minutes >= (policy.days_ahead + 1) * _DAY_MINUTES:
        raise SettingInvalidError(field="lead_beyond_days")
    lengths = [ends - begins for begins, ends in spans]
    if not lengths:
        raise SettingInvalidError(field="no_hours")
    if max(lengths) < timedelta(minutes=policy.slot_minutes):
        raise SettingInvalidError(field="slot_beyond_hours")


def booking_window(policy: Policy, *, now: datetime, time_zone: str) -> tuple[datetime, datetime]:
    """Say between which moments a slot may begin: after the lead time, to the last day's end."""
    zone = ZoneInfo(time_zone)
    last = now.astimezone(zone).date() + timedelta(days=policy.days_ahead + 1)
    until = datetime.combine(last, time(), tzinfo=zone).astimezone(now.tzinfo)
    return now + timedelta(minutes=policy.lead_minutes), until


def slots_of(
    spans: Iterable[tuple[datetime, datetime]],
    policy: Policy,
    *,
    now: datetime,
    time_zone: str,
) -> tuple[SlotTime, ...]:
    """Cut open stretches into the slots that can be chosen now, in order.

    A slot lies whole within its stretch and counts from its beginning, so it is the same
    whenever it is asked for. Closed pickup offers none, nor does the day it is paused on.
    """
    if not policy.is_open:
        return ()
    zone = ZoneInfo(time_zone)
    since, until = booking_window(policy, now=now, time_zone=time_zone)
    length = timedelta(minutes=policy.slot_minutes)
    slots: set[SlotTime] = set()
    for begins, ends in spans:
        skipped = max(0, -((begins - since) // length))  # whole slots before the first one
        starts_at = begins + skipped * length
        while starts_at + length <= ends and starts_at < until:
            if starts_at.astimezone(zone).date() != policy.paused_on:
                slots.add(SlotTime(starts_at, starts_at + length))
            starts_at += length
    return tuple(sorted(slots))


def open_time_passed(
    spans: Iterable[tuple[datetime, datetime]], lasts: timedelta, *, since: datetime
) -> datetime | None:
    """Say when a store will have been open for so long since a moment; None for not in `spans`.

    A rest at noon and a night count against nobody: who is not there accepts nothing. `spans`
    are in order.
    """
    at, left = since, lasts
    for begins, ends in spans:
        at = max(at, begins)
        if at + left <= ends:
            return at + left
        left -= max(ends - at, timedelta(0))
        at = max(at, ends)
    return None
