"""What of a sale can still come back: each line with what was paid for it, to the last cent."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.journeys.goods_left import GoodsLeft, goods_left, lines_left
from loyalty.journeys.sale_goods import SaleGoods
from loyalty.journeys.till_actions import TillAction, last_actions
from loyalty.points.refund_rules import SaleBack
from loyalty.sales.errors import SaleUnknownError
from loyalty.sales.rules import RefundLineReport, SaleLineReport
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import CENTS, COFFEE, Redeeming

BASKET = (
    SaleLineReport("cafe", "Café", 3_000, 420),
    SaleLineReport("queso", "Queso", 350, 630),
)


@pytest.fixture
def at_till(counter: Counter, clock: ManualClock) -> Redeeming:
    return Redeeming(counter, clock)


def left_of(at_till: Redeeming, sale_id: str = "s1") -> GoodsLeft:
    street = at_till.street
    with at_till.counter.database.reading(street.program_id) as session:
        return goods_left(session, street.program_id, street.store_id, sale_id)


def rows(left: GoodsLeft) -> list[tuple[str, int, int, int]]:
    return [
        (line.description, line.pieces, line.paid_pieces, line.left_minor) for line in left.lines
    ]


def acts(at_till: Redeeming) -> list[TillAction]:
    street = at_till.street
    with at_till.counter.database.reading(street.program_id) as session:
        told = last_actions(session, street.program_id, street.till_id, tools=at_till.counter.tools)
    return [act for act in told if act.sale_id == "s1"]


def refund(at_till: Redeeming, refund_id: str, *lines: tuple[int, int | None, int]) -> None:
    at_till.counter.refund_lines(refund_id, "s1", *(RefundLineReport(*line) for line in lines))


def test_each_line_tells_its_pieces_and_what_was_paid_for_them(at_till: Redeeming) -> None:
    lines = (*BASKET, SaleLineReport("", "Oferta", 1_000, -105))
    at_till.counter.send(at_till.counter.report("s1", 945, lines=lines))
    assert rows(left_of(at_till)) == [("Café", 3, 3, 378), ("Queso", 1, 1, 567)]
    refund(at_till, "r1", (1, 1_000, 126))
    assert rows(left_of(at_till)) == [("Café", 2, 2, 252), ("Queso", 1, 1, 567)]
    refund(at_till, "r2", (2, 350, 567))
    assert rows(left_of(at_till)) == [("Café", 2, 2, 252)]
    refund(at_till, "r3", (1, 2_000, 252))
    left = left_of(at_till)
    assert (left.left_minor, left.lines) == (0, ())


def test_pieces_that_points_paid_come_back_last_and_without_money(at_till: Redeeming) -> None:
    ana = at_till.shopper(10)
    at_till.hold("h1", ana, at_till.offer(COFFEE), basket_minor=1_050, lines=BASKET)
    report = at_till.counter.report("s1", 910, lines=BASKET)
    at_till.counter.send(replace(report, hold_id="h1"))
    assert rows(left_of(at_till)) == [("Café", 3, 2, 280), ("Queso", 1, 1, 630)]
    refund(at_till, "r1", (1, 2_000, 280))
    assert rows(left_of(at_till)) == [("Café", 1, 0, 0), ("Queso", 1, 1, 630)]
    assert at_till.points(ana) == 0
    refund(at_till, "r2", (1, 1_000, 0))
    assert at_till.points(ana) == 10
    assert at_till.counter.findings() == ()


def test_the_last_acts_tell_what_became_of_a_bill_that_points_paid(at_till: Redeeming) -> None:
    ana = at_till.shopper(1_050)
    at_till.hold("h1", ana, at_till.offer(CENTS), basket_minor=1_050, lines=BASKET)
    at_till.counter.send(replace(at_till.counter.report("s1", 0, lines=BASKET), hold_id="h1"))
    told = [(act.state, act.undoable, act.parts) for act in acts(at_till)]
    assert told == [("without_card", True, 3)]
    refund(at_till, "r1", (1, 1_000, 0))
    assert [(act.state, act.undoable) for act in acts(at_till)] == [("part_refunded", True)]
    at_till.counter.refund("r2", "s1", 0)
    assert [(act.state, act.undoable) for act in acts(at_till)] == [("refunded", False)]
    assert at_till.points(ana) == 1_050


def test_a_sale_that_told_an_amount_only_has_no_lines(at_till: Redeeming) -> None:
    at_till.counter.sell("s1", 500)
    left = left_of(at_till)
    assert (left.left_minor, left.lines) == (500, ())
    with pytest.raises(SaleUnknownError):
        left_of(at_till, "nothing")


def sold(prices: Iterable[int]) -> tuple[SaleLineReport, ...]:
    return tuple(SaleLineReport("", "", 1_000, price) for price in prices)


@given(
    prices=st.lists(st.integers(0, 10_000), min_size=1, max_size=8),
    paid=st.integers(0, 80_000),
    gone=st.integers(0, 80_000),
)
def test_lines_never_give_more_than_is_left(prices: list[int], paid: int, gone: int) -> None:
    goods = SaleGoods(sold(prices))
    lines = [goods.line_back(place, price, 0) for place, price in enumerate(prices, 1)]
    gone = min(gone, paid)
    told = lines_left(goods, SaleBack("", paid, gone, lines))
    given = [line.left_minor for line in told]
    assert sum(given) == min(paid - gone, sum(prices), paid)
    assert all(minor <= price for minor, price in zip(given, prices, strict=True))
