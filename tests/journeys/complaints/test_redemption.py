"""What users of other systems complain of when points are spent, each as a test named after it.

The numbers are those of the threads they wrote in.
"""

from dataclasses import replace
from uuid import UUID

import pytest

from loyalty.journeys.redeem import HeldReward
from loyalty.journeys.sale_report import SaleReceipt
from loyalty.kernel.errors import LoyaltyError
from loyalty.points.add_reward import RewardDraft, RewardTerms
from loyalty.points.errors import HoldEndedError
from loyalty.points.policy import PointsPolicy
from loyalty.sales.rules import SaleLineReport
from loyalty.wire.refusals import Refusal
from tests.support.at_once import at_once
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import CENTS, FIVE_EUROS, Redeeming
from tests.support.street import Phone

COFFEE = RewardDraft("Café", 10, "product", {"products": ["cafe"]})
THIRDS = RewardDraft("Usar puntos", 1, "money", {"per_points": 3, "minor": 1}, "EUR")
GIFT = RewardDraft("Regalo", 100)


@pytest.fixture
def at_till(counter: Counter, clock: ManualClock) -> Redeeming:
    return Redeeming(counter, clock)


def coffees(count: int) -> tuple[SaleLineReport, ...]:
    return (SaleLineReport("cafe", "Café", count * 1_000, count * 140),)


def is_held(told: object) -> bool:
    return isinstance(told, HeldReward)


def test_cashier_cannot_choose_how_many_points_to_use(at_till: Redeeming) -> None:
    """odoo#264931: here any number the member has can be used, and no other."""
    reward, ana = at_till.offer(CENTS), at_till.shopper(340)
    told = at_till.hold("h1", ana, reward, points=137)
    assert (told.points, told.discount_minor, told.free) == (137, 137, 203)


def test_anyone_can_say_a_phone_number_and_spend_anothers_points(at_till: Redeeming) -> None:
    """odoo#207624: a name or a number is no proof, and neither is the card alone."""
    reward, ana = at_till.offer(CENTS), at_till.shopper(340)
    for number, said in enumerate(("600 123 123", "Ana", "BCDFGHJK", at_till.card(ana))):
        told = at_till.send(at_till.ask(f"h{number}", said, reward, points=10))
        assert isinstance(told, LoyaltyError)
        assert told.code in {Refusal.CODE_REFUSED, Refusal.PROOF_NEEDED}
    assert at_till.points(ana) == 340


@pytest.mark.parametrize("bill", [1, 99, 100, 1_237, 9_999])
def test_cannot_pay_the_whole_bill_because_decimals_are_left_over(
    at_till: Redeeming, bill: int
) -> None:
    """erpnext#31509, PR#36466, PR#47196: three points a cent, and still nothing is left to pay."""
    reward, ana = at_till.offer(THIRDS), at_till.shopper(30_000)
    told = at_till.hold("h1", ana, reward, basket_minor=bill)
    assert (told.to_pay_minor, told.points) == (0, 3 * bill)
    assert at_till.sell("s1", 0, "h1").redeemed is not None
    assert at_till.points(ana) == 30_000 - 3 * bill


def test_redeemed_points_are_not_deducted_when_the_sale_is_told_late(at_till: Redeeming) -> None:
    """POS-Awesome-V15#3059, erpnext#59050: the points go although the line was down for hours."""
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(100)
    at_till.hold("h1", ana, reward)
    queued = replace(at_till.counter.report("s1", 1_500), hold_id="h1")
    at_till.clock.advance(hours=6)
    for _ in range(3):
        assert at_till.counter.send(queued).redeemed is not None
    assert at_till.points(ana) == 0
    assert at_till.counter.findings() == ()


@pytest.mark.race
def test_twenty_parallel_gifts_of_100_from_a_balance_of_100_all_succeed(
    at_till: Redeeming,
) -> None:
    """fuint#71, medusa PR#16347: one of them does; the others are told that too few are left."""
    reward, ana = at_till.offer(GIFT), at_till.shopper(100)
    at_till.set_pin(ana, "2580")
    card = at_till.card(ana)
    asked = [at_till.ask(f"h{number}", card, reward, pin="2580") for number in range(20)]
    told = at_once(20, lambda number: at_till.send(asked[number]))
    assert sum(is_held(each) for each in told) == 1
    assert {each.code for each in told if isinstance(each, LoyaltyError)} == {Refusal.POINTS_SHORT}
    assert at_till.points(ana) == 0
    assert at_till.counter.findings() == ()


