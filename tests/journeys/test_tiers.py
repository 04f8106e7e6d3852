"""Tiers: the rate of the sale's moment, climbing and falling by the policy, refunds lower."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from loyalty.journeys.bonuses import judge_tiers
from loyalty.points.earning.ladder import Downgrade, Ladder, Tier, Upgrade, Window
from loyalty.points.earning.tier_rules import Event, next_tier, period_begin, window_months
from loyalty.points.earning.tiers import moves_of, tier_at
from loyalty.points.queries import wallet_of_member
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.street import Phone, new_phone, points_of

BASE = {"id": "base", "kind": "per_money", "points": 1, "per_minor": 100}
STEPS = [
    {"id": "silver", "name": "Plata", "at_least": 100, "times": [3, 2]},
    {"id": "gold", "name": "Oro", "at_least": 300, "times": [2, 1]},
]


def ladder(**told: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"by": "points", "window": "rolling", "months": 3, "steps": STEPS, **told}


def phone_of(counter: Counter) -> Phone:
    return new_phone(counter.database, counter.street, counter.tools)


def wait_until(counter: Counter, moment: datetime) -> None:
    assert isinstance(counter.tools.clock, ManualClock)
    counter.tools.clock.set(moment)


def tier(counter: Counter, phone: Phone) -> str | None:
    with counter.database.reading(counter.street.program_id) as session:
        wallet_id = wallet_of_member(session, counter.street.program_id, phone.member_id)
        assert wallet_id is not None
        return tier_at(session, counter.street.program_id, wallet_id, counter.tools.clock.now())


def earn(counter: Counter, sale_id: str, phone: Phone, minor: int) -> int:
    return counter.sell(sale_id, minor, code=counter.shown(phone)).points_earned


def test_tier_rate_wrong_for_years(counter: Counter) -> None:
    """erpnext#14930, #22167, #24672: a sale is paid at the tier its member had at that moment."""
    counter.set_rules(BASE, tiers=ladder())
    begun = counter.tools.clock.now()
    wait_until(counter, begun.replace(hour=10))
    phone = phone_of(counter)
    assert earn(counter, "s1", phone, 9_900) == 99
    assert earn(counter, "s2", phone, 100) == 1
    assert tier(counter, phone) == "silver"
    wait_until(counter, begun.replace(hour=12))
    assert earn(counter, "s3", phone, 10_000) == 150
    late = counter.report(
        "late",
        10_000,
        code=counter.shown(phone),
        sold_at=begun.replace(hour=9, minute=30),
    )
    assert counter.send(late).points_earned == 100
    assert tier(counter, phone) == "gold"
    # The refund of a sale is worked out at the rate that sale had, not at today's.
    assert counter.refund("r1", "s3", 5_000).points_taken == 75
    assert counter.findings() == ()


def test_a_refund_lowers_progress_and_the_tier_when_the_policy_says_at_once(
    counter: Counter,
) -> None:
    counter.set_rules(BASE, tiers=ladder(downgrade="at_once", by="spend"))
    phone = phone_of(counter)
    earn(counter, "s1", phone, 150)
    assert tier(counter, phone) == "silver"
    counter.refund("r1", "s1", 51)
    assert tier(counter, phone) is None
    assert counter.findings() == ()


def test_a_refund_alone_moves_nobody_down_before_the_period_ends(counter: Counter) -> None:
    counter.set_rules(BASE, tiers=ladder(downgrade="period_end"))
    phone = phone_of(counter)
    earn(counter, "s1", phone, 10_000)
    counter.refund("r1", "s1", 10_000)
    assert tier(counter, phone) == "silver"
    wait_until(counter, datetime(2026, 4, 1, 10, tzinfo=UTC))
    assert judge_tiers(counter.database, counter.street.program_id, tools=counter.tools) == 1
    assert judge_tiers(counter.database, counter.street.program_id, tools=counter.tools) == 0
    assert tier(counter, phone) is None


@pytest.mark.parametrize(
    ("downgrade", "after_one", "after_two"),
    [
        ("period_end", None, None),
        ("one_step", "silver", None),
        ("never", "gold", "gold"),
    ],
)
def test_members_fall_as_the_policy_says_once_for_each_period(
    counter: Counter, downgrade: str, after_one: str | None, after_two: str | None
) -> None:
    counter.set_rules(BASE, tiers=ladder(downgrade=downgrade, window="calendar", months=1))
    phone = phone_of(counter)
    earn(counter, "s1", phone, 30_000)
    assert tier(counter, phone) == "gold"
    # March, in which they earned it, ends first: it keeps them where they are.
    wait_until(counter, datetime(2026, 4, 2, tzinfo=UTC))
    judge_tiers(counter.database, counter.street.program_id, tools=counter.tools)
    assert tier(counter, phone) == "gold"
    for month, expected in ((5, after_one), (6, after_two)):
        for day in (1, 2, 20):
            wait_until(counter, datetime(2026, month, day, 12, tzinfo=UTC))
            judge_tiers(counter.database, counter.street.program_id, tools=counter.tools)
        assert tier(counter, phone) == expected
    with counter.database.reading(counter.street.program_id) as session:
        wallet_id = wallet_of_member(session, counter.street.program_id, phone.member_id)
        assert wallet_id is not None
        moves = moves_of(session, counter.street.program_id, wallet_id)
    assert [move.move_id for move in moves] == list(range(1, len(moves) + 1))
    assert points_of(counter.database, counter.street, phone.member_id, counter.tools) == 300


TIERS = (Tier("silver", "Plata", 100, 1), Tier("gold", "Oro", 300, 1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("upgrade", "event", "expected"),
    [
        ("at_once", "earned", "gold"),
        ("at_once", "given_back", None),
        ("period_end", "earned", None),
        ("period_end", "period_end", "gold"),
    ],
)
def test_members_rise_when_the_policy_says(
    upgrade: Upgrade,
    event: Event,
    expected: str | None,
) -> None:
    climbing = Ladder(TIERS, upgrade=upgrade)
    assert next_tier(climbing, None, 300, event=event) == expected
    assert next_tier(climbing, None, 99, event=event) is None


@pytest.mark.parametrize("downgrade", ["at_once", "period_end", "one_step", "never"])
def test_a_tier_that_is_not_on_the_ladder_any_more_counts_as_none(downgrade: Downgrade) -> None:
    falling = Ladder(TIERS, downgrade=downgrade)
    assert next_tier(falling, "platinum", 0, event="period_end") is None
    assert next_tier(falling, "platinum", 100, event="earned") == "silver"


@pytest.mark.parametrize(
    ("window", "months", "day", "begin", "first"),
    [
        ("rolling", 3, date(2026, 1, 15), date(2026, 1, 1), "2025-11"),
        ("calendar", 12, date(2026, 11, 22), date(2026, 1, 1), "2026-01"),
        ("calendar", 3, date(2026, 6, 30), date(2026, 4, 1), "2026-04"),
        ("calendar", 1, date(2026, 6, 30), date(2026, 6, 1), "2026-06"),
    ],
)
def test_windows_are_whole_months(
    window: Window, months: int, day: date, begin: date, first: str
) -> None:
    one = Ladder(TIERS, window=window, months=months)
    assert period_begin(one, day) == begin
    told = window_months(one, day)
    assert (told[0], told[-1]) == (first, f"{day.year}-{day.month:02}")
