"""Which times a store offers: whole slots, far enough ahead, the same whenever they are asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.kernel.errors import SettingInvalidError
from loyalty.orders.slot_rules import (
    Policy,
    SlotTime,
    booking_window,
    check_policy,
    open_time_passed,
    slots_of,
)
from loyalty.programs.opening_spans import Opening, open_spans

MADRID = "Europe/Madrid"
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
QUARTERS = Policy(slot_minutes=30, lead_minutes=60, days_ahead=0)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def offered(hours: str, policy: Policy, *, now: datetime, zone: str = MADRID) -> list[SlotTime]:
    since, until = booking_window(policy, now=now, time_zone=zone)
    spans = open_spans(Opening(hours, zone, "ES", {}), since=since, until=until)
    return list(
        slots_of(
            ((each.starts_at, each.ends_at) for each in spans), policy, now=now, time_zone=zone
        )
    )


def starts(slots: list[SlotTime]) -> list[str]:
    return [f"{slot.starts_at:%d %H:%M}" for slot in slots]


def test_a_slot_lies_ahead_by_the_lead_time_and_whole_within_the_hours() -> None:
    slots = offered("Mo 09:00-12:10", QUARTERS, now=MONDAY)  # 10:00 in Madrid
    assert starts(slots) == ["02 10:00", "02 10:30"]
    assert slots[0].ends_at == MONDAY + timedelta(minutes=90)


def test_a_slot_that_passes_during_checkout_is_not_offered_any_more() -> None:
    assert starts(offered("Mo 09:00-12:00", QUARTERS, now=MONDAY))[0] == "02 10:00"
    later = MONDAY + timedelta(seconds=1)
    assert starts(offered("Mo 09:00-12:00", QUARTERS, now=later))[0] == "02 10:30"


def test_a_closed_pickup_offers_nothing() -> None:
    assert offered("24/7", Policy(is_open=False), now=MONDAY) == []


def test_days_ahead_count_by_the_stores_calendar() -> None:
    late = at("2026-03-02T23:30")  # Tuesday already in Madrid
    policy = Policy(slot_minutes=60, lead_minutes=0, days_ahead=0)
    assert starts(offered("Mo-Su 09:00-10:00", policy, now=late)) == ["03 08:00"]
    assert starts(offered("Mo-Su 09:00-10:00", policy, now=late, zone="Atlantic/Canary")) == []


def test_the_night_with_an_hour_twice_offers_each_instant_once() -> None:
    policy = Policy(slot_minutes=30, lead_minutes=0, days_ahead=1)
    slots = offered("Su 01:30-03:30", policy, now=at("2026-10-24T12:00"))
    assert starts(slots) == ["24 23:30", "25 00:00", "25 00:30", "25 01:00", "25 01:30", "25 02:00"]


def test_the_night_that_loses_an_hour_offers_none_in_it() -> None:
    policy = Policy(slot_minutes=30, lead_minutes=0, days_ahead=1)
    slots = offered("Su 01:30-03:30", policy, now=at("2026-03-28T12:00"))
    assert starts(slots) == ["29 00:30", "29 01:00"]


@given(
    hours=st.sampled_from(["Mo-Su 09:00-14:00,17:00-20:30", "24/7", "Fr-Su 20:00-03:00"]),
    zone=st.sampled_from([MADRID, "Atlantic/Canary", "Australia/Lord_Howe"]),
    policy=st.builds(
        Policy,
        slot_minutes=st.sampled_from([5, 15, 45, 50, 90]),
        lead_minutes=st.integers(0, 600),
        days_ahead=st.integers(0, 3),
    ),
    first=st.integers(0, 60 * 24 * 300),
    wait=st.integers(0, 60 * 24),
)
def test_what_is_offered_later_was_offered_before(
    hours: str, zone: str, policy: Policy, first: int, wait: int
) -> None:
    now = MONDAY + timedelta(minutes=first)
    later = now + timedelta(minutes=wait)
    before, after = (offered(hours, policy, now=moment, zone=zone) for moment in (now, later))
    for slots, moment in ((before, now), (after, later)):
        since, until = booking_window(policy, now=moment, time_zone=zone)
        assert all(since <= slot.starts_at < until for slot in slots)
        assert all(one.ends_at <= next_.starts_at for one, next_ in pairwise(slots))
        length = timedelta(minutes=policy.slot_minutes)
        assert all(slot.ends_at - slot.starts_at == length for slot in slots)
    last = booking_window(policy, now=now, time_zone=zone)[1]
    assert [slot for slot in after if slot.starts_at < last] == [
        slot for slot in before if slot.starts_at >= later + timedelta(minutes=policy.lead_minutes)
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slot_minutes", 4),
        ("slot_minutes", 241),
        ("capacity", 0),
        ("capacity", 1001),
        ("days_ahead", -1),
        ("keep_hours", 337),
        ("hold_minutes", 0),
        ("lead_minutes", -1),
        ("cutoff_minutes", 7 * 24 * 60 + 1),
    ],
)
def test_numbers_that_no_store_means_are_refused(field: str, value: int) -> None:
    with pytest.raises(SettingInvalidError) as refused:
        check_policy(replace(Policy(), **{field: value}))  # type: ignore[arg-type]
    assert refused.value.facts == {"field": field}
    check_policy(Policy())


@pytest.mark.parametrize(
    ("since", "passed"),
    [
        ("2026-03-02 08:00", "2026-03-02 10:00"),
        ("2026-03-02 12:20", "2026-03-02 17:20"),  # forty minutes before the rest, eighty after
        ("2026-03-02 14:00", "2026-03-02 18:00"),
        ("2026-03-02 11:00", "2026-03-02 13:00"),
        ("2026-03-02 19:30", None),
    ],
)
def test_a_rest_does_not_count_against_the_store(since: str, passed: str | None) -> None:
    spans = [
        (at("2026-03-02 08:00"), at("2026-03-02 13:00")),
        (at("2026-03-02 16:00"), at("2026-03-02 20:00")),
    ]
    found = open_time_passed(spans, timedelta(hours=2), since=at(since))
    assert found == (passed and at(passed))
