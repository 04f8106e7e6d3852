"""A cart becomes an order on both databases: once, as it was shown, with its news in the act."""

from dataclasses import replace
from uuid import UUID

import pytest

from loyalty.catalog.errors import StockShortError
from loyalty.journeys.check_out import CheckedOut, CheckoutRequest, check_out
from loyalty.journeys.fill_cart import CartView, look_at_cart, set_in_cart, step_in_cart
from loyalty.kernel.ids import new_id
from loyalty.orders.carts import CartPlace, forget_carts
from loyalty.orders.errors import OrderInvalidError
from loyalty.orders.place import Contact
from loyalty.orders.reschedules import reschedules_of
from loyalty.orders.rules import LINES_MAX
from loyalty.outbox.queries import Message, latest_messages
from loyalty.outbox.rules import Topic
from tests.support.at_once import at_once
from tests.support.desk import LUCIA, Desk


def place_of(desk: Desk) -> CartPlace:
    return CartPlace(desk.program_id, new_id(desk.clock.now()), desk.street.store_id)


def step(desk: Desk, place: CartPlace, product_id: UUID, steps: int = 1) -> int:
    with desk.database.unit_of_work(desk.program_id) as session:
        return step_in_cart(
            session, place, product_id, steps=steps, visit_id=None, tools=desk.tools
        )


def look(desk: Desk, place: CartPlace) -> CartView:
    with desk.database.reading(desk.program_id) as session:
        return look_at_cart(session, place)


def request(desk: Desk, place: CartPlace, contact: Contact = LUCIA) -> CheckoutRequest:
    cart = look(desk, place)
    assert cart.order_id is not None
    return CheckoutRequest(
        place=place,
        order_id=cart.order_id,
        seal=cart.seal,
        slot_starts_at=desk.slots()[2].slot.starts_at,
        contact=contact,
        shopper=None,
    )


def send(desk: Desk, asked: CheckoutRequest) -> CheckedOut:
    with desk.database.unit_of_work(desk.program_id) as session:
        return check_out(session, asked, tools=desk.tools)


def mails(desk: Desk) -> list[Message]:
    with desk.database.reading(desk.program_id) as session:
        return list(latest_messages(session, desk.program_id))


def topics(desk: Desk) -> list[Topic]:
    return sorted(mail.topic for mail in mails(desk))


def test_a_cart_is_ordered_once_and_told_once(desk: Desk) -> None:
    bread = desk.product(pieces=5)
    place = place_of(desk)
    step(desk, place, bread, 2)
    asked = request(desk, place)
    first = send(desk, asked)
    again = send(desk, asked)
    assert first.order is not None
    assert again.order is not None
    assert (first.replayed, again.replayed) == (False, True)
    assert again.order.order_id == first.order.order_id == asked.order_id
    assert look(desk, place).items == ()
    assert look(desk, place).order_id != asked.order_id
    assert desk.stock(bread) == (5, 2)
    assert topics(desk) == [Topic.ORDER_PLACED]
    assert desk.findings() == ()


def test_twenty_taps_at_once_are_one_order(desk: Desk) -> None:
    bread = desk.product(pieces=50)
    place = place_of(desk)
    step(desk, place, bread)
    asked = request(desk, place)
    done = at_once(20, lambda _: send(desk, asked))
    told = [each for each in done if isinstance(each, CheckedOut)]
    assert {each.order and each.order.order_id for each in told} == {asked.order_id}
    assert (len(told), sum(not each.replayed for each in told)) == (20, 1)
    assert topics(desk) == [Topic.ORDER_PLACED]
    assert desk.stock(bread) == (50, 1)


def test_taps_of_two_tabs_at_once_lose_nothing(desk: Desk) -> None:
    bread, cake = desk.product(pieces=90), desk.product("CAKE", pieces=90)
    place = place_of(desk)
    at_once(20, lambda number: step(desk, place, cake if number % 2 else bread))
    found = {item.product.sku: item.quantity_milli for item in look(desk, place).items}
    assert found == {"BREAD": 10_000, "CAKE": 10_000}


