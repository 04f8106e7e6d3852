"""Somebody who joins several cards of a program is welcomed once, and loses nothing by it."""

import pytest

from loyalty.journeys.join_memberships import Join, JoinUndone, undo_join
from loyalty.points.queries import wallet_of_member
from loyalty.points.story import WalletStory, wallet_story
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import COFFEE, Redeeming
from tests.support.street import Phone

WELCOME = 25


@pytest.fixture
def at_till(counter: Counter, clock: ManualClock) -> Redeeming:
    counter.set_policy(welcome_points=WELCOME)
    return Redeeming(counter, clock)


def part(at_till: Redeeming, joined: Join) -> JoinUndone:
    assert joined.link_id is not None
    with at_till.counter.database.unit_of_work(at_till.program_id) as session:
        return undo_join(
            session,
            at_till.program_id,
            joined.link_id,
            actor="shopper:test",
            tools=at_till.counter.tools,
        )


def story(at_till: Redeeming, phone: Phone) -> WalletStory:
    with at_till.counter.database.reading(at_till.program_id) as session:
        wallet_id = wallet_of_member(session, at_till.program_id, phone.member_id)
        assert wallet_id is not None
        return wallet_story(session, at_till.program_id, wallet_id)


def test_of_two_cards_that_become_one_only_one_keeps_its_welcome(at_till: Redeeming) -> None:
    ana, other = at_till.shopper(30), at_till.shopper(10)
    assert (at_till.points(ana), at_till.points(other)) == (55, 35)
    joined = at_till.join(ana, other)
    assert (joined.points, joined.second_welcome) == (10, WELCOME)
    assert at_till.points(ana) == 30 + 10 + WELCOME
    assert at_till.join(ana, other) == joined, "asked again it is told again"
    third = at_till.shopper(0)
    assert at_till.join(ana, third).second_welcome == WELCOME
    assert at_till.points(ana) == 30 + 10 + WELCOME, "a row of empty cards adds up to nothing"
    assert at_till.counter.findings() == ()


def test_taken_apart_each_card_has_its_welcome_again_as_often_as_it_is_asked(
    at_till: Redeeming,
) -> None:
    ana, other = at_till.shopper(30), at_till.shopper(10)
    for number in range(3):
        joined = at_till.join(ana, other, event=f"time {number}")
        assert at_till.points(ana) == 65
        assert part(at_till, joined).points == 10 + WELCOME
        assert part(at_till, joined).points == 10 + WELCOME, "undone twice it is undone once"
        assert (at_till.points(ana), at_till.points(other)) == (55, 35)
    told = story(at_till, other)
    assert (told.posted, told.by_kind["bonus"], told.by_kind["take_back"]) == (35, 100, -75)
    assert at_till.counter.findings() == ()


def test_a_welcome_that_was_used_is_not_asked_back_and_nothing_is_owed(at_till: Redeeming) -> None:
    ana, other = at_till.shopper(0), at_till.shopper(0)
    coffee = at_till.offer(COFFEE)
    at_till.hold("h1", other, coffee)
    at_till.take("h1")
    joined = at_till.join(ana, other)
    assert (joined.points, joined.debt, joined.second_welcome) == (0, 0, WELCOME - 10)
    assert at_till.points(ana) == WELCOME
    assert part(at_till, joined).points == WELCOME - 10
    assert at_till.points(other) == WELCOME - 10
    assert at_till.counter.findings() == ()


def test_the_only_welcome_of_two_goes_over_with_its_card(at_till: Redeeming) -> None:
    at_till.counter.set_policy(welcome_points=0)
    ana = at_till.shopper(5)
    at_till.counter.set_policy(welcome_points=WELCOME)
    other, third = at_till.shopper(0), at_till.shopper(0)
    first = at_till.join(ana, other)
    assert (first.points, first.second_welcome) == (WELCOME, 0)
    second = at_till.join(third, ana)
    assert (second.points, second.second_welcome) == (5, WELCOME), "it came with another card"
    assert at_till.points(third) == WELCOME + 5
    part(at_till, second)
    part(at_till, first)
    found = [at_till.points(phone) for phone in (ana, other, third)]
    assert found == [5, WELCOME, WELCOME]
    assert at_till.counter.findings() == ()
