"""Points that paid a part of a sale come back with its refunds: exactly, in parts, once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.journeys.redeem_refund import points_kept
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import FIVE_EUROS, Redeeming


@pytest.fixture
def at_till(counter: Counter, clock: ManualClock) -> Redeeming:
    return Redeeming(counter, clock)


def test_a_refund_gives_back_its_part_of_the_points_and_the_last_one_all(
    at_till: Redeeming,
) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(100)
    at_till.hold("h1", ana, reward)
    at_till.sell("s1", 1_500, "h1")
    returned = [
        at_till.counter.refund(f"r{number}", "s1", amount).points_returned
        for number, amount in enumerate((1, 749, 750))
    ]
    assert returned == [0, 50, 50]
    again = at_till.counter.refund("r2", "s1", 750)
    assert (again.replayed, again.points_returned) == (True, 50)
    assert at_till.points(ana) == 100
    assert at_till.counter.findings() == ()


def test_what_comes_back_pays_first_for_what_is_taken_back(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(200)
    at_till.hold("h1", ana, reward)
    code = at_till.card(ana)
    assert at_till.sell("s1", 1_500, "h1", code=code).points_balance == 115
    at_till.clock.advance(minutes=3)
    at_till.hold("h2", ana, reward)
    at_till.take("h2")
    told = at_till.counter.refund("r1", "s1", 1_500)
    assert (told.points_returned, told.points_taken, told.points_owed) == (100, 15, 0)
    assert told.points_balance == 100


def test_a_refund_after_an_undo_gives_nothing_back_twice(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(100)
    at_till.hold("h1", ana, reward)
    at_till.sell("s1", 1_500, "h1")
    assert at_till.counter.refund("r1", "s1", 750).points_returned == 50
    at_till.let_go("h1")
    assert at_till.points(ana) == 100
    assert at_till.counter.refund("r2", "s1", 750).points_returned == 0
    assert at_till.points(ana) == 100
    assert at_till.counter.findings() == ()


@given(
    points=st.integers(1, 10_000),
    paid=st.integers(1, 100_000),
    parts=st.lists(st.integers(1, 50_000), max_size=6),
)
def test_refunds_in_parts_give_back_what_one_of_their_sum_does(
    points: int, paid: int, parts: list[int]
) -> None:
    left, back = paid, 0
    for part in parts:
        left -= min(part, left)
        back += points - points_kept(points, paid_minor=paid, left_minor=left) - back
    assert back == points - points_kept(points, paid_minor=paid, left_minor=left)
    assert 0 <= back <= points
    assert points_kept(points, paid_minor=paid, left_minor=0) == 0