def test_a_cart_that_changed_since_it_was_shown_is_not_ordered(desk: Desk) -> None:
    bread = desk.product(pieces=5)
    place = place_of(desk)
    step(desk, place, bread)
    asked = request(desk, place)
    desk.product(pieces=None, price=999)
    assert send(desk, asked).order is None
    asked = request(desk, place)
    step(desk, place, bread)
    assert send(desk, asked).order is None
    assert send(desk, replace(asked, order_id=new_id(desk.clock.now()))).order is None
    assert desk.stock(bread) == (5, 0)
    assert topics(desk) == []


def test_a_refused_order_keeps_the_cart_and_tells_nobody(desk: Desk) -> None:
    bread = desk.product(pieces=2)
    place = place_of(desk)
    step(desk, place, bread, 2)
    asked = request(desk, place)
    desk.till_sells(bread)
    with pytest.raises(StockShortError):
        send(desk, asked)
    assert [item.quantity_milli for item in look(desk, place).items] == [2000]
    assert look(desk, place).items[0].is_short
    assert topics(desk) == []
    assert desk.taken(asked.slot_starts_at) == 0


def test_a_cart_holds_what_can_be_ordered_and_no_more(desk: Desk) -> None:
    bread = desk.product(pieces=2)
    place = place_of(desk)
    assert step(desk, place, bread, 5) == 2000
    assert step(desk, place, bread, -9) == 0
    with desk.database.unit_of_work(desk.program_id) as session:
        with pytest.raises(OrderInvalidError):
            set_in_cart(session, place, bread, quantity_milli=500, tools=desk.tools)
        with pytest.raises(OrderInvalidError):
            set_in_cart(
                session, place, new_id(desk.clock.now()), quantity_milli=1000, tools=desk.tools
            )
    for number in range(LINES_MAX):
        step(desk, place, desk.product(f"P{number}", pieces=None))
    with pytest.raises(OrderInvalidError) as refusal:
        step(desk, place, bread)
    assert refusal.value.facts["reason"] == "too_many_lines"


def test_carts_are_forgotten_when_nobody_goes_on(desk: Desk) -> None:
    bread = desk.product()
    old, used = place_of(desk), place_of(desk)
    step(desk, old, bread)
    step(desk, used, bread)
    before = desk.clock.advance(days=1)
    step(desk, used, bread)
    with desk.database.unit_of_work(desk.program_id) as session:
        forget_carts(session, desk.program_id, before=before)
    assert look(desk, old).items == ()
    assert len(look(desk, used).items) == 1


def test_each_turn_of_an_order_is_told_once(desk: Desk) -> None:
    bread, cake = desk.product(), desk.product("CAKE")
    order = desk.place({bread: 3, cake: 1}, slot=desk.slots()[2].slot.starts_at)
    later = desk.slots()[3].slot.starts_at
    desk.reschedule(order, later)
    desk.reschedule(order, later)
    desk.accept(order)
    number = next(n for n, line in desk.lines(order).items() if line.sku == "BREAD")
    desk.pick(order, number, 2, is_all=True)
    desk.pick(order, number, 2, is_all=True)
    desk.pick(order, 3 - number, 1, is_all=True)
    desk.tell_ready(order)
    desk.tell_ready(order)
    assert topics(desk) == [Topic.ORDER_MOVED, Topic.ORDER_PLACED, Topic.ORDER_READY]
    with desk.database.reading(desk.program_id) as session:
        [moved] = reschedules_of(session, desk.program_id, order.order_id)
    assert (moved.turn, moved.to_starts_at, moved.actor) == (1, later, "shopper")


def test_whoever_left_no_address_is_not_written_to(desk: Desk) -> None:
    bread = desk.product()
    place = place_of(desk)
    step(desk, place, bread)
    done = send(desk, request(desk, place, Contact("Ramón", phone="600111222")))
    assert done.order is not None
    desk.cancel(done.order)
    assert topics(desk) == []


def test_an_order_that_loses_its_last_line_is_told_as_canceled(desk: Desk) -> None:
    bread = desk.product()
    order = desk.place({bread: 1})
    desk.accept(order)
    desk.pick(order, 1, 0, is_all=True)
    assert topics(desk) == [Topic.ORDER_CANCELED, Topic.ORDER_PLACED]
    canceled = next(mail for mail in mails(desk) if mail.topic is Topic.ORDER_CANCELED)
    assert canceled.facts["by"] == "store"
