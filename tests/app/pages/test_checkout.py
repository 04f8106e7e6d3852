"""Ordering: once, at the prices that were shown, at a time that is free; else it says why."""

from datetime import timedelta

import pytest

from app.links import LinkPurpose
from loyalty.orders.origins import origins_of
from loyalty.orders.rules import OrderState
from tests.support.clock import ManualClock
from tests.support.forms import Visitor
from tests.support.service import Service, Shop
from tests.support.window import CHECKOUT, Shopper, Window, open_window, seconds, shopper_at


@pytest.fixture
def window(service: Service, shop: Shop) -> Window:
    return open_window(service, shop)


@pytest.fixture
def lucia(window: Window) -> Shopper:
    found = shopper_at(window)
    found.put("PAN", 2)
    found.cart()
    return found


def test_an_order_is_placed_and_its_page_opens(window: Window, lucia: Shopper) -> None:
    assert lucia.order() == 200
    assert "Pedido 0001" in lucia.browser.text
    [order] = window.orders()
    assert (order.state, order.total_minor, order.contact_name) == (OrderState.PLACED, 960, "Lucía")
    assert (order.member_id, order.card_id, order.visit_id) == (None, None, None)
    assert window.reserved("PAN") == 2000
    assert "Tu cesta está vacía" in lucia.cart()


def test_a_double_tap_the_way_back_and_a_second_tab_are_one_order(
    window: Window, lucia: Shopper
) -> None:
    form = lucia.form()
    for _ in range(3):
        lucia.browser.send(f"{window.home}/cart", **form)
        assert "Pedido 0001" in lucia.browser.text
    assert "Este pedido ya estaba hecho" in lucia.browser.text
    # Another time chosen on the page before is no second order either.
    later = seconds(window.slots()[3].slot.starts_at)
    lucia.browser.send(f"{window.home}/cart", **{**form, "slot": later})
    assert "Pedido 0001" in lucia.browser.text
    assert len(window.orders()) == 1
    assert len(window.mails()) == 1
    lucia.put("CRU")
    lucia.cart()
    lucia.order()
    assert "Pedido 0002" in lucia.browser.text


def test_a_time_that_passes_during_checkout_is_said_and_the_cart_is_kept(
    window: Window, lucia: Shopper, clock: ManualClock
) -> None:
    form = lucia.form()
    clock.advance(minutes=45)
    answer = lucia.browser.send(f"{window.home}/cart", **form)
    assert answer.status_code == 409
    text = lucia.browser.text
    assert "Esa hora ya no se puede elegir" in text
    assert "La más cercana es 12:00–13:00" in text
    assert 'value="Lucía"' in text
    assert "Hogaza" in text
    assert window.orders() == []
    assert lucia.order() == 200
    [order] = window.orders()
    assert order.slot_starts_at.hour == 11  # 12:00 in Madrid


def test_a_time_that_fills_up_during_checkout_leads_to_the_nearest(
    window: Window, lucia: Shopper
) -> None:
    form = lucia.form()
    for _ in range(2):
        other = shopper_at(window)
        other.put("CRU")
        other.cart()
        other.order()
    assert lucia.browser.send(f"{window.home}/cart", **form).status_code == 409
    text = lucia.browser.text
    assert "Esa hora se acaba de llenar" in text
    assert "completo" in text
    assert "La más cercana es 12:00–13:00" in text
    assert lucia.order() == 200


def test_the_last_loaf_sold_meanwhile_is_named_with_what_is_possible(
    window: Window, lucia: Shopper
) -> None:
    lucia.put("CRU")
    lucia.cart()
    form = lucia.form()
    window.sell("PAN", 4)
    assert lucia.browser.send(f"{window.home}/cart", **form).status_code == 409
    text = lucia.browser.text
    assert "Se acaba de vender" in text
    assert "Solo queda 1" in text
    assert "Dejar 1" in text
    window.sell("PAN", 1)
    assert "Se ha agotado" in lucia.cart()
    assert window.orders() == []
    assert window.reserved("CRU") == 0


def test_a_new_price_is_shown_before_it_is_ordered(window: Window, lucia: Shopper) -> None:
    form = lucia.form()
    window.price("PAN", 520)
    assert lucia.browser.send(f"{window.home}/cart", **form).status_code == 409
    assert "Tu cesta ha cambiado" in lucia.browser.text
    assert "10,40" in lucia.browser.text
    assert lucia.order() == 200
    assert window.orders()[0].total_minor == 1040


def test_what_another_tab_put_in_is_shown_before_it_is_ordered(
    window: Window, lucia: Shopper
) -> None:
    form = lucia.form()
    lucia.put("CRU")
    assert lucia.browser.send(f"{window.home}/cart", **form).status_code == 409
    assert "Cruasán" in lucia.browser.text
    assert window.orders() == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": " "}, "Escribe un nombre"),
        ({"name": "x" * 81}, "Escribe un nombre"),
        ({"email": "lucia"}, "Así no llega a nadie"),
        ({"email": "", "phone": ""}, "Deja un correo o un teléfono"),
    ],
)
def test_whoever_cannot_be_told_is_asked_again(
    window: Window, lucia: Shopper, typed: dict[str, str], told: str
) -> None:
    assert lucia.order(**typed) == 422
    assert told in lucia.browser.text
    assert "Hogaza" in lucia.browser.text
    assert window.orders() == []


