"""The store's people accept, pick, tell ready and hand over; who comes second hears the truth."""

from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest

from loyalty.journeys.release_orders import release_orders
from loyalty.orders.queries import OrderFacts
from loyalty.orders.rules import OrderState
from tests.support.clock import ManualClock
from tests.support.forms import Visitor, staff_visitor
from tests.support.order_board import (
    amounts,
    board,
    by_shopper,
    is_sound,
    lane,
    page,
    pick,
    prepare,
)
from tests.support.service import Service, Shop
from tests.support.takes_orders import now_is, offered, order


def test_an_empty_board_says_that_the_first_order_will_ring(
    owner: Visitor, goods: Mapping[str, UUID]
) -> None:
    assert goods
    owner.open("/admin/orders")
    assert "Aún no hay pedidos" in owner.text
    assert 'data-ringing="0"' in owner.text


def test_a_store_that_takes_no_orders_says_what_is_missing(owner: Visitor, shop: Shop) -> None:
    owner.open(board(shop))
    assert "Esta tienda aún no acepta pedidos" in owner.text


@pytest.mark.parametrize("role", ["owner", "manager", "cashier"])
def test_whoever_works_in_the_store_takes_an_order_from_new_to_handed_over(
    service: Service, shop: Shop, placed: OrderFacts, role: str
) -> None:
    worker = staff_visitor(service, shop, role)
    worker.open(board(shop))
    new = lane(worker, "new")
    assert placed.number in new
    assert "Noelia Sanz" in new
    assert "10:30–11:00" in new, "the clock of the store, not of the server"
    assert "3 artículos · paga al recoger 5,32" in new
    assert "Los plátanos, verdes" in new
    assert 'data-ringing="1"' in worker.text
    assert "<title>(1) Pedidos" in worker.text
    worker.send(f"{page(shop, placed)}/accept")
    assert f"Pedido {placed.number} aceptado." in worker.text
    assert 'data-ringing="0"' in worker.text
    assert "0 de 2 en la bolsa" in lane(worker, "preparing")
    prepare(worker, shop, placed)
    assert f"Pedido {placed.number} listo." in worker.text
    assert "Aún no hay pedidos" not in worker.text
    assert "hasta 15:00" in lane(worker, "ready")
    hand = {"till_id": str(shop.till_id), "handoff_id": str(uuid4())}
    worker.send(f"{page(shop, placed)}/hand-over", **hand, note="Conozco a la persona")
    assert f"Pedido {placed.number} entregado." in worker.text
    assert now_is(service, shop, placed).state is OrderState.DONE
    assert is_sound(service, shop)


def test_nobody_else_sees_the_board(service: Service, shop: Shop, placed: OrderFacts) -> None:
    courier = staff_visitor(service, shop, "courier")
    assert courier.open(page(shop, placed)).status_code == 403


def test_a_second_store_and_another_programs_order_are_not_there(
    owner: Visitor, shop: Shop, placed: OrderFacts
) -> None:
    assert owner.open(f"/admin/orders/{uuid4()}").status_code == 404
    assert owner.open(f"{board(shop)}/{uuid4()}").status_code == 404
    elsewhere = f"/admin/orders/{uuid4()}/{placed.order_id}"
    assert owner.open(elsewhere).status_code == 404


def test_a_look_that_changes_nothing_costs_nothing(
    owner: Visitor, shop: Shop, placed: OrderFacts, clock: ManualClock
) -> None:
    for address in (f"{board(shop)}/live", f"{page(shop, placed)}/live"):
        first = owner.client.get(address)
        again = owner.client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.get_data()) == (304, b"")
    known = owner.client.get(f"{board(shop)}/live").headers["ETag"]
    clock.advance(minutes=1)
    fresh = owner.client.get(f"{board(shop)}/live", headers={"If-None-Match": known})
    assert fresh.status_code == 200
    assert "Suena desde hace 1 min" in fresh.get_data(as_text=True)


def test_of_two_who_accept_the_second_hears_who_did(
    service: Service, owner: Visitor, manager: Visitor, shop: Shop, placed: OrderFacts
) -> None:
    for one in (owner, manager):
        one.open(board(shop))
    owner.send(f"{page(shop, placed)}/accept")
    manager.send(f"{page(shop, placed)}/accept")
    assert f"El pedido {placed.number} se está preparando, con Ana." in manager.text
    assert amounts(service, shop, placed) == [(2000, 0, 0), (1500, 0, 0)]


