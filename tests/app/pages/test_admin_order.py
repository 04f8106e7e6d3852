"""One order: picked line by line, short or whole, moved, canceled, handed over; once."""

from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest

from loyalty.journeys.order_codes import pickup_code, spoken_code
from loyalty.orders.board import last_acts
from loyalty.orders.queries import OrderFacts
from loyalty.orders.rules import OrderState
from tests.support.forms import Visitor
from tests.support.order_board import (
    amounts,
    board,
    is_sound,
    page,
    pick,
    prepare,
)
from tests.support.service import Service, Shop
from tests.support.takes_orders import NOELIA, now_is, offered, order


def test_of_two_who_pick_one_line_the_second_undoes_nothing(
    service: Service, owner: Visitor, manager: Visitor, shop: Shop, placed: OrderFacts
) -> None:
    owner.open(board(shop))
    owner.send(f"{page(shop, placed)}/accept")
    manager.open(board(shop))
    seen = {"line": "1", "reserved": "2000", "prepared": "0"}
    owner.send(f"{page(shop, placed)}/pick", **seen, picked_milli="2000", back="board")
    # The same said twice is done once; something else on an old look is not done.
    manager.send(f"{page(shop, placed)}/pick", **seen, picked_milli="2000", back="board")
    manager.send(f"{page(shop, placed)}/pick", **seen, typed="1", back="board")
    assert "Ana cambió esa línea hace menos de 1 min" in manager.text
    assert amounts(service, shop, placed)[0] == (0, 2000, 0)


def test_what_is_in_the_bag_by_mistake_goes_back(
    service: Service, owner: Visitor, shop: Shop, placed: OrderFacts
) -> None:
    prepare(owner, shop, placed)
    pick(owner, shop, placed, 1, typed="0")
    assert amounts(service, shop, placed)[0] == (2000, 0, 0)
    assert now_is(service, shop, placed).state is OrderState.ACCEPTED
    assert "Falta 1 para terminar" in owner.text


def test_what_is_not_there_is_taken_off_the_order_and_said(
    service: Service, owner: Visitor, shop: Shop, placed: OrderFacts
) -> None:
    owner.open(board(shop))
    owner.send(f"{page(shop, placed)}/accept")
    pick(owner, shop, placed, 2, typed="0,35", rest="gone", reason="Quedaban pocas")
    assert amounts(service, shop, placed)[1] == (0, 350, 1150)
    assert "1,15 kg no hay" in owner.text
    assert "Díselo a Noelia Sanz" in owner.text
    assert "Al recoger paga 3,08" in owner.text  # 2.40 for the bread, 0.35 kg at 1.95
    assert is_sound(service, shop)


@pytest.mark.parametrize("typed", ["nada", "-1", ""])
def test_a_quantity_that_is_none_is_asked_again(
    service: Service, owner: Visitor, shop: Shop, placed: OrderFacts, typed: str
) -> None:
    owner.open(board(shop))
    owner.send(f"{page(shop, placed)}/accept")
    pick(owner, shop, placed, 1, typed=typed)
    assert "Escribe cuánto hay en la bolsa" in owner.text
    assert amounts(service, shop, placed)[0] == (2000, 0, 0)


@pytest.mark.parametrize("typed", ["3", "0,5"])
def test_more_than_was_ordered_and_half_a_piece_are_not_in_a_bag(
    service: Service, owner: Visitor, shop: Shop, placed: OrderFacts, typed: str
) -> None:
    owner.open(board(shop))
    owner.send(f"{page(shop, placed)}/accept")
    pick(owner, shop, placed, 1, typed=typed)
    assert "De esa línea no puede haber esa cantidad" in owner.text
    assert amounts(service, shop, placed)[0] == (2000, 0, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"line": "x", "reserved": "0", "prepared": "0", "typed": "1"},
        {"line": "101", "reserved": "0", "prepared": "0", "typed": "1"},
        {"line": "1", "reserved": "0", "prepared": "0", "picked_milli": "x"},
    ],
)
def test_a_form_written_by_hand_is_refused(
    owner: Visitor, shop: Shop, placed: OrderFacts, fields: dict[str, str]
) -> None:
    owner.open(board(shop))
    assert owner.send(f"{page(shop, placed)}/pick", **fields).status_code == 400


def test_an_order_with_something_to_pick_is_not_ready(
    service: Service, owner: Visitor, shop: Shop, placed: OrderFacts
) -> None:
    owner.open(board(shop))
    owner.send(f"{page(shop, placed)}/accept")
    owner.send(f"{page(shop, placed)}/ready")
    assert "se está preparando" in owner.text
    assert now_is(service, shop, placed).ready_at is None


