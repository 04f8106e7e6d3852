"""Everybody at once: the last place, the last loaf, one code; cancel against pick."""

from dataclasses import replace
from uuid import UUID

import pytest

from loyalty.catalog.errors import StockShortError
from loyalty.journeys.hand_off_order import HandoffAnswer, HandoffRequest
from loyalty.journeys.place_order import OrderRequest, PlacedOrder
from loyalty.kernel.errors import LoyaltyError
from loyalty.orders.change import Change
from loyalty.orders.errors import OrderChangedError, OrderStateError, SlotFullError
from loyalty.orders.pick import Seen
from loyalty.orders.place import Owner
from loyalty.orders.queries import OrderFacts
from loyalty.orders.rules import OrderState
from tests.support.at_once import at_once
from tests.support.desk import POLICY, Desk
from tests.support.sizes import SIZE, SIZE_NAME
from tests.support.street import new_phone, shown_code

PLACES = 5
# Two hundred threads for each round: few of them. Fifty: as many as any race.
CROWDS = max(1, SIZE.rounds // 5)
ROUNDS = SIZE.rounds if SIZE_NAME == "prove" else CROWDS
CHECKOUTS = 200 if SIZE_NAME == "prove" else SIZE.clients
pytestmark = pytest.mark.race


def test_everybody_wants_the_same_slot_and_five_get_it(desk: Desk) -> None:
    desk.set_policy(replace(POLICY, capacity=PLACES))
    bread = desk.product(pieces=10_000)
    slots = desk.slots()
    for turn in range(min(CROWDS, len(slots))):
        slot = slots[turn].slot.starts_at
        requests = [desk.request({bread: 1}, slot=slot) for _ in range(CHECKOUTS)]
        answers = at_once(
            CHECKOUTS,
            lambda client, asked=requests: desk.send(asked[client]),  # type: ignore[misc]
        )
        won = [answer for answer in answers if isinstance(answer, PlacedOrder)]
        assert len(won) == PLACES
        assert all(isinstance(lost, SlotFullError) for lost in answers if lost not in won)
        assert desk.taken(slot) == PLACES
        assert desk.stock(bread)[1] == PLACES * (turn + 1)
    assert desk.findings() == ()


def test_everybody_wants_the_last_place_and_one_gets_it(desk: Desk) -> None:
    bread = desk.product(pieces=10_000)
    slot = desk.slots()[2].slot.starts_at
    for turn in range(ROUNDS):
        # One place more than are taken: the last one.
        desk.set_policy(replace(POLICY, capacity=turn + 1))
        requests = [desk.request({bread: 1}, slot=slot) for _ in range(SIZE.clients)]
        answers = at_once(
            SIZE.clients,
            lambda client, asked=requests: desk.send(asked[client]),  # type: ignore[misc]
        )
        won = [answer for answer in answers if isinstance(answer, PlacedOrder)]
        assert len(won) == 1
        assert all(isinstance(lost, SlotFullError) for lost in answers if lost not in won)
        assert desk.taken(slot) == turn + 1
    assert desk.findings() == ()


def test_everybody_wants_the_last_loaf_and_one_gets_it(desk: Desk) -> None:
    desk.set_policy(replace(POLICY, capacity=1000))
    for turn in range(ROUNDS):
        bread = desk.product(f"BREAD-{turn}", pieces=1)
        requests = [desk.request({bread: 1}) for _ in range(SIZE.clients)]
        answers = at_once(
            SIZE.clients,
            lambda client, asked=requests: desk.send(asked[client]),  # type: ignore[misc]
        )
        won = [answer for answer in answers if isinstance(answer, PlacedOrder)]
        assert len(won) == 1
        assert all(isinstance(lost, StockShortError) for lost in answers if lost not in won)
        assert desk.stock(bread) == (1, 1)
    assert desk.findings() == ()


def test_one_checkout_sent_by_everybody_is_one_order(desk: Desk) -> None:
    bread = desk.product()
    request = desk.request({bread: 1})
    answers = at_once(SIZE.clients, lambda _: desk.send(request))
    told = [answer for answer in answers if isinstance(answer, PlacedOrder)]
    assert len(told) == SIZE.clients
    assert sum(not answer.replayed for answer in told) == 1
    assert {answer.order.number for answer in told} == {"0001"}
    assert (desk.stock(bread), desk.taken(request.slot_starts_at)) == ((10, 1), 1)


def test_one_code_scanned_everywhere_hands_over_once(desk: Desk) -> None:
    bread = desk.product(pieces=100)
    for turn in range(ROUNDS):
        order = desk.make_ready(desk.place({bread: 2}))
        code = desk.code(order)
        requests = [desk.handoff(code) for _ in range(SIZE.clients)]
        answers = at_once(
            SIZE.clients,
            lambda client, asked=requests: desk.hand_off(asked[client]),  # type: ignore[misc]
        )
        won = [answer for answer in answers if isinstance(answer, HandoffAnswer)]
        assert len(won) == 1
        assert all(isinstance(lost, OrderStateError) for lost in answers if lost not in won)
        assert desk.stock(bread) == (100 - 2 * (turn + 1), 0)
        desk.set_policy(replace(POLICY, capacity=1000))
    assert desk.findings() == ()


def test_guesses_of_a_spoken_code_sent_at_once_are_counted_each(desk: Desk) -> None:
    order = desk.make_ready(desk.place({desk.product(): 1}))
    right = desk.spoken(order)
    wrong = right[:-1] + ("B" if right[-1] != "B" else "C")
    answers = at_once(20, lambda _: desk.hand_off(desk.handoff(wrong, order=order)))
    left = [answer.facts["tries_left"] for answer in answers if isinstance(answer, LoyaltyError)]
    assert sorted(left, key=str) == [0] * 16 + [1, 2, 3, 4]
    assert desk.order(order).spoken_tries_left == 0


def test_the_till_sells_the_last_loaf_while_it_is_ordered(desk: Desk) -> None:
    for turn in range(SIZE.rounds):
        bread = desk.product(f"BREAD-{turn}", pieces=1)
        desk.set_policy(replace(POLICY, capacity=1000))
        request = desk.request({bread: 1})

        def act(client: int, loaf: UUID = bread, asked: OrderRequest = request) -> object:
            if client == 0:
                return desk.send(asked)
            desk.till_sells(loaf)
            return None

        ordered, sold = at_once(2, act)
        assert sold is None, "what the till has sold is sold"
        assert desk.stock(bread) == ((0, 1) if isinstance(ordered, PlacedOrder) else (0, 0))
    assert desk.findings() == ()


def test_an_order_is_canceled_while_it_is_picked(desk: Desk) -> None:
    bread = desk.product(pieces=100)
    desk.set_policy(replace(POLICY, capacity=1000))
    slot = desk.slots()[3].slot.starts_at
    for _ in range(SIZE.rounds):
        order = desk.place({bread: 2}, slot=slot)
        desk.accept(order)

        def act(client: int, asked: OrderFacts = order) -> Change:
            return desk.pick(asked, 1, 2) if client else desk.cancel(asked)

        canceled, picked = at_once(2, act)
        assert isinstance(canceled, Change)
        assert isinstance(picked, Change | OrderStateError)
        assert desk.order(order).state is OrderState.CANCELED
        assert desk.stock(bread) == (100, 0)
    assert desk.findings() == ()


def test_two_of_the_staff_take_one_order_on_and_one_of_them_did(desk: Desk) -> None:
    bread = desk.product(pieces=1000)
    desk.set_policy(replace(POLICY, capacity=1000))
    slot = desk.slots()[3].slot.starts_at
    for _ in range(SIZE.rounds):
        order = desk.place({bread: 3}, slot=slot)
        accepted = at_once(2, lambda _, asked=order: desk.accept(asked))  # type: ignore[misc]
        assert sorted(isinstance(one, Change) and one.is_new for one in accepted) == [False, True]
        assert desk.order(order).state is OrderState.ACCEPTED


def test_two_of_the_staff_pick_one_line_and_nobody_undoes_the_other(desk: Desk) -> None:
    bread = desk.product(pieces=1000)
    desk.set_policy(replace(POLICY, capacity=1000))
    slot = desk.slots()[3].slot.starts_at
    for _ in range(SIZE.rounds):
        order = desk.place({bread: 3}, slot=slot)
        desk.accept(order)
        seen = Seen.of(desk.lines(order)[1])
        picked = at_once(
            2,
            lambda client, asked=order, seen=seen: desk.pick(  # type: ignore[misc]
                asked, 1, client + 1, seen=seen
            ),
        )
        (lost,) = (one for one in picked if not isinstance(one, Change))
        assert isinstance(lost, OrderChangedError)
        won = next(number for number, one in enumerate(picked, 1) if isinstance(one, Change))
        assert desk.lines(order)[1].quantities.prepared == won * 1000
    assert desk.findings() == ()


def test_an_order_is_let_go_once_while_it_is_handed_over(desk: Desk) -> None:
    bread = desk.product(pieces=100)
    for _ in range(ROUNDS):
        order = desk.make_ready(desk.place({bread: 1}))
        request = desk.handoff(desk.code(order))
        before = desk.stock(bread)[0]
        desk.clock.set(order.collect_by)

        def act(client: int, asked: HandoffRequest = request) -> HandoffAnswer | int:
            return desk.release() if client % 2 else desk.hand_off(asked)

        answers = at_once(10, act)
        assert sum(answer for answer in answers if isinstance(answer, int)) == 1
        assert desk.stock(bread) == (before, 0)
    assert desk.findings() == ()


def test_a_new_time_against_the_last_place(desk: Desk) -> None:
    desk.set_policy(replace(POLICY, capacity=1))
    bread = desk.product(pieces=1000)
    slots = [offer.slot.starts_at for offer in desk.slots()]
    orders = [desk.place({bread: 1}, slot=slot) for slot in slots[2:8]]
    target = slots[8]
    answers = at_once(len(orders), lambda client: desk.reschedule(orders[client], target))
    assert sum(isinstance(answer, Change) for answer in answers) == 1
    assert sum(isinstance(answer, SlotFullError) for answer in answers) == len(orders) - 1
    assert desk.taken(target) == 1
    assert sum(desk.taken(slot) for slot in slots[2:8]) == len(orders) - 1
    assert desk.findings() == ()


def test_orders_that_change_places_never_wait_in_a_ring(desk: Desk) -> None:
    bread = desk.product(pieces=1000)
    desk.set_policy(replace(POLICY, capacity=1000))
    slots = [offer.slot.starts_at for offer in desk.slots()][2:5]
    orders = [desk.place({bread: 1}, slot=slots[client % 3]) for client in range(30)]
    answers = at_once(30, lambda client: desk.reschedule(orders[client], slots[(client + 1) % 3]))
    assert all(isinstance(answer, Change) for answer in answers)
    assert [desk.taken(slot) for slot in slots] == [10, 10, 10]
    assert desk.findings() == ()


def test_the_till_sells_to_people_while_their_orders_are_handed_over(desk: Desk) -> None:
    desk.set_policy(replace(POLICY, capacity=1000))
    bread, cake = desk.product(pieces=1000), desk.product("CAKE", pieces=1000)
    phone = new_phone(desk.database, desk.street, desk.tools)
    owner = Owner(member_id=phone.member_id, card_id=phone.card_id)
    orders = [desk.make_ready(desk.place({bread: 1, cake: 1}, owner=owner)) for _ in range(15)]
    code = shown_code(desk.database, desk.street, phone, desk.tools)

    def act(client: int) -> None:
        if client % 2:
            desk.hand_off(desk.handoff(desk.code(orders[client // 2])))
        else:
            desk.till_sells_to(code, {"CAKE": 1, "BREAD": 1})

    assert at_once(30, act) == [None] * 30
    assert (desk.stock(bread), desk.stock(cake)) == ((970, 0), (970, 0))
    assert desk.findings() == ()
