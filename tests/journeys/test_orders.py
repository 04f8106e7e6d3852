"""An order's story: placed, accepted, picked, ready; canceled, moved, or let go by the clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from loyalty.catalog.errors import StockShortError
from loyalty.catalog.products import set_active
from loyalty.journeys.order_totals import TaxShare, due_minor
from loyalty.journeys.place_order import place_order
from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.ids import new_id
from loyalty.orders.delegates import DELEGATES_MAX, revoke_delegate
from loyalty.orders.errors import (
    ChangeTooLateError,
    OrderConflictError,
    OrderInvalidError,
    OrderStateError,
    SlotFullError,
    SlotUnavailableError,
)
from loyalty.orders.place import Contact
from loyalty.orders.queries import SLOT
from loyalty.orders.rules import OrderState
from loyalty.programs.closures import drop_closure, set_closure
from tests.support.desk import POLICY, Desk


def test_an_order_takes_its_place_and_its_stock(desk: Desk) -> None:
    bread = desk.product(pieces=5)
    placed = desk.send(desk.request({bread: 2}))
    order = placed.order
    assert (order.number, order.state, order.total_minor) == ("0001", OrderState.PLACED, 240)
    assert placed.taxes == (TaxShare(400, 240, 9),)
    assert desk.stock(bread) == (5, 2)
    assert desk.taken(order.slot_starts_at) == 1
    assert desk.place({bread: 1}).number == "0002"
    assert desk.findings() == ()


def test_an_order_sent_again_is_the_same_order(desk: Desk) -> None:
    bread = desk.product(pieces=5)
    request = desk.request({bread: 2})
    first = desk.send(request)
    desk.product(pieces=None, price=999)  # a new price changes nothing about it
    again = desk.send(request)
    assert (again.order, again.lines, again.replayed) == (first.order, first.lines, True)
    assert desk.stock(bread) == (5, 2)
    with pytest.raises(OrderConflictError):
        desk.send(replace(request, lines=((bread, 3000),)))
    assert desk.findings() == ()


def test_a_basket_that_cannot_be_is_refused_and_takes_nothing(desk: Desk) -> None:
    bread = desk.product(pieces=5)
    request = desk.request({bread: 1})
    gone = desk.product("OLD")
    with desk.database.unit_of_work(desk.program_id) as session:
        set_active(session, desk.program_id, gone, is_active=False, at=desk.clock.now())
    unknown = new_id(desk.clock.now())
    refused = {
        "empty": replace(request, lines=()),
        "too_many_lines": replace(
            request, lines=tuple((new_id(desk.clock.now()), 1000) for _ in range(101))
        ),
        "product": replace(request, lines=((unknown, 1000),)),
        "quantity": replace(request, lines=((bread, 500),)),
        "contact": replace(request, contact=Contact("  ")),
    }
    for reason, wrong in refused.items():
        with pytest.raises(OrderInvalidError) as refusal:
            desk.send(wrong)
        assert refusal.value.facts["reason"] == reason
    for lines in (((gone, 1000),), ((bread, -1000),), ((bread, 0),)):
        with pytest.raises(OrderInvalidError):
            desk.send(replace(request, lines=lines))
    with pytest.raises(NotFoundError):
        desk.send(replace(request, store_id=new_id(desk.clock.now())))
    assert desk.stock(bread) == (5, 0)
    assert desk.taken(request.slot_starts_at) == 0


def test_what_is_short_gives_the_place_back(desk: Desk) -> None:
    bread, cake = desk.product(pieces=5), desk.product("CAKE", pieces=1)
    request = desk.request({bread: 1, cake: 2})
    with pytest.raises(StockShortError):
        desk.send(request)
    assert (desk.stock(bread), desk.stock(cake)) == ((5, 0), (1, 0))
    assert desk.taken(request.slot_starts_at) == 0
    # The same order with less in it is another try with the same id: nothing was kept of it.
    assert desk.send(replace(request, lines=((bread, 1000),))).replayed is False


def test_a_full_slot_takes_no_stock(desk: Desk) -> None:
    bread = desk.product()
    slot = desk.slots()[0].slot.starts_at
    for _ in range(POLICY.capacity):
        desk.place({bread: 1}, slot=slot)
    assert desk.slots()[0].places == 0
    with pytest.raises(SlotFullError):
        desk.place({bread: 1}, slot=slot)
    assert desk.stock(bread) == (10, 3)
    desk.set_policy(replace(POLICY, capacity=4))
    desk.place({bread: 1}, slot=slot)
    desk.set_policy(replace(POLICY, capacity=2))
    with pytest.raises(SlotFullError):
        desk.place({bread: 1}, slot=slot)
    assert desk.findings() == ()


def test_a_slot_passes_during_checkout(desk: Desk) -> None:
    bread = desk.product()
    request = desk.request({bread: 1})
    desk.clock.set(request.slot_starts_at - timedelta(minutes=29))
    with pytest.raises(SlotUnavailableError):
        desk.send(request)
    for moment in (request.slot_starts_at + timedelta(minutes=7), datetime(2030, 1, 1, tzinfo=UTC)):
        with pytest.raises(SlotUnavailableError):
            desk.send(replace(request, slot_starts_at=moment))
    assert desk.stock(bread) == (10, 0)


def test_a_store_that_takes_no_orders_offers_no_slot(desk: Desk) -> None:
    bread = desk.product()
    request = desk.request({bread: 1})
    desk.set_policy(replace(POLICY, is_open=False))
    assert desk.slots() == ()
    with pytest.raises(SlotUnavailableError):
        desk.send(request)


def test_a_closed_day_offers_no_slot_until_it_is_opened_again(desk: Desk) -> None:
    today = desk.clock.now().date()
    before = desk.slots()
    with desk.database.unit_of_work(desk.program_id) as session:
        for name in ("Fiesta", "Fiesta mayor"):
            set_closure(
                session, desk.program_id, desk.street.store_id, today, name=name, is_closed=True
            )
    assert {offer.slot.starts_at.date() for offer in desk.slots()} == {
        today + timedelta(days=1),
        today + timedelta(days=2),
    }
    with desk.database.unit_of_work(desk.program_id) as session:
        drop_closure(session, desk.program_id, desk.street.store_id, today)
    assert desk.slots() == before


def test_a_night_does_not_count_against_the_store(desk: Desk) -> None:
    bread = desk.product()
    desk.clock.set(datetime(2026, 3, 2, 22, tzinfo=UTC))  # closed since nine
    order = desk.place({bread: 1}, slot=desk.slots()[5].slot.starts_at)
    assert order.accept_by == datetime(2026, 3, 3, 10, tzinfo=UTC)  # two hours after opening


def test_an_order_just_before_closing_waits_until_somebody_is_there_again(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 3, 2, 19, 50, tzinfo=UTC))  # closes at 20:00, nine in Madrid
    order = desk.place({desk.product(): 1}, slot=desk.slots()[5].slot.starts_at)
    assert order.accept_by == datetime(2026, 3, 3, 9, 50, tzinfo=UTC)
    desk.clock.set(datetime(2026, 3, 3, 8, 5, tzinfo=UTC))
    assert desk.release() == 0
    desk.accept(order)


def test_an_order_is_accepted_picked_and_ready(desk: Desk) -> None:
    bread, cake = desk.product(pieces=5), desk.product("CAKE", pieces=5, price=1000)
    order = desk.place({bread: 2, cake: 1})
    with pytest.raises(OrderStateError):
        desk.pick(order, 1, 2)
    assert desk.accept(order).order.state is OrderState.ACCEPTED
    assert desk.accept(order).is_new is False
    with pytest.raises(OrderStateError):
        desk.tell_ready(order)
    assert desk.pick(order, 1, 1).is_new
    assert desk.pick(order, 1, 1).is_new is False
    desk.pick(order, 1, 2)
    desk.pick(order, 2, 1)
    assert desk.order(order).state is OrderState.ACCEPTED
    assert desk.tell_ready(order).order.state is OrderState.READY
    assert desk.tell_ready(order).is_new is False
    assert desk.stock(bread) == (5, 2)
    # What is put back on the shelf has to be picked again.
    desk.pick(order, 1, 1)
    assert (desk.order(order).state, desk.order(order).ready_at) == (OrderState.ACCEPTED, None)
    for line, pieces in ((1, 3), (9, 1)):
        with pytest.raises(OrderStateError):
            desk.pick(order, line, pieces)
    assert desk.findings() == ()


def test_what_cannot_be_picked_is_canceled_and_free_for_others(desk: Desk) -> None:
    bread, cake = desk.product(pieces=5), desk.product("CAKE", pieces=5, price=1000)
    order = desk.place({bread: 3, cake: 1})
    desk.accept(order)
    desk.pick(order, 1, 1, is_all=True)
    assert desk.stock(bread) == (5, 1)
    assert due_minor(desk.lines(order).values()) == 1120
    desk.pick(order, 2, 0, is_all=True)
    assert desk.stock(cake) == (5, 0)
    desk.tell_ready(order)
    desk.pick(order, 1, 0, is_all=True)
    assert desk.order(order).state is OrderState.CANCELED
    assert desk.taken(order.slot_starts_at) == 0
    assert desk.findings() == ()


def test_a_shopper_cancels_until_the_cut_off_and_the_store_after_it(desk: Desk) -> None:
    bread = desk.product(pieces=5)
    kept, canceled = desk.place({bread: 2}), desk.place({bread: 1})
    desk.clock.set(kept.change_until - timedelta(seconds=1))
    assert desk.cancel(canceled).order.state is OrderState.CANCELED
    assert desk.cancel(canceled).is_new is False
    assert desk.stock(bread) == (5, 2)
    desk.accept(kept)
    desk.clock.set(kept.change_until)
    with pytest.raises(ChangeTooLateError) as refused:
        desk.cancel(kept)
    assert refused.value.facts == {"change_until": kept.change_until.isoformat()}
    with pytest.raises(ChangeTooLateError):
        desk.reschedule(kept, desk.slots()[-1].slot.starts_at)
    desk.cancel(kept, by_shopper=False)
    assert (desk.stock(bread), desk.taken(kept.slot_starts_at)) == ((5, 0), 0)
    with pytest.raises(OrderStateError):
        desk.accept(kept)
    assert desk.findings() == ()


def test_a_new_time_is_taken_and_the_old_one_freed(desk: Desk) -> None:
    bread = desk.product()
    slots = [offer.slot.starts_at for offer in desk.slots()]
    order = desk.place({bread: 1}, slot=slots[3])
    for target in (slots[5], slots[2], slots[2]):
        desk.reschedule(order, target)
        moved = desk.order(order)
        assert (moved.slot_starts_at, desk.taken(target)) == (target, 1)
        assert moved.collect_by == moved.slot_ends_at + timedelta(hours=24)
    assert [desk.taken(slot) for slot in slots[2:6]] == [1, 0, 0, 0]
    for _ in range(POLICY.capacity):
        desk.place({bread: 1}, slot=slots[4])
    with pytest.raises(SlotFullError):
        desk.reschedule(order, slots[4])
    with pytest.raises(SlotUnavailableError):
        desk.reschedule(order, slots[4] + timedelta(minutes=1))
    assert desk.order(order).slot_starts_at == slots[2]
    assert desk.findings() == ()


def test_nobody_accepts_and_the_order_lets_go(desk: Desk) -> None:
    bread = desk.product(pieces=5)
    order = desk.place({bread: 2})
    assert order.deadline is not None
    desk.clock.set(order.deadline - timedelta(seconds=1))
    assert desk.release() == 0
    desk.clock.set(order.deadline)
    # Judged by whoever asks, before any job has tidied up.
    assert desk.order(order).state_at(desk.clock.now()) is OrderState.CANCELED
    with pytest.raises(OrderStateError):
        desk.accept(order)
    assert (desk.release(), desk.release()) == (1, 0)
    assert desk.order(order).state is OrderState.CANCELED
    assert (desk.stock(bread), desk.taken(order.slot_starts_at)) == ((5, 0), 0)
    assert desk.findings() == ()


def test_an_order_with_broken_books_keeps_no_other_from_being_let_go(desk: Desk) -> None:
    bread = desk.product(pieces=5)
    broken, other = (
        desk.place({bread: 2}),
        desk.place({bread: 1}, slot=desk.slots()[1].slot.starts_at),
    )
    with desk.database.unit_of_work(desk.program_id) as session:
        session.execute(
            update(SLOT).where(SLOT.c.starts_at == broken.slot_starts_at).values(taken=0)
        )
    desk.clock.advance(days=1)
    for _ in range(2):
        with pytest.raises(ExceptionGroup, match="1 overdue orders cannot be let go"):
            desk.release()
    assert desk.order(other).state is OrderState.CANCELED
    assert desk.order(broken).state is OrderState.PLACED
    assert desk.stock(bread) == (5, 2)


def test_nobody_comes_and_the_order_lets_go(desk: Desk) -> None:
    bread, cake = desk.product(pieces=5), desk.product("CAKE", pieces=5)
    order = desk.make_ready(desk.place({bread: 2, cake: 1}))
    desk.clock.set(order.collect_by)
    assert desk.release() == 1
    assert desk.order(order).state is OrderState.MISSED
    assert (desk.stock(bread), desk.stock(cake)) == ((5, 0), (5, 0))
    assert desk.taken(order.slot_starts_at) == 0
    assert desk.findings() == ()


def test_what_nobody_counted_is_ordered_and_let_go_even_if_it_is_counted_later(desk: Desk) -> None:
    bread = desk.product(pieces=None)
    order = desk.place({bread: 2})
    assert desk.lines(order)[1].holds_stock is False
    desk.product(pieces=5)
    desk.cancel(order, by_shopper=False)
    assert desk.stock(bread) == (5, 0)
    assert desk.findings() == ()


def test_a_till_that_sells_what_was_reserved_wins_and_the_order_still_lets_go(desk: Desk) -> None:
    bread = desk.product(pieces=1)
    order = desk.place({bread: 1})
    desk.till_sells(bread)
    assert desk.stock(bread) == (0, 1)
    with pytest.raises(StockShortError):
        desk.place({bread: 1})
    desk.accept(order)
    desk.pick(order, 1, 0, is_all=True)
    assert desk.stock(bread) == (0, 0)
    assert desk.findings() == ()


def test_a_delegate_has_a_name_and_an_end(desk: Desk) -> None:
    order = desk.place({desk.product(): 1})
    subject, _ = desk.delegate(order)
    with pytest.raises(OrderInvalidError):
        desk.delegate(order, "  ")
    for _ in range(DELEGATES_MAX - 1):
        desk.delegate(order)
    with pytest.raises(OrderInvalidError):
        desk.delegate(order)
    with desk.database.unit_of_work(desk.program_id) as session:
        now = desk.clock.now()
        assert revoke_delegate(session, desk.program_id, subject, at=now)
        assert not revoke_delegate(session, desk.program_id, subject, at=now)
    desk.cancel(order, by_shopper=False)
    with pytest.raises(OrderStateError):
        desk.delegate(order)


def test_an_act_that_fails_after_all_was_taken_leaves_nothing(desk: Desk) -> None:
    bread = desk.product(pieces=5)
    request = desk.request({bread: 1})
    with pytest.raises(RuntimeError), desk.database.unit_of_work(desk.program_id) as session:
        place_order(session, request, tools=desk.tools)
        raise RuntimeError
    assert (desk.stock(bread), desk.taken(request.slot_starts_at)) == ((5, 0), 0)
    assert desk.send(request).replayed is False
