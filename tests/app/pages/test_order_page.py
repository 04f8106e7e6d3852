"""An order's own page: how it stands, its codes, and what its shopper may change alone."""

import re
from datetime import timedelta

import pytest

from loyalty.journeys.release_orders import release_orders
from loyalty.orders.rules import OrderState
from loyalty.wire.codes import CodeKind, SignedCode, take_apart
from tests.support.clock import ManualClock
from tests.support.service import Service, Shop
from tests.support.window import Shopper, Window, open_window, seconds, shopper_at

CODE = re.compile(r'data-code-text="([^"]+)"')
SPOKEN = re.compile(r'id="letters"[^>]*>([A-Z]{4} [A-Z]{4})<')


@pytest.fixture
def window(service: Service, shop: Shop) -> Window:
    return open_window(service, shop)


@pytest.fixture
def lucia(window: Window) -> Shopper:
    found = shopper_at(window)
    found.put("PAN", 3)
    found.put("EMP", 2)
    found.cart()
    found.order()
    return found


def opened(lucia: Shopper) -> str:
    lucia.browser.open(lucia.address())
    return lucia.browser.text


def test_the_page_holds_the_code_the_letters_and_what_is_to_be_paid(
    window: Window, lucia: Shopper
) -> None:
    text = lucia.browser.text
    found = CODE.search(text)
    assert found
    code = take_apart(found[1])
    assert isinstance(code, SignedCode)
    [order] = window.orders()
    assert (code.header.kind, code.header.subject_id) == (CodeKind.PICKUP, order.code_subject)
    assert SPOKEN.search(text)
    for told in ("Hoy, lunes 2, 11:00–12:00", "Plaza del Trigo, 2", "500 g", "22,85"):
        assert told in text, told
    assert "La tienda lo confirma hoy a las 12:00 como muy tarde." in text


def test_the_link_works_on_another_device_and_cannot_be_guessed(
    window: Window, lucia: Shopper, clock: ManualClock
) -> None:
    address = lucia.address()
    other = shopper_at(window)
    assert other.browser.open(address).status_code == 200
    assert "Pedido 0001" in other.browser.text
    number, _, rest = address.removeprefix("/order/").partition(".")
    tampered = ("/order/7", f"/order/8.{rest}", f"/order/{number}.{rest[:-1]}", f"/order/{rest}")
    for wrong in (*tampered, address.replace("/order/", "/collect/")):
        assert other.browser.open(wrong).status_code in {404, 410}, wrong
    clock.advance(days=91)
    assert other.browser.open(address).status_code == 410


def test_the_page_says_how_far_the_order_is(window: Window, lucia: Shopper) -> None:
    [order] = window.orders()
    window.prepare(order, picked={"PAN": 2000})
    text = opened(lucia)
    assert "Está listo. Recógelo hasta hoy a las 16:00." in text
    assert "Pediste 3, hay 2" in text
    assert "18,05" in text


def test_a_page_that_nothing_happened_to_is_not_sent_again(window: Window, lucia: Shopper) -> None:
    state = f"{lucia.address()}/state.json"
    first = lucia.browser.client.get(state)
    told = {"If-None-Match": first.headers["ETag"]}
    assert lucia.browser.client.get(state, headers=told).status_code == 304
    window.prepare(window.orders()[0])
    assert lucia.browser.client.get(state, headers=told).status_code == 200


def test_a_shopper_calls_an_order_off_until_the_cut_off(
    window: Window, lucia: Shopper, clock: ManualClock
) -> None:
    address = lucia.address()
    for _ in range(2):
        lucia.browser.send(f"{address}/cancel")
        assert "Lo cancelaste tú" in lucia.browser.text
    assert not CODE.search(lucia.browser.text)
    assert "14,40" in lucia.browser.text
    assert "No hay" not in lucia.browser.text
    [order] = window.orders()
    assert order.state is OrderState.CANCELED
    assert window.reserved("PAN") == 0
    assert sorted(mail.topic for mail in window.mails()) == ["order_canceled", "order_placed"]
    lucia.put("CRU")
    lucia.cart()
    lucia.order(slot=seconds(window.slots()[1].slot.starts_at))
    clock.advance(hours=1, minutes=31)
    assert "Ya no se puede cambiar desde aquí" in opened(lucia)
    lucia.send("/cancel")
    assert "el plazo pasó" in lucia.browser.text
    assert window.orders()[1].state is OrderState.PLACED


def test_a_shopper_moves_an_order_to_another_free_time(window: Window, lucia: Shopper) -> None:
    later = window.slots()[4].slot.starts_at
    lucia.send("/time", slot=seconds(later))
    assert "Hora cambiada." in lucia.browser.text
    assert "Hoy, lunes 2, 15:00–16:00" in lucia.browser.text
    lucia.send("/time", slot=seconds(later))
    assert sorted(mail.topic for mail in window.mails()) == ["order_moved", "order_placed"]
    lucia.send("/time", slot=seconds(later, plus=timedelta(minutes=7)))
    assert "Tu pedido sigue en la de antes" in lucia.browser.text
    full = window.slots()[0].slot.starts_at
    for _ in range(2):
        other = shopper_at(window)
        other.put("CRU")
        other.cart()
        other.order(slot=seconds(full))
    lucia.send("/time", slot=seconds(full))
    assert "Esa hora se acaba de llenar" in lucia.browser.text
    assert window.orders()[0].slot_starts_at == later


