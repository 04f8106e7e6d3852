"""Households stay whole, and stores of the data find stores of the program."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.replay.baskets import Basket
from app.replay.counter import Till
from app.replay.errors import ReplayError
from app.replay.run import match_stores, share_out

TILL = Till(
    credential="7.a.b",
    program_id=7,
    store_id="north",
    store_name="North",
    currency="EUR",
    shop_path="/S/NORTH",
    points=1,
    per_minor=100,
    server_time=datetime(2026, 3, 1, tzinfo=UTC),
    met_at=time.monotonic(),
)
SOUTH = replace(TILL, credential="7.c.d", store_id="south")


def basket(number: int, household: int) -> Basket:
    return Basket(number, household, 367, datetime(2017, 1, 1), ())  # noqa: DTZ001


def test_a_household_is_one_workers_and_its_baskets_stay_in_order() -> None:
    baskets = [basket(number, number * number % 7) for number in range(60)]
    shares = share_out(baskets, 3)
    assert sorted(one.basket_id for share in shares for one in share) == list(range(60))
    homes = [{one.household_id for one in share} for share in shares]
    assert sum(len(home) for home in homes) == len(set().union(*homes))
    assert all(list(share) == sorted(share, key=lambda one: one.basket_id) for share in shares)


def test_more_workers_than_households_are_not_needed() -> None:
    assert len(share_out([basket(1, 1), basket(2, 1)], 8)) == 1


def test_stores_are_matched_in_the_order_of_the_keys() -> None:
    assert match_stores([343, 367], [TILL, SOUTH, TILL]) == {343: (TILL, TILL), 367: (SOUTH,)}


def test_too_few_stores_or_two_programs_are_refused() -> None:
    with pytest.raises(ReplayError, match="2 stores here and the tills stand in 1"):
        match_stores([343, 367], [TILL])
    with pytest.raises(ReplayError, match="several programs"):
        match_stores([367], [TILL, replace(SOUTH, program_id=8)])


def test_a_sale_earns_whole_steps_only() -> None:
    assert [TILL.earns(cents) for cents in (0, 99, 100, 1299)] == [0, 0, 1, 12]
    assert replace(TILL, per_minor=0).earns(500) is None
