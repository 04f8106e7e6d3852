"""Stamps wait with the points of their sale, are judged as it was, and go with its card."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from loyalty.journeys.join_memberships import Join, undo_join
from loyalty.journeys.stamp_cards import StampCard, stamp_cards
from loyalty.points.add_reward import RewardDraft, change_reward
from loyalty.points.errors import PointsShortError
from loyalty.points.queries import rewards_of
from loyalty.points.retire_reward import restore_reward, retire_reward
from loyalty.sales.queries import SALE
from loyalty.sales.rules import RefundLineReport, SaleLineReport
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.places import Place
from tests.support.redeeming import TENTH, VISITS, Redeeming
from tests.support.street import Phone
from tests.support.tamper import change_behind_our_back


@pytest.fixture
def at_till(counter: Counter, clock: ManualClock) -> Redeeming:
    return Redeeming(counter, clock)


def coffees(count: int, minor: int = 140) -> tuple[SaleLineReport, ...]:
    return (SaleLineReport("cafe", "Café", count * 1_000, count * minor),)


def sell(at_till: Redeeming, sale_id: str, count: int, who: Phone | None) -> None:
    code = None if who is None else at_till.card(who)
    report = at_till.counter.report(sale_id, count * 140, code=code, lines=coffees(count))
    at_till.counter.send(report)


def on_card(at_till: Redeeming, who: Phone) -> StampCard:
    """Read the one stamp card of the shop as somebody has it."""
    now = at_till.counter.tools.clock.now()
    with at_till.counter.database.reading(at_till.program_id) as session:
        rewards = rewards_of(session, at_till.program_id)
        (card,) = stamp_cards(session, at_till.program_id, who.member_id, rewards, at=now)
    return card


def stands(at_till: Redeeming, *who: Phone) -> list[tuple[int, int, int]]:
    """Say what is free, what waits and what is owed on somebody's card."""
    cards = [on_card(at_till, each).now for each in who]
    return [(card.free, card.pending, card.debt) for card in cards]


def well(at_till: Redeeming) -> bool:
    return at_till.counter.findings() == ()