def test_what_a_shopper_cancels_while_it_is_picked_is_said_loudly_until_it_is_seen(
    service: Service, owner: Visitor, manager: Visitor, shop: Shop, goods: Mapping[str, UUID]
) -> None:
    late = order(service, shop, {goods["BREAD"]: 2000}, slot=offered(service, shop)[6])
    owner.open(board(shop))
    owner.send(f"{page(shop, late)}/accept")
    pick(owner, shop, late, 1, typed="1")
    by_shopper(service, shop, late)
    pick_form = {"line": "1", "reserved": "1000", "prepared": "1000", "picked_milli": "2000"}
    owner.send(f"{page(shop, late)}/pick", **pick_form, back="order")
    told = f"Pedido {late.number}, cancelado por Noelia Sanz"
    assert told in owner.text
    assert f"El pedido {late.number} está cancelado: Noelia Sanz" in owner.text
    owner.open(board(shop))
    assert told in owner.text
    assert 'role="alert"' in owner.text
    assert "Devuelve a la tienda: 1× Pan de pueblo." in owner.text
    owner.send(f"{page(shop, late)}/seen")
    assert told not in owner.text
    manager.open(board(shop))
    assert told in manager.text, "each device puts it aside for itself"
    assert is_sound(service, shop)


def test_what_a_shopper_takes_back_before_anybody_accepted_it_disturbs_nobody(
    service: Service, owner: Visitor, shop: Shop, goods: Mapping[str, UUID]
) -> None:
    late = order(service, shop, {goods["BREAD"]: 2000}, slot=offered(service, shop)[6])
    by_shopper(service, shop, late)
    owner.open(board(shop))
    assert late.number not in owner.text


def test_late_orders_rise_and_say_how_late_they_are(
    service: Service, owner: Visitor, shop: Shop, goods: Mapping[str, UUID], clock: ManualClock
) -> None:
    slots = offered(service, shop)
    soon = order(service, shop, {goods["BREAD"]: 1000}, slot=slots[0])
    next_one = order(service, shop, {goods["EGGS"]: 1000}, slot=slots[1])
    tomorrow = order(service, shop, {goods["EGGS"]: 1000}, slot=slots[-1])
    owner.open(board(shop))
    for one in (next_one, soon, tomorrow):
        owner.send(f"{page(shop, one)}/accept")
    assert "Para después" in owner.text
    assert "mañana 21:30–22:00" in owner.text
    clock.set(soon.slot_starts_at)
    clock.advance(minutes=20)
    owner.open(board(shop))
    preparing = lane(owner, "preparing")
    assert "20 min tarde" in preparing
    assert "Quedan 10 min" in preparing
    assert preparing.index(f">{soon.number}<") < preparing.index(f">{next_one.number}<")


def test_what_nobody_accepted_or_collected_is_told_until_it_is_seen(
    service: Service, owner: Visitor, shop: Shop, placed: OrderFacts, clock: ManualClock
) -> None:
    clock.set(placed.accept_by)
    owner.open(board(shop))
    assert placed.number not in lane(owner, "new"), "the clock counts, not the job"
    owner.send(f"{page(shop, placed)}/accept")
    assert f"El pedido {placed.number} está cancelado: el reloj" in owner.text
    release_orders(service.services.database, tools=service.services.tools)
    owner.open(board(shop))
    assert f"Pedido {placed.number} de Noelia Sanz: nadie lo aceptó a tiempo" in owner.text


def test_who_did_not_come_is_told_with_what_goes_back_on_the_shelf(
    service: Service, owner: Visitor, shop: Shop, placed: OrderFacts, clock: ManualClock
) -> None:
    prepare(owner, shop, placed)
    clock.set(placed.collect_by)
    release_orders(service.services.database, tools=service.services.tools)
    owner.open(board(shop))
    assert f"Pedido {placed.number}: Noelia Sanz no vino" in owner.text
    assert "Devuelve a la tienda: 2× Pan de pueblo, 1,5 kg Naranja de zumo." in owner.text


def test_orders_are_paused_and_opened_again(
    owner: Visitor, cashier: Visitor, service: Service, shop: Shop, goods: Mapping[str, UUID]
) -> None:
    assert goods
    owner.open(board(shop))
    owner.send(f"{board(shop)}/pause", on="0")
    assert "Pedidos en pausa" in owner.text
    assert offered(service, shop) == []
    owner.undo()
    assert "Se aceptan pedidos nuevos." in owner.text
    assert offered(service, shop)
    cashier.open(board(shop))
    assert "Pausar pedidos" not in cashier.text
    service.app.config["WTF_CSRF_ENABLED"] = False  # this board has no form to take a token from
    assert cashier.send(f"{board(shop)}/pause", on="0").status_code == 403


def test_a_store_without_pickup_times_has_nothing_to_pause(
    owner: Visitor, service: Service, shop: Shop
) -> None:
    service.app.config["WTF_CSRF_ENABLED"] = False  # nor any form
    assert owner.send(f"{board(shop)}/pause", on="0").status_code == 404


def test_today_says_how_many_orders_wait_and_leads_a_cashier_to_the_board(
    owner: Visitor, cashier: Visitor, shop: Shop, placed: OrderFacts
) -> None:
    assert placed
    owner.open("/admin")
    assert f'<a href="{board(shop)}">1 pedido espera</a>.' in owner.text
    cashier.open("/admin")
    assert "lane-new" in cashier.text
