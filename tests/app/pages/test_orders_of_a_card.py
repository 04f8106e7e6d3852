"""Orders of somebody with a card: on the card, in the history, on their page at the shop."""

import pytest

from loyalty.journeys.tidy_up import tidy_up
from tests.support.clock import ManualClock
from tests.support.forms import Visitor, staff_visitor
from tests.support.service import Service, Shop
from tests.support.window import Shopper, Window, open_window, shopper_at


@pytest.fixture
def window(service: Service, shop: Shop) -> Window:
    return open_window(service, shop)


@pytest.fixture
def lucia(service: Service, shop: Shop, window: Window) -> Shopper:
    browser = Visitor(service.app.test_client())
    browser.client.set_cookie("enlaza-card", shop.shopper)
    found = Shopper(window, browser)
    found.put("PAN")
    found.cart()
    found.order(note="Bien tostada")
    return found


def test_the_card_shows_what_waits_and_tells_when_it_is_ready(
    window: Window, lucia: Shopper
) -> None:
    browser = lucia.browser
    before = browser.client.get("/card/state.json").headers["ETag"]
    browser.open("/card")
    assert "Pedido 0001: Por confirmar" in browser.text
    window.prepare(window.orders()[0])
    after = browser.client.get("/card/state.json", headers={"If-None-Match": before})
    assert after.status_code == 200
    browser.open("/card/live")
    assert "Pedido 0001: Listo para recoger" in browser.text
    link = browser.text.partition('href="/order/')[2].partition('"')[0]
    assert browser.open(f"/order/{link}").status_code == 200


def test_the_history_lists_orders_with_what_became_of_them(window: Window, lucia: Shopper) -> None:
    lucia.browser.send(f"{lucia.address()}/cancel")
    lucia.browser.open("/card/history")
    assert "Tus pedidos" in lucia.browser.text
    assert "Cancelado" in lucia.browser.text
    lucia.browser.open("/card")
    assert "Pedido 0001" not in lucia.browser.text
    nobody = shopper_at(window)
    nobody.put("CRU")
    nobody.cart()
    nobody.order()
    lucia.browser.open("/card/history")
    assert "Pedido 0002" not in lucia.browser.text


def test_the_shop_reads_orders_in_the_persons_story(
    service: Service, shop: Shop, window: Window, lucia: Shopper
) -> None:
    window.prepare(window.orders()[0])
    scan = {"code": shop.card_text, "scanned_at": "2026-03-02T09:00:00Z"}
    told = service.post("/api/v1/scans", shop.as_till(), json=scan).get_json()
    person_id = told["person"]["person_id"]
    owner = staff_visitor(service, shop, "owner")
    owner.open(f"/admin/people/{person_id}")
    for said in ("Hizo el pedido 0001", "4,80\xa0€", "El pedido 0001 quedó listo"):
        assert said in owner.text, said
    assert "Le escribimos: su pedido está listo" in owner.text
    story = service.get(f"/api/v1/persons/{person_id}", shop.as_staff("owner")).get_json()
    [order] = story["orders"]
    assert (order["number"], order["state"]) == ("0001", "ready")
    assert (order["contact_email"], order["note"]) == ("lucia@example.org", "Bien tostada")
    lucia.send("/cancel")
    owner.open(f"/admin/people/{person_id}")
    assert "Se canceló el pedido 0001" in owner.text
    assert "por su cuenta" in owner.text


def test_contacts_are_forgotten_as_long_after_an_order_as_its_link_lives(
    service: Service, window: Window, lucia: Shopper, clock: ManualClock
) -> None:
    parts = service.services
    lucia.send("/delegates", name="Marta")
    lucia.send("/cancel")
    clock.advance(days=89)
    tidy_up(parts.database, tools=parts.tools)
    assert window.orders()[0].contact_name == "Lucía"
    clock.advance(days=2)
    tidy_up(parts.database, tools=parts.tools)
    [order] = window.orders()
    kept = (order.contact_name, order.contact_email, order.contact_phone, order.note)
    assert kept == ("", "", "", "")
    assert order.total_minor == 480