def test_what_was_typed_stays_when_a_line_is_changed(window: Window, lucia: Shopper) -> None:
    later = seconds(window.slots()[5].slot.starts_at)
    form = lucia.form(name="Lucía <b>", note="Bien tostado", slot=later)
    line = f"more/{window.products['PAN']}"
    assert lucia.browser.send(f"{window.home}/cart/line", **form, line=line).status_code == 200
    text = lucia.browser.text
    assert "14,40" in text
    assert 'value="Lucía &lt;b&gt;"' in text
    assert "Bien tostado</textarea>" in text
    assert lucia.form()["slot"] == later
    # Once: whoever opens the cart later finds nobody's name.
    assert "tostado" not in lucia.cart()


@pytest.mark.parametrize(
    "line", ["", "more", "more/x", "/", "x/00000000-0000-0000-0000-000000000000"]
)
def test_a_line_that_no_page_shows_changes_nothing(
    window: Window, lucia: Shopper, line: str
) -> None:
    lucia.browser.send(f"{window.home}/cart/line", line=line, slot="x")
    assert "9,60" in lucia.cart()


def test_a_phone_number_is_enough(window: Window, lucia: Shopper) -> None:
    assert "Se une a tu tarjeta" not in lucia.cart(), "nobody's card is here"
    assert lucia.order(email="", phone="600 111 222", note="Bien tostado") == 200
    [order] = window.orders()
    assert (order.contact_email, order.contact_phone) == ("", "600 111 222")
    assert "Bien tostado" in lucia.browser.text
    assert window.mails() == []
    assert "Guarda esta página" in lucia.browser.text
    lucia.put("CRU")
    lucia.cart()
    lucia.order()
    assert "Guarda esta página" not in lucia.browser.text


def test_a_form_that_no_page_of_this_store_made_orders_nothing(
    service: Service, window: Window, other_shop: Shop, lucia: Shopper
) -> None:
    form = lucia.form()
    other = open_window(service, other_shop)
    for path, token in (
        (window.home, form["checkout"] + "x"),
        (window.home, ""),
        (other.home, form["checkout"]),
    ):
        answer = lucia.browser.send(f"{path}/cart", **{**form, "checkout": token})
        assert answer.status_code == 409
    for slot in ("x", "9" * 30, "-1"):
        answer = lucia.browser.send(f"{window.home}/cart", **{**form, "slot": slot})
        assert answer.status_code == 400
    never = seconds(window.slots()[0].slot.starts_at, plus=timedelta(minutes=7))
    assert lucia.browser.send(f"{window.home}/cart", **{**form, "slot": never}).status_code == 409
    assert window.orders() == other.orders() == []


def test_a_page_that_lay_open_for_days_is_shown_anew(
    window: Window, lucia: Shopper, clock: ManualClock
) -> None:
    form = lucia.form()
    clock.advance(days=1.1)
    assert lucia.browser.send(f"{window.home}/cart", **form).status_code == 409
    assert CHECKOUT.search(lucia.browser.text)


def test_one_client_orders_a_few_times_only(window: Window, lucia: Shopper) -> None:
    form = lucia.form()
    statuses = [lucia.browser.send(f"{window.home}/cart", **form).status_code for _ in range(11)]
    assert statuses[:10] == [200] * 10
    assert statuses[10] == 429
    lucia.put("CRU")
    lucia.cart()
    assert lucia.order(name="Lucía Sanz") == 429
    assert 'value="Lucía Sanz"' in lucia.browser.text
    assert "Demasiados pedidos seguidos" in lucia.browser.text


def test_the_order_of_a_phone_with_a_card_is_that_persons(
    service: Service, shop: Shop, window: Window
) -> None:
    browser = Visitor(service.app.test_client())
    browser.client.set_cookie("enlaza-card", shop.shopper)
    lucia = Shopper(window, browser)
    lucia.put("PAN")
    assert 'value="Lucía F."' in lucia.cart()
    assert "Se une a tu tarjeta. En Privacidad lo quitas cuando quieras." in browser.text
    lucia.order(phone="600 111 222")
    [order] = window.orders()
    assert order.card_id == shop.card_id
    assert order.member_id is not None
    assert order.visit_id is None, "a visit is linked by consent only"
    browser.open("/card/privacy")
    assert "Tu teléfono •••222" in browser.text
    [mail] = window.mails()
    assert (mail.subject_kind, mail.subject_id) == ("member", str(order.member_id))


def test_an_order_keeps_the_channel_of_its_visit(
    service: Service, shop: Shop, window: Window
) -> None:
    lucia = shopper_at(window)
    lucia.browser.open(f"{window.home}?utm_source=instagram&utm_medium=social")
    link = lucia.browser.text.partition(f'href="{window.home}/shop?visit=')[2].partition('"')[0]
    lucia.browser.open(f"{window.home}/shop?visit={link}")
    visit = lucia.browser.text.partition('name="visit" value="')[2].partition('"')[0]
    lucia.browser.send(
        f"{window.home}/shop",
        product_id=str(window.products["PAN"]),
        step="more",
        visit=visit,
    )
    lucia.cart()
    lucia.order()
    [order] = window.orders()
    with service.services.database.reading(shop.program_id) as session:
        origin = origins_of(session, shop.program_id, [order.order_id])[order.order_id]
    assert (origin.channel, origin.source) == ("social", "instagram")


def test_a_link_for_the_cart_opens_no_order(service: Service) -> None:
    links = service.services.links
    token = links.sign(LinkPurpose.CART, {"program_id": 7, "order_id": "0" * 32})
    assert service.get(f"/order/{token}").status_code == 410
