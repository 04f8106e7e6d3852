"""Tickets add up to the cent, and what is brought back is drawn by the seed."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.replay.baskets import Basket, Item, minor
from app.replay.tickets import COUPON, COUPONS_OWED, choose_refunds, ticket_lines

BREAD = Item(1, "Bread", 2, 398, 0, 0, 0)
SOAP = Item(2, "Soap", 1, 250, 49, 100, 50)
GIFT = Item(3, "Bag", 1, 0, 0, 0, 0)
BASKET = Basket(10, 5, 367, datetime(2017, 3, 1, 12, 0), (BREAD, SOAP, GIFT))  # noqa: DTZ001


def basket(number: int, *items: Item) -> Basket:
    return replace(
        BASKET,
        basket_id=number,
        bought_at=BASKET.bought_at + timedelta(minutes=number),
        items=items,
    )


@pytest.mark.parametrize(
    ("amount", "cents"),
    [(0.0, 0), (0.15, 15), (1.1, 110), (2.675, 268), (0.125, 12), (0.375, 38), (149.9, 14990)],
)
def test_an_amount_becomes_cents_half_to_even_of_what_is_written(amount: float, cents: int) -> None:
    assert minor(amount) == cents


def test_what_was_let_off_stands_under_its_product_and_the_lines_add_up() -> None:
    lines = ticket_lines(BASKET)
    assert sum(line["total_minor"] for line in lines) == BASKET.total_minor == 648
    assert [line["total_minor"] for line in lines] == [398, 349, -49, -100, -50, 0, 100]
    assert lines[0]["quantity_milli"] == 2000
    assert (lines[3]["description"], lines[-1]["description"]) == (COUPON, COUPONS_OWED)


def test_a_basket_of_nothing_has_its_lines_and_is_never_brought_back() -> None:
    free = basket(1, GIFT)
    assert len(ticket_lines(free)) == 1
    assert choose_refunds([free] * 40, every=1, seed=1) == {}


def test_each_second_basket_comes_back_by_turns_whole_and_in_part() -> None:
    baskets = [basket(number, BREAD, SOAP) for number in range(8)]
    chosen = choose_refunds(baskets, every=2, seed=1)
    assert list(chosen.values()) == [648, 398, 648, 398]
    assert {number % 2 for number in chosen} in ({0}, {1})
    assert chosen == choose_refunds(baskets, every=2, seed=1)
    assert {tuple(choose_refunds(baskets, every=2, seed=seed)) for seed in range(9)} == {
        (0, 2, 4, 6),
        (1, 3, 5, 7),
    }


def test_nothing_comes_back_when_nothing_is_asked_to() -> None:
    assert choose_refunds([basket(1, BREAD)], every=0, seed=1) == {}
