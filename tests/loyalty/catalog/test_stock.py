"""Stock is one figure for till and web, and every change of it has a reason."""

from uuid import UUID

import pytest
from sqlalchemy import update

from loyalty.catalog.errors import StockShortError
from loyalty.catalog.queries import STOCK
from loyalty.catalog.stock import MoveKind, total_by_product
from loyalty.kernel.errors import LoyaltyError
from tests.support.at_once import at_once
from tests.support.shelf import Shelf
from tests.support.sizes import SIZE


def test_an_order_reserves_what_is_there_and_hands_it_over(shelf: Shelf) -> None:
    bread = shelf.bread()
    shelf.count(bread, 5, act_id="count:1")
    shelf.move("reserved", "order:1", {bread: 2})
    assert shelf.facts(bread).available_milli == 3000
    shelf.move("handed_over", "order:1:handoff", {bread: 2})
    assert shelf.pieces(bread) == (3, 0)


def test_an_order_that_is_let_go_frees_what_it_held(shelf: Shelf) -> None:
    bread = shelf.bread()
    shelf.count(bread, 5, act_id="count:1")
    shelf.move("reserved", "order:1", {bread: 5})
    shelf.move("released", "order:1:canceled", {bread: 5})
    assert shelf.pieces(bread) == (5, 0)


def test_an_order_for_more_than_is_there_takes_nothing(shelf: Shelf) -> None:
    bread, cake = shelf.bread(), shelf.bread("CAKE")
    shelf.count(bread, 5, act_id="count:1")
    shelf.count(cake, 1, act_id="count:2")
    with pytest.raises(StockShortError) as refused:
        shelf.move("reserved", "order:1", {bread: 2, cake: 2})
    assert refused.value.facts == {"product_id": str(cake), "available_milli": 1000}
    assert shelf.pieces(bread) == (5, 0)
    assert shelf.audit() == ()


def test_a_sale_at_the_till_always_counts_and_the_conflict_is_shown(shelf: Shelf) -> None:
    bread = shelf.bread()
    shelf.count(bread, 1, act_id="count:1")
    shelf.move("reserved", "order:1", {bread: 1})
    assert shelf.move("sold", "sale:1", {bread: 1}) == (bread,)
    facts = shelf.facts(bread)
    assert (facts.is_short, facts.available_milli) == (True, 0)
    assert shelf.pieces(bread) == (0, 1)
    assert shelf.audit() == ()


def test_an_act_told_again_moves_nothing(shelf: Shelf) -> None:
    bread = shelf.bread()
    for _ in range(3):
        shelf.count(bread, 5, act_id="count:1")
        shelf.move("reserved", "order:1", {bread: 2})
        shelf.move("sold", "sale:1", {bread: 1})
    assert shelf.pieces(bread) == (4, 2)


def test_counting_anew_leaves_what_is_reserved(shelf: Shelf) -> None:
    bread = shelf.bread()
    shelf.count(bread, 5, act_id="count:1")
    shelf.move("reserved", "order:1", {bread: 2})
    shelf.count(bread, 8, act_id="count:2")
    assert shelf.pieces(bread) == (8, 2)
    assert shelf.audit() == ()


def test_what_nobody_counts_can_always_be_had(shelf: Shelf) -> None:
    bread = shelf.bread()
    assert shelf.move("reserved", "order:1", {bread: 100}) == ()
    assert shelf.move("sold", "sale:1", {bread: 100}) == ()
    assert shelf.facts(bread).available_milli is None
    assert shelf.audit() == ()


def test_lines_of_one_product_are_one_quantity(shelf: Shelf) -> None:
    bread, cake = shelf.bread(), shelf.bread("CAKE")
    assert total_by_product([(bread, 1000), (cake, 500), (bread, 2000)]) == {
        bread: 3000,
        cake: 500,
    }


def test_a_stock_that_somebody_changed_by_hand_is_found(shelf: Shelf) -> None:
    bread = shelf.bread()
    shelf.count(bread, 5, act_id="count:1")
    with shelf.database.unit_of_work(shelf.town.program_id) as session:
        session.execute(update(STOCK).values(on_hand_milli=7000))
    (difference,) = shelf.audit()
    assert (difference.told, difference.found) == ("(7000, 0)", "(5000, 0)")


@pytest.mark.race
def test_fifty_orders_for_the_last_loaf_have_one_winner(shelf: Shelf) -> None:
    for round_number in range(SIZE.rounds):
        bread = shelf.bread(f"BREAD-{round_number}")
        shelf.count(bread, 1, act_id=f"count:{round_number}")

        def order(client: int, loaf: UUID = bread, turn: int = round_number) -> tuple[UUID, ...]:
            return shelf.move("reserved", f"order:{turn}:{client}", {loaf: 1})

        answers = at_once(SIZE.clients, order)
        won = [answer for answer in answers if not isinstance(answer, LoyaltyError)]
        assert len(won) == 1
        assert all(isinstance(one, StockShortError) for one in answers if one not in won)
        assert shelf.pieces(bread) == (1, 1)
    assert shelf.audit() == ()


@pytest.mark.race
def test_orders_sales_and_counts_at_once_never_wait_in_a_ring(shelf: Shelf) -> None:
    products = [shelf.bread(f"P{number}") for number in range(4)]
    for number, product in enumerate(products):
        shelf.count(product, 1000, act_id=f"count:{number}")

    kinds: tuple[MoveKind, ...] = ("reserved", "sold", "received")

    def act(client: int) -> None:
        order = products if client % 2 else products[::-1]
        shelf.move(kinds[client % 3], f"act:{client}", dict.fromkeys(order, 1))

    answers = at_once(SIZE.clients, act)
    assert [answer for answer in answers if answer is not None] == []
    assert shelf.audit() == ()