def test_an_order_that_ended_is_not_changed_any_more(window: Window, lucia: Shopper) -> None:
    address = lucia.address()
    lucia.send("/cancel")
    later = seconds(window.slots()[4].slot.starts_at)
    for place, fields in (("/time", {"slot": later}), ("/delegates", {"name": "Marta"})):
        lucia.browser.send(f"{address}{place}", **fields)
        assert "Este pedido ya terminó" in lucia.browser.text, place


def test_somebody_else_collects_with_a_code_of_their_own(window: Window, lucia: Shopper) -> None:
    lucia.send("/delegates", name="Marta")
    found = re.search(r'value="http://[^/"]+(/collect/[^"]+)"', lucia.browser.text)
    assert found
    marta = shopper_at(window)
    assert marta.browser.open(found[1]).status_code == 200
    text = marta.browser.text
    code = CODE.search(text)
    assert code
    read = take_apart(code[1])
    assert isinstance(read, SignedCode)
    assert read.header.kind is CodeKind.DELEGATE
    assert "Marta, enseña este código en la tienda." in text
    for hidden in ("Hogaza", "Lucía", "22,85", "lucia@"):
        assert hidden not in text, hidden
    subject = re.search(r'name="subject" value="([^"]+)"', lucia.browser.text)
    assert subject
    lucia.send("/delegates/revoke", subject=subject[1])
    assert "Su código ya no sirve." in lucia.browser.text
    marta.browser.open(found[1])
    assert "Quien hizo el pedido lo retiró" in marta.browser.text
    assert not CODE.search(marta.browser.text)


def test_delegates_have_names_an_end_and_one_order(window: Window, lucia: Shopper) -> None:
    lucia.send("/delegates", name="  ")
    assert "Escribe el nombre de quien lo recoge." in lucia.browser.text
    for number in range(6):
        lucia.send("/delegates", name=f"Vecina {number}")
    assert "Ya hiciste cinco códigos" in lucia.browser.text
    subject = re.search(r'name="subject" value="([^"]+)"', lucia.browser.text)
    assert subject
    other = shopper_at(window)
    other.put("CRU")
    other.cart()
    other.order()
    assert other.send("/delegates/revoke", subject=subject[1]) == 404


def test_the_calendar_file_follows_the_order(window: Window, lucia: Shopper) -> None:
    address = lucia.address()

    def calendar() -> str:
        answer = lucia.browser.client.get(f"{address}/pickup.ics")
        assert answer.mimetype == "text/calendar"
        return answer.get_data(as_text=True)

    first = calendar()
    for line in (
        "METHOD:PUBLISH",
        "SEQUENCE:0",
        "DTSTART;TZID=Europe/Madrid:20260302T110000",
        "TZOFFSETTO:+0100",
        "STATUS:CONFIRMED",
        "SUMMARY:Recoger el pedido 0001 en Panadería Sol",
    ):
        assert f"{line}\r\n" in first, line
    lucia.send("/time", slot=seconds(window.slots()[4].slot.starts_at))
    moved = calendar()
    assert "SEQUENCE:1\r\n" in moved
    assert "DTSTART;TZID=Europe/Madrid:20260302T150000" in moved
    lucia.send("/cancel")
    ended = calendar()
    assert "SEQUENCE:2\r\n" in ended
    assert "STATUS:CANCELLED" in ended
    uids = {re.search("UID:.*", text)[0] for text in (first, moved, ended)}  # type: ignore[index]
    assert len(uids) == 1


def test_an_order_nobody_accepts_or_collects_says_so(
    service: Service, window: Window, lucia: Shopper, clock: ManualClock
) -> None:
    clock.advance(hours=2, minutes=1)
    assert "no llegó a confirmarlo a tiempo" in opened(lucia)
    parts = service.services
    assert release_orders(parts.database, tools=parts.tools) == 1
    assert release_orders(parts.database, tools=parts.tools) == 0
    assert "no llegó a confirmarlo a tiempo" in opened(lucia)
    lucia.put("CRU")
    lucia.cart()
    lucia.order()
    window.prepare(window.orders()[1])
    clock.advance(days=1)
    assert "No se recogió" in opened(lucia)
    release_orders(parts.database, tools=parts.tools)
    topics = [mail.topic for mail in window.mails()]
    assert topics[0] == "order_placed"
    # Written at the same moment by the test's clock.
    assert sorted(topics[1:4]) == ["order_canceled", "order_placed", "order_ready"]
    assert topics[4:] == ["order_missed"]


def test_the_demo_shows_an_order_in_its_phone(window: Window, lucia: Shopper) -> None:
    answer = lucia.browser.open(lucia.address())
    assert window.service.services.settings.demo
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
