"""The board on two devices: an order rings, is accepted, picked, told ready and handed over."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from loyalty.journeys.prepare_order import SHOPPER, OrderStep, cancel_order
from loyalty.orders.queries import OrderFacts
from tests.browser.shop.support import Counter
from tests.browser.support import NARROWEST_PX, NEVER_MS, axe_faults, sideways_px
from tests.browser.till.support import Shop, Watch
from tests.support.sizes import LOOKS
from tests.support.takes_orders import NOELIA, POLICY, Kitchen

TABLET = (1180, 820)
PHONE = (390, 844)


@pytest.fixture
def kitchen(shop: Shop, counter: Counter) -> Kitchen:
    """Open day and night, so that no test depends on when it runs."""
    assert counter
    room = Kitchen(shop.parts, shop.made.program_id, shop.made.store_id)
    room.fill(replace(POLICY, lead_minutes=0, capacity=50), hours="24/7")
    return room


def device(
    browser: Browser, shop: Shop, cookie: str, size: tuple[int, int], scheme: str, language: str
) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=language,
        base_url=shop.base_url,
    )
    context.set_default_timeout(NEVER_MS)
    context.add_cookies([{"name": "enlaza-staff", "value": cookie, "url": shop.base_url}])
    return context


@pytest.fixture
def tablet(browser: Browser, shop: Shop, staff_cookie: str) -> Iterator[Page]:
    """The device on the shelf of the back room."""
    context = device(browser, shop, staff_cookie, TABLET, "light", "es-ES")
    watch = Watch(shop.base_url)
    watch.follow(context)
    yield context.new_page()
    context.close()
    assert watch.faults == []


@pytest.fixture
def phone(browser: Browser, shop: Shop, staff_cookie: str) -> Iterator[Page]:
    """The phone of somebody who picks."""
    context = device(browser, shop, staff_cookie, PHONE, "dark", "es-ES")
    watch = Watch(shop.base_url)
    watch.follow(context)
    yield context.new_page()
    context.close()
    assert watch.faults == []


def goods(kitchen: Kitchen) -> OrderFacts:
    """Let Noelia order two loaves and a kilogram and a half of oranges."""
    bread, _eggs, oranges = kitchen.fill(
        replace(POLICY, lead_minutes=0, capacity=50), hours="24/7"
    ).values()
    slot = kitchen.offered()[2]
    return kitchen.order({bread: 2000, oranges: 1500}, slot=slot, note="Sin cortar")


def test_an_order_rings_on_both_devices_and_is_prepared_by_two(
    tablet: Page, phone: Page, shop: Shop, kitchen: Kitchen
) -> None:
    board = f"/admin/orders/{shop.made.store_id}"
    for page in (tablet, phone):
        page.goto(board)
        expect(page.get_by_text("El primero sonará aquí.")).to_be_visible()
    placed = goods(kitchen)
    for page in (tablet, phone):
        ticket = page.locator(".ticket.is-ringing")
        expect(ticket).to_contain_text(placed.number)
        expect(ticket).to_contain_text("Sin cortar")
        expect(page).to_have_title("(1) Pedidos · Ultramarinos Candela")
    # By the key that is shown; the other device stops ringing by itself.
    tablet.keyboard.press("a")
    expect(tablet.get_by_text(f"Pedido {placed.number} aceptado.")).to_be_visible()
    for page in (tablet, phone):
        expect(page.locator(".is-ringing")).to_have_count(0)
        expect(page).to_have_title("Pedidos · Ultramarinos Candela")
    phone.get_by_role("link", name=placed.number, exact=True).click()
    first = phone.locator(".pick-row").first
    first.get_by_role("button", name="Ya está").click()
    expect(first.get_by_role("button", name="Sacar de la bolsa")).to_be_visible()
    expect(tablet.get_by_text("1 de 2 en la bolsa")).to_be_visible()
    oranges = phone.locator(".pick-row").nth(1)
    oranges.get_by_text("Otra cantidad o no queda").click()
    oranges.get_by_label("Kilos en la bolsa").fill("1,2")
    oranges.get_by_label("No queda más").check()
    oranges.get_by_role("button", name="Guardar cantidad").click()
    expect(oranges).to_contain_text("0,3 kg no hay")
    expect(phone.get_by_text("Díselo a Noelia Sanz")).to_be_visible()
    ready = tablet.get_by_role("button", name="Está listo")
    expect(ready).to_be_visible()
    ready.click()
    expect(tablet.locator("#lane-ready + .ticket")).to_contain_text("paga al recoger 4,74")
    hand = phone.locator("#hand-over")
    expect(hand).to_be_visible()
    hand.get_by_label("Sin código").fill("La conozco")
    hand.get_by_role("button", name="Entregar el pedido").click()
    expect(phone.get_by_text(f"Pedido {placed.number} entregado.")).to_be_visible()
    expect(tablet.locator(".ticket")).to_have_count(0)
    assert [total for _sale, total in shop.sales()] == [474]


def test_what_a_shopper_cancels_is_said_over_what_somebody_types(
    tablet: Page, shop: Shop, kitchen: Kitchen
) -> None:
    placed = goods(kitchen)
    later = kitchen.order(
        dict.fromkeys([next(iter(kitchen.fill(POLICY, hours="24/7").values()))], 1000),
        slot=kitchen.offered()[5],
        contact=replace(NOELIA, name="Tomás"),
    )
    board = f"/admin/orders/{shop.made.store_id}"
    tablet.goto(f"{board}/{later.order_id}")
    tablet.keyboard.press("a")
    row = tablet.locator(".pick-row")
    row.get_by_text("Otra cantidad o no queda").click()
    row.get_by_label("Qué decirle").fill("Quedaban pocas")
    parts = shop.parts
    with parts.database.unit_of_work(shop.made.program_id) as session:
        step = OrderStep(shop.made.program_id, later.order_id, SHOPPER)
        cancel_order(session, step, tools=parts.tools)
    told = f"Pedido {later.number}, cancelado por Tomás"
    expect(tablet.get_by_role("alert")).to_contain_text(told)
    expect(row.get_by_label("Qué decirle")).to_have_count(0)
    tablet.keyboard.press("b")
    expect(tablet.get_by_role("alert")).to_contain_text(told)
    tablet.get_by_role("button", name="Visto").click()
    expect(tablet.get_by_role("alert")).to_have_count(0)
    expect(tablet.locator(".ticket.is-ringing")).to_contain_text(placed.number)


def test_a_device_without_a_line_says_so_and_goes_on_by_itself(
    tablet: Page, shop: Shop, kitchen: Kitchen
) -> None:
    tablet.goto(f"/admin/orders/{shop.made.store_id}")
    tablet.route("**/live", lambda route: route.abort())
    expect(tablet.locator("[data-offline]")).to_contain_text("Sin conexión desde las")
    placed = goods(kitchen)
    tablet.unroute("**/live")
    expect(tablet.locator(".ticket.is-ringing")).to_contain_text(placed.number)
    expect(tablet.locator("[data-offline]")).to_be_hidden()


def test_the_bell_is_muted_for_this_device_and_keys_can_be_switched_off(
    tablet: Page, shop: Shop, kitchen: Kitchen
) -> None:
    placed = goods(kitchen)
    tablet.goto(f"/admin/orders/{shop.made.store_id}")
    sound = tablet.locator("[data-sound]")
    expect(sound).to_have_text("Toca para que suene S")
    sound.click()
    expect(sound).to_have_text("Sonido activado S")
    sound.click()
    expect(sound).to_have_attribute("aria-pressed", "false")
    keys = tablet.locator("[data-keys]")
    keys.click()
    expect(keys).to_have_text("Teclas apagadas")
    tablet.reload()
    expect(sound).to_contain_text("Silenciado aquí")
    tablet.keyboard.press("a")
    expect(tablet.locator(".ticket.is-ringing")).to_contain_text(placed.number)


@pytest.mark.parametrize(("scheme", "language"), LOOKS)
def test_axe_finds_nothing_on_the_board_and_nothing_scrolls_sideways(
    browser: Browser, shop: Shop, staff_cookie: str, kitchen: Kitchen, scheme: str, language: str
) -> None:
    placed = goods(kitchen)
    context = device(browser, shop, staff_cookie, TABLET, scheme, language)
    page, faults = context.new_page(), []
    board = f"/admin/orders/{shop.made.store_id}"
    for path in (board, f"{board}/{placed.order_id}", f"{board}/{placed.order_id}/time"):
        page.goto(path)
        faults += [f"{path}: {fault}" for fault in axe_faults(page)]
    page.goto(f"{board}/{placed.order_id}")
    page.keyboard.press("a")
    row = page.locator(".pick-row").first
    row.locator("summary").click()
    faults += axe_faults(page)
    for number in (0, 1):
        page.locator(".pick-row").nth(number).locator(".pick button").click()
        expect(page.locator(".pick.is-picked")).to_have_count(number + 1)
    page.keyboard.press("l")
    expect(page.locator("#hand-over")).to_be_visible()
    faults += axe_faults(page)
    page.set_viewport_size({"width": NARROWEST_PX, "height": 700})
    for path in (f"{board}/{placed.order_id}", board, f"{board}/{placed.order_id}/time"):
        page.goto(path)
        if sideways_px(page) > 0:
            faults.append(f"{path}: {sideways_px(page)} px too wide")
    context.close()
    assert faults == []
