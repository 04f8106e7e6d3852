"""What a till gave in time stays sold, however late it is told and whatever was done meanwhile."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from loyalty.codes.errors import CodeRefusedError
from loyalty.journeys.hand_off_order import HandoffRequest
from loyalty.orders.delegates import revoke_delegate
from loyalty.orders.errors import OrderStateError
from loyalty.orders.queries import OrderFacts
from loyalty.orders.rules import OrderState
from tests.support.desk import Desk


def given(desk: Desk, order: OrderFacts, code: str | None = None) -> HandoffRequest:
    """Give an order at a till that has no line; it is told later."""
    return replace(desk.handoff(code or desk.code(order)), was_given=True)


def let_time_pass(desk: Desk, order: OrderFacts) -> None:
    desk.clock.advance(hours=(order.collect_by - desk.clock.now()) / timedelta(hours=1) + 1)


@pytest.mark.parametrize("is_released", [True, False])
def test_what_was_given_in_time_is_sold_also_when_it_is_told_late(
    desk: Desk, *, is_released: bool
) -> None:
    bread = desk.product(pieces=10)
    order = desk.make_ready(desk.place({bread: 3}))
    gone = given(desk, order)
    let_time_pass(desk, order)
    if is_released:
        assert desk.release() == 1
        assert desk.order(order).state is OrderState.MISSED
        assert (desk.stock(bread), desk.taken(order.slot_starts_at)) == ((10, 0), 0)
    answer = desk.hand_off(gone)
    assert answer.receipt is not None
    assert desk.order(order).state is OrderState.DONE
    assert (desk.stock(bread), desk.taken(order.slot_starts_at)) == ((7, 0), 1)
    assert desk.hand_off(gone).replayed
    assert desk.release() == 0
    assert desk.findings() == ()
    # Another till that gave the same parcel did not.
    with pytest.raises(OrderStateError):
        desk.hand_off(replace(gone, handoff_id=uuid4()))
    assert desk.stock(bread) == (7, 0)


def test_what_was_given_before_it_was_called_off_is_sold_though_its_place_is_taken(
    desk: Desk,
) -> None:
    bread = desk.product(pieces=10)
    order = desk.make_ready(desk.place({bread: 3}))
    gone = given(desk, order)
    desk.clock.advance(minutes=1)
    desk.cancel(order, by_shopper=False)
    # Everybody else takes the places of that hour meanwhile.
    for _ in range(2):
        desk.place({bread: 1}, slot=order.slot_starts_at)
    desk.hand_off(gone)
    assert desk.order(order).state is OrderState.DONE
    assert desk.taken(order.slot_starts_at) == 3
    assert desk.stock(bread) == (7, 2)
    assert desk.findings() == ()


def test_a_part_that_was_given_in_time_leaves_the_rest_missed(desk: Desk) -> None:
    bread = desk.product(pieces=10)
    order = desk.make_ready(desk.place({bread: 3}))
    part = replace(given(desk, order), lines={1: 1000})
    rest = replace(given(desk, order), lines={1: 2000})
    let_time_pass(desk, order)
    desk.release()
    desk.hand_off(part)
    quantities = desk.lines(order)[1].quantities
    assert (quantities.completed, quantities.failed) == (1000, 2000)
    with pytest.raises(OrderStateError):
        desk.hand_off(replace(rest, lines={1: 3000}, handoff_id=uuid4()))
    desk.hand_off(rest)
    assert desk.lines(order)[1].quantities.completed == 3000
    assert desk.stock(bread) == (7, 0)
    assert desk.findings() == ()


def test_goods_that_nobody_had_packed_are_not_in_the_parcel(desk: Desk) -> None:
    bread = desk.product(pieces=10)
    order = desk.place({bread: 3})
    desk.accept(order)
    desk.pick(order, 1, 2)
    gone = given(desk, order)
    let_time_pass(desk, order)
    desk.release()
    desk.hand_off(gone)
    quantities = desk.lines(order)[1].quantities
    assert (quantities.completed, quantities.failed) == (2000, 1000)
    assert desk.findings() == ()


def test_only_a_code_a_sure_clock_and_a_moment_in_time_make_it_a_fact(desk: Desk) -> None:
    bread = desk.product(pieces=10)
    order = desk.make_ready(desk.place({bread: 3}))
    asked = desk.handoff(desk.code(order))
    unsure = replace(given(desk, order), clock_sure=False)
    spoken = replace(given(desk, order, desk.spoken(order)), order_id=order.order_id)
    staff = replace(spoken, code=None, staff_id=desk.street.staff_id, note="es ella")
    let_time_pass(desk, order)
    after = given(desk, order)
    desk.release()
    for request in (asked, unsure, spoken, staff, after):
        with pytest.raises(OrderStateError):
            desk.hand_off(request)
    assert desk.order(order).state is OrderState.MISSED
    assert desk.stock(bread) == (10, 0)
    assert desk.findings() == ()


def test_a_till_that_says_tomorrow_is_judged_by_our_clock(desk: Desk) -> None:
    bread = desk.product(pieces=10)
    order = desk.make_ready(desk.place({bread: 1}))
    desk.cancel(order, by_shopper=False)
    ahead = replace(given(desk, order), handed_at=desk.clock.now() + timedelta(days=1))
    with pytest.raises(OrderStateError):
        desk.hand_off(ahead)


def test_a_code_that_was_called_back_makes_nothing_a_fact(desk: Desk) -> None:
    order = desk.make_ready(desk.place({desk.product(): 1}))
    subject, code = desk.delegate(order)
    gone = given(desk, order, code)
    with desk.database.unit_of_work(desk.program_id) as session:
        revoke_delegate(session, desk.program_id, subject, at=desk.clock.now())
    let_time_pass(desk, order)
    with pytest.raises(CodeRefusedError):
        desk.hand_off(gone)