def test_stamps_wait_until_returns_are_over(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(TENTH), at_till.shopper(0)
    at_till.counter.set_policy(pending_days=14)
    sell(at_till, "s1", 9, ana)
    begins = at_till.counter.tools.clock.now()
    assert stands(at_till, ana) == [(0, 9, 0)]
    card = on_card(at_till, ana)
    assert card.pending_until is not None
    assert (card.pending_until - begins).days == 14
    assert at_till.counter.scan(at_till.card(ana)).rewards_in_reach == ()
    code = at_till.counter.shown(ana)
    refused = at_till.send(at_till.ask("h1", code, reward, basket_minor=280, lines=coffees(2)))
    assert isinstance(refused, PointsShortError)
    assert well(at_till)
    at_till.clock.advance(days=14)
    assert stands(at_till, ana) == [(9, 0, 0)]
    assert on_card(at_till, ana).pending_until is None
    assert at_till.hold("h2", ana, reward, basket_minor=280, lines=coffees(2)).points == 9
    assert well(at_till)


def test_a_refund_takes_stamps_that_wait_and_leaves_those_that_can_be_used(
    at_till: Redeeming,
) -> None:
    at_till.offer(TENTH)
    ana = at_till.shopper(0)
    sell(at_till, "s1", 3, ana)
    at_till.counter.set_policy(pending_days=14, debt_policy="owe")
    sell(at_till, "s2", 4, ana)
    assert stands(at_till, ana) == [(3, 4, 0)]
    at_till.counter.refund_lines("r1", "s2", RefundLineReport(1, 1_000, 140))
    assert stands(at_till, ana) == [(3, 3, 0)], "of two sales the returned one pays"
    at_till.counter.refund_lines("r2", "s2", RefundLineReport(1, 3_000, 420))
    assert stands(at_till, ana) == [(3, 0, 0)]
    assert well(at_till)


def test_a_coffee_that_a_full_card_paid_stamps_nothing(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(TENTH), at_till.shopper(0)
    sell(at_till, "s1", 9, ana)
    held = at_till.hold("h1", ana, reward, basket_minor=420, lines=coffees(3))
    assert (held.points, held.discount_minor) == (9, 140)
    report = at_till.counter.report("s2", 280, code=at_till.card(ana), lines=coffees(3))
    at_till.counter.send(replace(report, hold_id="h1"))
    assert stands(at_till, ana) == [(2, 0, 0)], "two were bought"
    at_till.counter.refund_lines("r1", "s2", RefundLineReport(1, 1_000, 140))
    assert stands(at_till, ana) == [(1, 0, 0)], "one was bought, and one is free"
    assert well(at_till)
    eva = at_till.shopper(0)
    at_till.counter.reassign("x1", "s2", code=at_till.card(eva))
    assert stands(at_till, ana, eva) == [(0, 0, 0), (1, 0, 0)]
    assert well(at_till)


def test_two_full_cards_give_two_coffees_at_once(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(TENTH), at_till.shopper(0)
    sell(at_till, "s1", 20, ana)
    assert on_card(at_till, ana).full == 2
    held = at_till.hold("h1", ana, reward, basket_minor=420, lines=coffees(3), points=18)
    assert (held.points, held.discount_minor) == (18, 280)
    report = at_till.counter.report("s2", 140, code=at_till.card(ana), lines=coffees(3))
    at_till.counter.send(replace(report, hold_id="h1"))
    assert stands(at_till, ana) == [(3, 0, 0)]
    assert well(at_till)


def test_a_return_is_judged_by_what_the_card_asked_for_when_it_was_stamped(
    at_till: Redeeming,
) -> None:
    reward, (ana, eva) = at_till.offer(TENTH), (at_till.shopper(0) for _ in range(2))
    sell(at_till, "s1", 5, ana)
    sell(at_till, "s2", 2, ana)
    most_one = {"per": "product", "products": ["te"], "per_sale_most": 1}
    with at_till.counter.database.unit_of_work(at_till.program_id) as session:
        draft = RewardDraft("Décimo té gratis", 9, "stamps", most_one)
        now = at_till.counter.tools.clock.now()
        change_reward(session, at_till.program_id, reward, draft, at=now)
    at_till.counter.refund_lines("r1", "s1", RefundLineReport(1, 1_000, 140))
    assert stands(at_till, ana) == [(6, 0, 0)]
    at_till.counter.reassign("x1", "s1", code=at_till.card(eva))
    assert stands(at_till, ana, eva) == [(2, 0, 0), (4, 0, 0)]
    at_till.counter.reassign("x2", "s1")
    at_till.counter.reassign("x3", "s1", code=at_till.card(ana))
    assert stands(at_till, ana, eva) == [(6, 0, 0), (0, 0, 0)]
    assert well(at_till)


def test_a_refund_takes_stamps_of_a_card_that_is_not_offered_now(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(TENTH), at_till.shopper(0)
    sell(at_till, "s1", 5, ana)
    with at_till.counter.database.unit_of_work(at_till.program_id) as session:
        retire_reward(session, at_till.program_id, reward, at=at_till.counter.tools.clock.now())
    at_till.counter.refund_lines("r1", "s1", RefundLineReport(1, 2_000, 280))
    with at_till.counter.database.unit_of_work(at_till.program_id) as session:
        now = at_till.counter.tools.clock.now()
        restore_reward(session, at_till.program_id, reward, at=now)
    assert stands(at_till, ana) == [(3, 0, 0)]
    assert well(at_till)


def test_stamps_end_as_points_do(at_till: Redeeming) -> None:
    at_till.offer(VISITS)
    ana = at_till.shopper(0)
    at_till.counter.set_policy(expiry_months=6)
    at_till.counter.sell("s1", 700, code=at_till.card(ana))
    at_till.clock.advance(days=100)
    at_till.counter.sell("s2", 700, code=at_till.card(ana))
    assert on_card(at_till, ana).now.expiring_points == 1
    at_till.clock.advance(days=90)
    assert stands(at_till, ana) == [(1, 0, 0)]
    assert well(at_till)


def part(at_till: Redeeming, join: Join) -> None:
    assert join.link_id is not None
    for _ in range(2):
        with at_till.counter.database.unit_of_work(at_till.program_id) as session:
            undo_join(
                session,
                at_till.program_id,
                join.link_id,
                actor="shopper",
                tools=at_till.counter.tools,
            )


@pytest.mark.parametrize("before", [0, 2])
def test_what_a_card_was_stamped_while_joined_goes_with_it(at_till: Redeeming, before: int) -> None:
    at_till.offer(TENTH)
    ana, eva = at_till.shopper(0), at_till.shopper(0)
    sell(at_till, "a1", 3, ana)
    if before:
        sell(at_till, "e0", before, eva)
    joined = at_till.join(ana, eva, event="join:1")
    sell(at_till, "e1", 4, eva)
    sell(at_till, "n1", 1, None)
    at_till.counter.reassign("x1", "n1", code=at_till.card(eva))
    assert stands(at_till, ana) == [(8 + before, 0, 0)]
    at_till.counter.refund_lines("r1", "e1", RefundLineReport(1, 1_000, 140))
    assert well(at_till)
    part(at_till, joined)
    assert stands(at_till, ana, eva) == [(3, 0, 0), (4 + before, 0, 0)]
    assert well(at_till)
    at_till.counter.refund_lines("r2", "e1", RefundLineReport(1, 3_000, 420))
    assert stands(at_till, ana, eva) == [(3, 0, 0), (1 + before, 0, 0)]
    other = at_till.join(eva, ana, event="join:2")
    sell(at_till, "a2", 2, ana)
    part(at_till, other)
    assert stands(at_till, ana, eva) == [(5, 0, 0), (1 + before, 0, 0)]
    assert well(at_till)


def test_stamps_that_wait_go_over_and_come_back_waiting(at_till: Redeeming) -> None:
    at_till.offer(TENTH)
    ana, eva = at_till.shopper(0), at_till.shopper(0)
    at_till.counter.set_policy(pending_days=3)
    sell(at_till, "e1", 2, eva)
    joined = at_till.join(ana, eva, event="join:1")
    sell(at_till, "e2", 4, eva)
    assert stands(at_till, ana, eva) == [(0, 6, 0), (0, 0, 0)]
    part(at_till, joined)
    assert stands(at_till, ana, eva) == [(0, 0, 0), (0, 6, 0)]
    assert well(at_till)


def test_stamps_that_no_rest_of_a_sale_earns_are_found(at_till: Redeeming, place: Place) -> None:
    at_till.offer(VISITS)
    ana = at_till.shopper(0)
    at_till.counter.sell("s1", 700, code=at_till.card(ana))
    assert well(at_till)
    change_behind_our_back(
        place, update(SALE).where(SALE.c.sale_id == "s1").values(total_minor=400)
    )
    found = {each.invariant for each in at_till.counter.findings()}
    assert "a sale has stamped what is left of it" in found
