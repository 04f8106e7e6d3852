"""The shop's goods and the cart, in a browser without scripts."""

from dataclasses import replace

import pytest

from app.links import LinkPurpose
from loyalty.journeys.tidy_up import tidy_up
from tests.support.clock import ManualClock
from tests.support.service import Service, Shop
from tests.support.window import POLICY, Shopper, Window, open_window, shopper_at


@pytest.fixture
def window(service: Service, shop: Shop) -> Window:
    return open_window(service, shop)


@pytest.fixture
def lucia(window: Window) -> Shopper:
    return shopper_at(window)


def test_the_window_shows_goods_with_price_unit_and_what_is_left(
    window: Window, lucia: Shopper
) -> None:
    lucia.browser.open(f"{window.home}/shop")
    text = lucia.browser.text
    for told in (
        "Hogaza de masa madre",
        "4,80\xa0€",
        "Quedan 5",
        "16,90\xa0€/kg",
        "al peso",
        "Agotado",
        "La primera hora libre: hoy, lunes 2, 11:00–12:00.",
    ):
        assert told in text, told
    # Thirty croissants are not few, and nobody counts the coffee.
    assert "Quedan 30" not in text
    assert text.count('value="more"') == 4


def test_goods_are_found_by_category_and_by_words(window: Window, lucia: Shopper) -> None:
    lucia.browser.open(f"{window.home}/shop?category=Dulces")
    assert "Cruasán" in lucia.browser.text
    assert "Hogaza" not in lucia.browser.text
    lucia.browser.open(f"{window.home}/shop?q=cruasan")
    assert "Cruasán" in lucia.browser.text
    assert "1 producto" in lucia.browser.text
    lucia.browser.open(f"{window.home}/shop?q=xyz&page=99999999999")
    assert "No hay nada con esas palabras" in lucia.browser.text


def test_the_first_page_of_the_store_leads_to_its_goods(
    other_shop: Shop, window: Window, lucia: Shopper
) -> None:
    lucia.browser.open(window.home)
    assert f"{window.home}/shop?visit=" in lucia.browser.text
    lucia.browser.open(f"/S/{other_shop.slug}")
    assert f"{other_shop.slug}/shop" not in lucia.browser.text
    assert lucia.browser.open(f"/S/{other_shop.slug}/shop").status_code == 200
    assert "Aún no hay productos" in lucia.browser.text


def test_a_cart_counts_up_and_down_and_survives_a_reload(window: Window, lucia: Shopper) -> None:
    lucia.put("PAN", 2)
    lucia.put("EMP", 3)
    lucia.put("CRU")
    lucia.put("CRU", step="less")
    text = lucia.cart()
    assert "750 g" in text
    assert "9,60\xa0€" in text
    assert "Cruasán" not in text
    assert "<strong>22,28</strong>" in text  # half a cent goes to the even one
    lucia.browser.open(f"{window.home}/shop")
    assert "2 artículos" in lucia.browser.text


def test_no_more_is_put_in_than_is_there(window: Window, lucia: Shopper) -> None:
    lucia.put("PAN", 7)
    assert "No hay más" in lucia.browser.text
    assert "24,00\xa0€" in lucia.cart()
    window.sell("PAN", 3)
    assert "Solo quedan 2" in lucia.cart()
    product = str(window.products["PAN"])
    lucia.browser.send(f"{window.home}/cart/line", line=f"2000/{product}")
    assert "Solo quedan" not in lucia.browser.text
    assert "9,60\xa0€" in lucia.browser.text
    lucia.browser.send(f"{window.home}/cart/line", line=f"0/{product}")
    assert "Tu cesta está vacía" in lucia.browser.text


def test_two_tabs_put_into_one_cart(window: Window, lucia: Shopper) -> None:
    lucia.browser.open(f"{window.home}/shop")
    first_tab = lucia.browser.text
    # Sent at once from a page that was opened before the browser had a cart.
    other = shopper_at(window)
    other.browser.open(f"{window.home}/shop")
    other.browser.text = first_tab
    other.put("CRU")
    lucia.put("PAN")
    text = lucia.cart()
    assert "Hogaza" in text
    assert "Cruasán" in text


def test_nothing_is_kept_in_a_browser_before_something_is_put_in(
    window: Window, lucia: Shopper
) -> None:
    answer = lucia.browser.open(f"{window.home}/shop")
    assert all("cart" not in each for each in answer.headers.getlist("Set-Cookie"))
    lucia.put("PAN")
    kept = lucia.browser.client.get_cookie("enlaza-cart-7")
    assert kept is not None
    assert kept.http_only
    assert kept.expires is None


def test_a_cart_of_another_program_or_a_forged_one_is_empty(
    service: Service, window: Window, other_shop: Shop, lucia: Shopper
) -> None:
    lucia.put("PAN")
    kept = lucia.browser.client.get_cookie("enlaza-cart-7")
    assert kept is not None
    foreign = service.services.links.sign(LinkPurpose.CART, {"program_id": 8, "cart_id": "0" * 32})
    for forged in (kept.value + "x", foreign, ""):
        lucia.browser.client.set_cookie("enlaza-cart-7", forged)
        assert "Tu cesta está vacía" in lucia.cart()
    for product_id in (window.products["PAN"],):
        lucia.browser.send(f"/S/{other_shop.slug}/shop", product_id=str(product_id), step="more")
        lucia.browser.open(f"/S/{other_shop.slug}/cart")
        assert "Tu cesta está vacía" in lucia.browser.text


def test_a_store_that_takes_no_orders_says_so_and_has_no_cart(
    window: Window, lucia: Shopper
) -> None:
    lucia.put("PAN")
    window.set_policy(replace(POLICY, is_open=False))
    lucia.browser.open(f"{window.home}/shop")
    text = lucia.browser.text
    assert "Ahora no hay pedidos para recoger" in text
    assert "09:00–21:00" in text
    assert 'value="more"' not in text
    assert "Ver la cesta" not in text
    lucia.browser.send(f"{window.home}/shop", product_id=str(window.products["PAN"]), step="more")
    text = lucia.cart()
    assert "Tu cesta se guarda" in text
    assert 'name="slot"' not in text
    assert "4,80\xa0€" in text


def test_old_carts_are_tidied_up(service: Service, lucia: Shopper, clock: ManualClock) -> None:
    lucia.put("PAN")
    clock.advance(days=6)
    tidy_up(service.services.database, tools=service.services.tools)
    assert "Hogaza" in lucia.cart()
    clock.advance(days=7.1)
    tidy_up(service.services.database, tools=service.services.tools)
    assert "Hogaza" not in lucia.cart()
