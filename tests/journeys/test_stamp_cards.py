"""Stamp cards: sales stamp them, a full one gives its reward, refunds take stamps back."""

import pytest

from loyalty.journeys.stamp_cards import StampCard
from loyalty.sales.rules import SaleLineReport
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import TENTH, VISITS, Redeeming
from tests.support.street import Phone


@pytest.fixture
def at_till(counter: Counter, clock: ManualClock) -> Redeeming:
    return Redeeming(counter, clock)


def coffees(count: int) -> tuple[SaleLineReport, ...]:
    return (SaleLineReport("cafe", "Café", count * 1_000, count * 140),)


def stamps(at_till: Redeeming, phone: Phone) -> dict[str, int]:
    at_till.clock.advance(minutes=2)
    cards: tuple[StampCard, ...] = at_till.counter.scan(at_till.card(phone)).stamps
    return {card.reward.name: card.stamps for card in cards}


def sell(at_till: Redeeming, sale_id: str, count: int, who: Phone) -> None:
    code = at_till.card(who)
    report = at_till.counter.report(sale_id, count * 140, code=code, lines=coffees(count))
    at_till.counter.send(report)
    at_till.counter.send(report)


def test_the_tenth_coffee_is_free(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(TENTH), at_till.shopper(0)
    sell(at_till, "s1", 4, ana)
    assert stamps(at_till, ana) == {"Décimo café gratis": 4}
    sell(at_till, "s2", 6, ana)
    scanned = at_till.counter.scan(at_till.card(ana))
    assert [each.name for each in scanned.rewards_in_reach] == ["Décimo café gratis"]
    held = at_till.hold("h1", ana, reward, basket_minor=280, lines=coffees(2))
    assert (held.points, held.discount_minor, held.free) == (9, 140, 1)
    told = at_till.sell("s3", 140, "h1").redeemed
    assert told is not None
    assert (told.fate, told.points) == ("taken", 9)
    assert stamps(at_till, ana) == {"Décimo café gratis": 1}
    assert at_till.points(ana) == 13, "stamps are no points"
    assert at_till.counter.findings() == ()


def test_stamps_go_back_with_what_earned_them(at_till: Redeeming) -> None:
    at_till.offer(VISITS)
    ana = at_till.shopper(0)
    at_till.counter.sell("s1", 700, code=at_till.card(ana))
    at_till.counter.sell("s2", 499, code=at_till.card(ana))
    assert stamps(at_till, ana) == {"Cinco visitas": 1}
    at_till.counter.refund("r1", "s1", 200)
    assert stamps(at_till, ana) == {"Cinco visitas": 1}
    at_till.counter.refund("r2", "s1", 100)
    at_till.counter.refund("r2", "s1", 100)
    assert stamps(at_till, ana) == {"Cinco visitas": 0}
    assert at_till.counter.findings() == ()


def test_stamps_follow_a_sale_to_the_right_card(at_till: Redeeming) -> None:
    at_till.offer(TENTH)
    ana, eva = at_till.shopper(0), at_till.shopper(0)
    sell(at_till, "s1", 3, ana)
    at_till.counter.reassign("x1", "s1", code=at_till.card(eva))
    assert (stamps(at_till, ana), stamps(at_till, eva)) == (
        {"Décimo café gratis": 0},
        {"Décimo café gratis": 3},
    )
    at_till.counter.send(at_till.counter.report("s2", 280, lines=coffees(2)))
    at_till.counter.reassign("x2", "s2", code=at_till.card(ana))
    assert stamps(at_till, ana) == {"Décimo café gratis": 2}
    at_till.counter.reassign("x3", "s1")
    assert stamps(at_till, eva) == {"Décimo café gratis": 0}
    assert at_till.counter.findings() == ()