def test_float_dust_makes_coupons_invalid_or_currency_rounding_kills_points(
    at_till: Redeeming,
) -> None:
    """odoo#111670, #219640, #259660: points are whole, and those that buy nothing are not taken."""
    reward, ana = at_till.offer(THIRDS), at_till.shopper(1_000)
    told = at_till.hold("h1", ana, reward, points=1_000)
    assert (told.points, told.discount_minor, told.free) == (999, 333, 1)


def test_free_product_quantity_change_does_not_change_the_points_used(at_till: Redeeming) -> None:
    """odoo#137189: two free coffees cost twice, and one that is not in the basket nothing."""
    reward, ana = at_till.offer(COFFEE), at_till.shopper(100)
    told = at_till.hold("h1", ana, reward, basket_minor=280, lines=coffees(2), points=20)
    assert (told.points, told.times, told.discount_minor) == (20, 2, 280)
    at_till.let_go("h1")
    at_till.clock.advance(minutes=2)
    less = at_till.hold("h2", ana, reward, basket_minor=140, lines=coffees(1), points=20)
    assert (less.points, less.times, less.discount_minor) == (10, 1, 140)


def test_redeemed_reward_is_not_given_back_on_refund(at_till: Redeeming) -> None:
    """Square community 132954, 392376: it is, to the points it came from."""
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(100)
    at_till.hold("h1", ana, reward)
    at_till.sell("s1", 1_500, "h1")
    assert at_till.points(ana) == 0
    assert at_till.counter.refund("r1", "s1", 1_500).points_returned == 100
    assert at_till.points(ana) == 100
    assert at_till.counter.findings() == ()


def test_points_earned_on_the_discount_line(at_till: Redeeming) -> None:
    """odoo#150833: what points paid earns none."""
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(100)
    at_till.hold("h1", ana, reward)
    lines = (SaleLineReport("pan", "Pan", 1_000, 2_000), SaleLineReport("", "Premio", 1_000, -500))
    report = at_till.counter.report("s1", 1_500, code=at_till.card(ana), lines=lines)
    assert at_till.counter.send(replace(report, hold_id="h1")).points_earned == 15


@pytest.mark.race
def test_the_last_of_a_reward_is_had_once(at_till: Redeeming) -> None:
    reward = at_till.offer(replace(GIFT, terms=RewardTerms(stock=2)))
    shoppers = [at_till.shopper(100) for _ in range(5)]

    def want(number: int) -> HeldReward | LoyaltyError:
        return at_till.send(asked[number])

    asked = [
        at_till.ask(f"h{number}", at_till.counter.shown(one), reward)
        for number, one in enumerate(shoppers)
    ]
    told = at_once(5, want)
    assert sum(is_held(each) for each in told) == 2
    refusals = {each.code for each in told if isinstance(each, LoyaltyError)}
    assert refusals == {Refusal.REWARD_SOLD_OUT}


@pytest.mark.race
def test_six_at_once_on_two_cards_of_one_person_share_a_cashiers_amount_of_the_day(
    at_till: Redeeming,
) -> None:
    reward, ana, old = at_till.offer(CENTS), at_till.shopper(3_000), at_till.shopper(3_000)
    at_till.set_cashier_pin()
    at_till.decide(PointsPolicy(cashier_allowance=50))
    at_till.join(ana, old)
    cards = at_till.card(ana), at_till.card(old)
    asked = [
        at_till.ask(f"h{number}", cards[number % 2], reward, points=30, word=at_till.word())
        for number in range(6)
    ]
    told = at_once(6, lambda number: at_till.send(asked[number]))
    assert sum(is_held(each) for each in told) == 1
    refusals = {(each.code, each.facts["left"]) for each in told if isinstance(each, LoyaltyError)}
    assert refusals == {(Refusal.ALLOWANCE_EXCEEDED, 20)}
    assert at_till.points(ana) == 5_970
    assert at_till.counter.findings() == ()


@pytest.mark.race
def test_a_sale_and_an_undo_of_its_hold_at_once_take_it_or_let_it_go(at_till: Redeeming) -> None:
    reward: UUID = at_till.offer(FIVE_EUROS)
    ana: Phone = at_till.shopper(300)
    at_till.hold("h1", ana, reward)
    report = replace(at_till.counter.report("s1", 1_500), hold_id="h1")

    def act(number: int) -> object:
        return at_till.counter.send(report) if number % 2 else at_till.let_go("h1")

    undone, sold = at_once(4, act)[:2]
    assert isinstance(sold, SaleReceipt)
    assert sold.redeemed is not None
    if is_held(undone):
        assert (sold.redeemed.fate, at_till.points(ana)) == ("let_go", 300)
    else:
        assert isinstance(undone, HoldEndedError)
        assert (sold.redeemed.fate, at_till.points(ana)) == ("taken", 200)
    assert at_till.counter.findings() == ()
