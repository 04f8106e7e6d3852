"""Points that paid a part of a sale come back with its refunds: exactly, in parts, once."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.journeys.redeem import HeldReward
from loyalty.journeys.redeem_refund import points_back
from loyalty.points.add_reward import RewardDraft
from loyalty.points.errors import HoldEndedError, PointsShortError
from loyalty.points.refund_rules import LineBack, SaleBack, part_back
from loyalty.sales.errors import AmountInvalidError, RefundExceedsSaleError
from loyalty.sales.rules import RefundLineReport, SaleLineReport
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import CENTS, COFFEE, FIVE_EUROS, Redeeming
from tests.support.street import Phone


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


def test_what_a_sale_used_comes_back_with_its_refunds_and_by_no_undo(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(100)
    at_till.hold("h1", ana, reward)
    at_till.take("h1")  # told by itself before the sale, as a till may
    at_till.sell("s1", 1_500, "h1")
    stays_no(at_till, "h1")
    assert at_till.points(ana) == 0
    assert at_till.counter.refund("r1", "s1", 750).points_returned == 50
    stays_no(at_till, "h1")
    assert at_till.points(ana) == 50
    assert at_till.counter.refund("r2", "s1", 750).points_returned == 50
    stays_no(at_till, "h1")
    assert at_till.points(ana) == 100
    assert at_till.counter.findings() == ()


def stays_no(at_till: Redeeming, hold_id: str) -> None:
    told = at_till.let_go(hold_id)
    assert isinstance(told, HoldEndedError)
    assert told.facts == {"hold_id": hold_id, "outcome": "posted"}


def test_an_undo_after_the_whole_refund_changes_nothing(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(100)
    at_till.hold("h1", ana, reward)
    at_till.sell("s1", 1_500, "h1")
    at_till.counter.refund("r1", "s1", 1_500)
    told = at_till.let_go("h1")
    assert isinstance(told, HeldReward)
    assert (told.state, told.replayed, at_till.points(ana)) == ("given_back", True, 100)


def test_a_discount_cannot_be_had_again_and_again_for_the_same_points(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(100)
    at_till.hold("h1", ana, reward)
    at_till.sell("s1", 1_500, "h1")
    stays_no(at_till, "h1")
    at_till.clock.advance(minutes=20)
    again = at_till.send(at_till.ask("h2", at_till.counter.shown(ana), reward))
    assert isinstance(again, PointsShortError)


COFFEE_AND_BREAD = (
    SaleLineReport("cafe", "Café", 2_000, 280),
    SaleLineReport("pan", "Pan", 1_000, 200),
)


def bought(
    at_till: Redeeming,
    who: Phone,
    reward: RewardDraft,
    lines: tuple[SaleLineReport, ...],
    *,
    told_after: bool = False,
) -> int:
    """Sell a basket that a reward pays a part of; says what was paid in money."""
    total = sum(line.total_minor for line in lines)
    held = at_till.hold("h1", who, at_till.offer(reward), basket_minor=total, lines=lines)
    if told_after:
        lines = tuple(
            replace(line, total_minor=line.total_minor - share)
            for line, share in zip(lines, held.lines, strict=True)
        )
    report = at_till.counter.report("s1", held.to_pay_minor, lines=lines)
    at_till.counter.send(replace(report, hold_id="h1"))
    return held.to_pay_minor


def back(at_till: Redeeming, refund_id: str, *lines: tuple[int, int | None, int]) -> int:
    """Bring lines back; says how many points came with them, the same when told again."""
    told = [RefundLineReport(*line) for line in lines]
    returned = at_till.counter.refund_lines(refund_id, "s1", *told).points_returned
    again = at_till.counter.refund_lines(refund_id, "s1", *told)
    assert (again.replayed, again.points_returned) == (True, returned)
    return returned


@pytest.mark.parametrize("told_after", [False, True])
def test_a_free_product_comes_back_with_its_own_line(
    at_till: Redeeming, *, told_after: bool
) -> None:
    ana = at_till.shopper(10)
    assert bought(at_till, ana, COFFEE, COFFEE_AND_BREAD, told_after=told_after) == 340
    assert back(at_till, "r1", (2, 1_000, 200)) == 0, "the bread was paid in money"
    assert back(at_till, "r2", (1, 1_000, 140)) == 0, "so was the first coffee"
    assert back(at_till, "r3", (1, 1_000, 0)) == 10
    assert at_till.points(ana) == 10
    assert at_till.counter.findings() == ()


def test_the_piece_that_points_paid_may_come_back_first(at_till: Redeeming) -> None:
    ana = at_till.shopper(10)
    bought(at_till, ana, COFFEE, COFFEE_AND_BREAD)
    assert back(at_till, "r1", (1, 1_000, 0)) == 10
    assert back(at_till, "r2", (1, 1_000, 140), (2, 1_000, 200)) == 0
    assert at_till.points(ana) == 10


def test_two_free_pieces_come_back_one_by_one_whatever_each_costs(at_till: Redeeming) -> None:
    ana = at_till.shopper(20)
    anything = RewardDraft("Café o té", 10, "product", {"products": ["cafe", "te"]}, None)
    lines = (
        SaleLineReport("cafe", "Café", 1_000, 140),
        SaleLineReport("te", "Té", 1_000, 190),
        SaleLineReport("pan", "Pan", 1_000, 200),
    )
    held = at_till.hold(
        "h1", ana, at_till.offer(anything), basket_minor=530, lines=lines, points=20
    )
    assert (held.points, held.to_pay_minor) == (20, 200)
    report = at_till.counter.report("s1", 200, lines=lines)
    at_till.counter.send(replace(report, hold_id="h1"))
    assert back(at_till, "r1", (2, 1_000, 0)) == 10
    assert back(at_till, "r2", (1, 1_000, 0)) == 10
    assert at_till.points(ana) == 20
    assert at_till.counter.findings() == ()


def test_money_that_names_no_line_gives_its_part_and_all_of_it_everything(
    at_till: Redeeming,
) -> None:
    ana = at_till.shopper(10)
    assert bought(at_till, ana, COFFEE, COFFEE_AND_BREAD) == 340
    assert at_till.counter.refund("r1", "s1", 170).points_returned == 5
    assert at_till.counter.refund("r2", "s1", 170).points_returned == 5
    assert at_till.points(ana) == 10


def test_a_bill_that_points_paid_in_full_comes_back_by_lines_on_another_day(
    at_till: Redeeming,
) -> None:
    ana = at_till.shopper(480)
    assert bought(at_till, ana, CENTS, COFFEE_AND_BREAD) == 0
    assert at_till.points(ana) == 0
    at_till.clock.advance(days=3)
    assert isinstance(at_till.let_go("h1"), HoldEndedError)
    assert back(at_till, "r1", (1, 1_000, 0)) == 140
    assert back(at_till, "r2", (2, 1_000, 0)) == 200
    with pytest.raises(RefundExceedsSaleError):
        back(at_till, "r3", (2, 1_000, 0))
    with pytest.raises(RefundExceedsSaleError):
        back(at_till, "r4", (1, 1_000, 1))
    assert back(at_till, "r5", (1, 1_000, 0)) == 140
    assert at_till.points(ana) == 480
    assert at_till.counter.findings() == ()


def test_a_refund_without_money_names_its_lines_where_money_was_paid(at_till: Redeeming) -> None:
    bought(at_till, at_till.shopper(10), COFFEE, COFFEE_AND_BREAD)
    with pytest.raises(AmountInvalidError):
        at_till.counter.refund("r1", "s1", 0)


@pytest.mark.parametrize("lines", [(), COFFEE_AND_BREAD])
def test_a_bill_that_points_paid_in_full_comes_back_whole_as_an_amount_of_nothing(
    at_till: Redeeming, lines: tuple[SaleLineReport, ...]
) -> None:
    ana = at_till.shopper(480)
    at_till.hold("h1", ana, at_till.offer(CENTS), basket_minor=480, lines=lines)
    report = at_till.counter.report("s1", 0, code=at_till.card(ana), lines=lines)
    at_till.counter.send(replace(report, hold_id="h1"))
    assert at_till.points(ana) == 0
    at_till.clock.advance(days=3)
    if lines:
        assert back(at_till, "r0", (1, 1_000, 0)) == 140
    told = at_till.counter.refund("r1", "s1", 0)
    assert told.points_returned == (340 if lines else 480)
    assert at_till.counter.refund("r1", "s1", 0).replayed
    with pytest.raises(RefundExceedsSaleError):
        at_till.counter.refund("r2", "s1", 0)
    assert at_till.points(ana) == 480
    assert at_till.counter.findings() == ()


def test_stamps_for_pieces_go_with_the_pieces_that_came_back(at_till: Redeeming) -> None:
    card = RewardDraft("Décimo", 9, "stamps", {"per": "product", "products": ["cafe"]}, None)
    at_till.offer(card)
    ana, lines = at_till.shopper(0), COFFEE_AND_BREAD
    report = at_till.counter.report("s1", 480, code=at_till.card(ana), lines=lines)
    at_till.counter.send(report)

    def stamps() -> int:
        at_till.clock.advance(minutes=2)
        return at_till.counter.scan(at_till.card(ana)).stamps[0].stamps

    assert stamps() == 2
    back(at_till, "r1", (2, 1_000, 200))
    assert stamps() == 2
    told = at_till.counter.refund_lines("r2", "s1", RefundLineReport(1, 1_000, 140))
    assert (told.stamps_taken, told.points_returned) == (1, 0)
    assert stamps() == 1
    back(at_till, "r3", (1, 1_000, 140))
    assert stamps() == 0
    assert at_till.counter.findings() == ()


@given(
    points=st.integers(1, 10_000),
    paid=st.integers(1, 100_000),
    parts=st.lists(st.integers(1, 50_000), max_size=6),
)
def test_refunds_in_parts_give_back_what_one_of_their_sum_does(
    points: int, paid: int, parts: list[int]
) -> None:
    left, told = paid, 0
    for part in parts:
        left -= min(part, left)
        told += points_back(points, part_back(SaleBack("fixed", paid, paid - left))) - told
    assert told == points * (paid - left) // paid
    assert points_back(points, part_back(SaleBack("fixed", paid, paid))) == points


@st.composite
def lines_back(draw: st.DrawFn) -> LineBack:
    listed, pieces = draw(st.integers(1, 5_000)), draw(st.integers(1, 5))
    share = draw(st.integers(0, listed))
    returned = draw(st.integers(0, pieces))
    money = draw(st.integers(0, listed - share)) if returned else 0
    alone = draw(st.integers(0, listed - share - money))
    return LineBack(listed, share, pieces * 1_000, returned * 1_000, money, alone)


@given(
    kind=st.sampled_from(["product", "stamps", "fixed", "percent", "money"]),
    lines=st.lists(lines_back(), min_size=1, max_size=5),
    is_exact=st.booleans(),
    more=st.integers(0, 5_000),
)
def test_never_more_than_a_whole_reward_comes_back_and_all_of_it_with_all_goods(
    kind: str, lines: list[LineBack], more: int, *, is_exact: bool
) -> None:
    shares = sum(line.share_minor for line in lines)
    paid = sum(line.listed_minor for line in lines) - shares
    named = sum(line.paid_back_minor + line.money_minor for line in lines)
    exact = is_exact and shares > 0
    sale = SaleBack(kind, paid, min(paid, named + more), lines, exact)
    assert 0 <= part_back(sale) <= 1
    whole = [replace(line, back_milli=line.sold_milli) for line in lines]
    assert part_back(replace(sale, lines=whole)) == 1