def test_an_order_of_which_nothing_is_there_is_canceled_and_said(
    service: Service, owner: Visitor, shop: Shop, placed: OrderFacts
) -> None:
    owner.open(board(shop))
    owner.send(f"{page(shop, placed)}/accept")
    for line in (1, 2):
        pick(owner, shop, placed, line, typed="0", rest="gone")
    assert f"Pedido {placed.number} cancelado." in owner.text
    assert now_is(service, shop, placed).state is OrderState.CANCELED
    assert is_sound(service, shop)


def test_the_store_calls_an_order_off_with_a_reason_in_the_shoppers_language(
    service: Service, owner: Visitor, shop: Shop, goods: Mapping[str, UUID]
) -> None:
    english = order(
        service, shop, {goods["BREAD"]: 1000}, contact=type(NOELIA)("Ruth", language="en")
    )
    owner.open(page(shop, english))
    owner.send(f"{page(shop, english)}/cancel", why="stock", reason="")
    assert f"Pedido {english.number} cancelado." in owner.text
    with service.services.database.reading(shop.program_id) as session:
        last = last_acts(session, shop.program_id, [english.order_id])[english.order_id]
    assert last.reason == "We have run out of what you ordered."
    owner.send(f"{page(shop, english)}/cancel", why="stock")
    assert "está cancelado" not in owner.text, "it was the same person, who knows"


def test_an_order_is_moved_to_another_time_on_the_shoppers_behalf(
    service: Service, owner: Visitor, shop: Shop, goods: Mapping[str, UUID], placed: OrderFacts
) -> None:
    slots = offered(service, shop)
    for _ in range(3):
        order(service, shop, {goods["EGGS"]: 1000}, slot=slots[2])
    owner.open(f"{page(shop, placed)}/time")
    assert "completo" in owner.text
    assert "la de ahora" in owner.text
    owner.send(f"{page(shop, placed)}/time", slot=slots[2].isoformat(), back="order")
    assert "Esa hora se acaba de llenar" in owner.text
    owner.send(f"{page(shop, placed)}/time", slot="2026-03-02T03:00:00+00:00", back="order")
    assert "Esa hora ya no se ofrece" in owner.text
    for nothing in ("", "soon", "2026-03-02T12:00:00"):
        owner.send(f"{page(shop, placed)}/time", slot=nothing)
        assert "Elige una hora de las que se ofrecen." in owner.text
    owner.send(f"{page(shop, placed)}/time", slot=slots[3].isoformat(), back="order")
    assert "ahora para las 12:00–12:30." in owner.text
    assert now_is(service, shop, placed).slot_starts_at == slots[3]
    assert is_sound(service, shop)


def test_a_code_or_its_letters_hand_an_order_over_at_the_board_too(
    service: Service, owner: Visitor, shop: Shop, goods: Mapping[str, UUID], placed: OrderFacts
) -> None:
    tools = service.services.tools
    other = order(service, shop, {goods["BREAD"]: 2000, goods["ORANGES"]: 1500})
    prepare(owner, shop, placed)
    prepare(owner, shop, other)
    with service.services.database.reading(shop.program_id) as session:
        wrong = pickup_code(session, other, tools=tools)

    def hand(code: str, **fields: str) -> None:
        told = {"till_id": str(shop.till_id), "handoff_id": str(uuid4()), "code": code}
        owner.send(f"{page(shop, placed)}/hand-over", **{**told, **fields})

    hand("")
    assert "Lee el código, o di por qué lo entregas sin él." in owner.text
    hand("x", till_id="")
    assert "Elige la caja en la que se cobra." in owner.text
    hand("x", till_id=str(uuid4()))
    assert "Esa caja ya no está en esta tienda." in owner.text
    hand(wrong)
    assert "Ese código no es de este pedido." in owner.text
    hand(spoken_code(other, keys=tools.keys))
    assert "Esas letras no son de este pedido. Quedan 4 intentos." in owner.text
    hand(spoken_code(placed, keys=tools.keys))
    assert f"Pedido {placed.number} entregado." in owner.text
    hand(spoken_code(placed, keys=tools.keys))
    assert f"El pedido {placed.number} ya se entregó, hace menos de 1 min." in owner.text
    assert is_sound(service, shop)


def test_a_handoff_sent_twice_by_an_impatient_finger_is_one(
    service: Service, owner: Visitor, shop: Shop, placed: OrderFacts
) -> None:
    prepare(owner, shop, placed)
    fields = {"till_id": str(shop.till_id), "handoff_id": str(uuid4()), "note": "La conozco"}
    for _ in range(2):
        owner.send(f"{page(shop, placed)}/hand-over", **fields)
        assert f"Pedido {placed.number} entregado." in owner.text
    assert is_sound(service, shop)


def test_the_list_for_paper_has_what_to_take(
    owner: Visitor, shop: Shop, placed: OrderFacts
) -> None:
    owner.open(f"{page(shop, placed)}/slip")
    for text in (placed.number, "Noelia Sanz", "2×", "Pan de pueblo", "1,5 kg", "5,32"):
        assert text in owner.text
