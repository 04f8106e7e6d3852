"""Whole points, rounded down once; the soonest to expire pays; nothing is negative."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.kernel.money import Money
from loyalty.points.rules import (
    Debit,
    Draw,
    EarnRate,
    LotFacts,
    RewardFacts,
    next_reward,
    plan_credit,
    plan_debit,
    points_earned,
    rewards_in_reach,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RATE = EarnRate(version=1, points=1, per_minor=100, currency="EUR")
OLD, NEW, LONG = (UUID(int=number) for number in (1, 2, 3))
LOTS = (
    LotFacts(LONG, NOON - timedelta(days=9), None, remaining=100, held=0),
    LotFacts(NEW, NOON, NOON + timedelta(days=90), remaining=50, held=0),
    LotFacts(OLD, NOON, NOON + timedelta(days=1), remaining=30, held=10),
)

amounts = st.integers(0, 1_000_000)
rates = st.builds(
    EarnRate,
    version=st.just(1),
    points=st.integers(1, 50),
    per_minor=st.integers(1, 5000),
    currency=st.just("EUR"),
)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.mark.parametrize(
    ("minor", "points"), [(0, 0), (99, 0), (100, 1), (199, 1), (1240, 12), (1299, 12)]
)
def test_a_receipt_earns_its_whole_euros(minor: int, points: int) -> None:
    assert points_earned(eur(minor), RATE) == points


@given(one=amounts, other=amounts, rate=rates)
def test_splitting_a_basket_never_earns_more(one: int, other: int, rate: EarnRate) -> None:
    split = points_earned(eur(one), rate) + points_earned(eur(other), rate)
    assert split <= points_earned(eur(one + other), rate)


def test_the_soonest_to_expire_pays_first_and_what_never_expires_last() -> None:
    assert plan_debit(75, LOTS) == Debit((Draw(OLD, 20), Draw(NEW, 50), Draw(LONG, 5)), 0)


def test_its_own_lot_pays_before_all_others() -> None:
    assert plan_debit(110, LOTS, own=LONG) == Debit((Draw(LONG, 100), Draw(OLD, 10)), 0)


def test_what_the_lots_do_not_cover_becomes_debt() -> None:
    assert plan_debit(175, LOTS).debt == 5


@given(points=st.integers(0, 400), own=st.sampled_from([None, OLD, NEW, LONG, UUID(int=9)]))
def test_draws_and_debt_add_up_and_no_lot_gives_what_is_held(points: int, own: UUID | None) -> None:
    debit = plan_debit(points, LOTS, own=own)
    free = {lot.lot_id: lot.free for lot in LOTS}
    assert sum(draw.points for draw in debit.draws) + debit.debt == points
    assert all(0 < draw.points <= free[draw.lot_id] for draw in debit.draws)
    assert len({draw.lot_id for draw in debit.draws}) == len(debit.draws)


@given(points=st.integers(0, 100), debt=st.integers(0, 100))
def test_what_is_owed_is_repaid_first(points: int, debt: int) -> None:
    credit = plan_credit(points, debt=debt)
    assert credit.repaid + credit.rest == points
    assert credit.repaid == min(points, debt)


def test_the_next_reward_is_the_nearest_out_of_reach() -> None:
    rewards = [RewardFacts(UUID(int=n), f"R{n}", n) for n in (10, 20, 50)]
    ahead = next_reward(20, rewards)
    assert ahead is not None
    assert (ahead.points, ahead.missing) == (50, 30)
    assert next_reward(50, rewards) is None
    assert [reward.points for reward in rewards_in_reach(20, rewards)] == [20, 10]
