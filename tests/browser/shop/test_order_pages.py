"""Ordering on a phone: for everybody, in both schemes and languages, and without scripts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlalchemy import update

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.catalog.stock import count_stock
from loyalty.journeys.prepare_order import OrderStep, accept_order, pick_line, tell_order_ready
from loyalty.orders.queries import open_orders
from loyalty.orders.slot_rules import Policy
from loyalty.orders.slots import set_policy
from loyalty.programs.models import Store
from tests.browser.shop.support import Counter, read_picture
from tests.browser.support import NARROWEST_PX, NEVER_MS, axe_faults, follow, sideways_px
from tests.browser.till.support import Shop, Watch
from tests.support.sizes import LOOKS

PHONE: ViewportSize = {"width": 390, "height": 844}
TABLET: ViewportSize = {"width": 1024, "height": 768}
NARROW: ViewportSize = {"width": NARROWEST_PX, "height": 640}
GOODS = (
    (ProductDraft("PAN", "Hogaza de masa madre", 480, 400, category="Panes"), 3_000),
    (ProductDraft("EMP", "Empanada de atún", 1690, 1000, "kg", category="Salado"), 30_000),
    (ProductDraft("ROS", "Roscón de nata", 2250, 1000, category="Dulces"), 0),
    (ProductDraft("VELA", "Velas", 300, 2100, category="Otros"), None),
)
# Open at any hour, so that the test may run at any hour; every slot has two places.
POLICY = Policy(slot_minutes=60, lead_minutes=0, cutoff_minutes=0, capacity=2, days_ahead=2)
# How often the page of an order looks.
LOOK_MS = 10_000


@pytest.fixture
def window(counter: Counter) -> Shop:
    """The shop with goods in its window."""
    shop = counter.shop
    made, parts = shop.made, shop.parts
    at = parts.tools.clock.now()
    with parts.database.unit_of_work(made.program_id) as session:
        session.execute(
            update(Store)
            .where(Store.program_id == made.program_id)
            .values(hours="Mo-Su 00:00-24:00")
        )
        drafts = [draft for draft, _ in GOODS]
        saved = save_products(
            session, made.program_id, made.store_id, drafts, currency="EUR", at=at
        )
        counted = {saved[draft.sku]: stock for draft, stock in GOODS if stock is not None}
        count_stock(session, made.program_id, counted, act_id="count:window", at=at)
        set_policy(session, made.program_id, made.store_id, POLICY, at=at)
    return shop


@pytest.fixture(params=LOOKS)
def reader(request: pytest.FixtureRequest, browser: Browser, window: Shop) -> Iterator[Page]:
    """A person who reads one language in one scheme."""
    scheme, language = request.param
    opened = browser.new_context(
        viewport=PHONE, color_scheme=scheme, locale=language, reduced_motion="reduce"
    )
    opened.set_default_timeout(NEVER_MS)
    watch = Watch(window.base_url)
    watch.follow(opened)
    yield opened.new_page()
    opened.close()
    assert watch.faults == []


def look(page: Page, name: str, faults: list[str]) -> None:
    """Hold the open page to the rules, on a phone, a tablet and the narrowest phone."""
    but = ("target-size",) if page.locator("[data-toast]").count() else ()
    for size in (TABLET, PHONE):
        page.set_viewport_size(size)
        faults += [f"{name} {size['width']}: {fault}" for fault in axe_faults(page, but=but)]
    page.set_viewport_size(NARROW)
    if wider := sideways_px(page):
        faults.append(f"{name}: {wider} px wider than {NARROWEST_PX}")
    page.set_viewport_size(PHONE)


def make_ready(shop: Shop) -> None:
    """Let the store prepare the one open order and say so."""
    made, parts = shop.made, shop.parts
    with parts.database.reading(made.program_id) as session:
        [order] = open_orders(session, made.program_id, made.store_id)
    step = OrderStep(made.program_id, order.order_id, f"staff:{made.staff_id}")
    with parts.database.unit_of_work(made.program_id) as session:
        lines = accept_order(session, step, tools=parts.tools).lines
    for number, line in lines.items():
        with parts.database.unit_of_work(made.program_id) as session:
            much = line.ordered_milli
            pick_line(session, step, number, picked_milli=much, is_all=True, tools=parts.tools)
    with parts.database.unit_of_work(made.program_id) as session:
        tell_order_ready(session, step, tools=parts.tools)


def press_more(page: Page, product: str, then: str) -> None:
    """Press + on a product and wait until its card says how much is in the cart."""
    card = page.locator(".goods-card").filter(has_text=product)
    card.locator("button[value=more]").click()
    expect(card.locator(".step-count")).to_have_text(then)


@pytest.mark.prove
def test_ordering_is_for_everybody(reader: Page, window: Shop) -> None:
    faults: list[str] = []
    page = reader
    page.goto(f"{window.base_url}/S/CANDELA")
    follow(page, page.locator("a[href*='/S/CANDELA/shop']"))
    look(page, "goods", faults)
    press_more(page, "Hogaza", "1")
    press_more(page, "Hogaza", "2")
    # Taps that come faster than answers are all counted.
    empanada = page.locator(".goods-card").filter(has_text="Empanada")
    empanada.evaluate(
        "(card) => [1, 2, 3].forEach(() => card.querySelector('button[value=more]').click())"
    )
    expect(empanada.locator(".step-count")).to_have_text("750 g")
    look(page, "goods, some of them in the cart", faults)
    # With scripts a search narrows the goods as it is typed, and keeps the page.
    page.locator("#q").fill("empanada")
    expect(page.locator(".goods-card")).to_have_count(1)
    follow(page, page.locator(".cart-bar a"))
    look(page, "cart", faults)
    page.locator(".slot-day").nth(1).locator("summary").click()
    page.locator(".slot-day").nth(1).locator("label.slot").nth(2).click()
    page.locator("form.checkout").evaluate("(form) => { form.noValidate = true; }")
    follow(page, page.locator("[data-order]"))
    look(page, "cart, nobody named", faults)
    page.fill("input[name=name]", "Lucía")
    page.fill("input[name=email]", "lucia@example.org")
    follow(page, page.locator("[data-order]"))
    expect(page.locator("h1")).to_contain_text("0001")
    look(page, "order", faults)
    address = page.url
    page.clock.install()
    page.reload()
    make_ready(window)
    # The page hears of it by itself, at its next look.
    page.clock.run_for(LOOK_MS)
    expect(page.locator("[aria-current=step]")).to_have_text(re.compile("Listo|Ready"))
    page.fill("#others input[name=name]", "Marta")
    follow(page, page.locator("#others form[action$=delegates] button"))
    look(page, "order, with a delegate", faults)
    follow(page, page.locator("#others a.more"))
    look(page, "a delegate's page", faults)
    page.goto(address)
    for fold in page.locator("details.fold").all():
        fold.locator("> summary").click()
    look(page, "order, what can be changed", faults)
    follow(page, page.locator("form[action$=cancel] button"))
    look(page, "canceled order", faults)
    page.goto(f"{window.base_url}/S/CANDELA/cart")
    look(page, "empty cart", faults)
    assert faults == []


def test_a_phone_without_scripts_orders_and_its_code_is_read(
    browser: Browser, window: Shop, tmp_path: Path
) -> None:
    opened = browser.new_context(
        viewport=PHONE, device_scale_factor=2, locale="es-ES", java_script_enabled=False
    )
    opened.set_default_timeout(NEVER_MS)
    page = opened.new_page()
    page.goto(f"{window.base_url}/S/CANDELA/shop")
    card = page.locator(".goods-card").filter(has_text="Hogaza")
    for count in ("1", "2"):
        follow(page, card.locator("button[value=more]"))
        expect(card.locator(".step-count")).to_have_text(count)
    page.reload()
    expect(page.locator(".cart-bar")).to_contain_text("9,60")
    follow(page, page.locator(".cart-bar a"))
    page.locator(".slot-day").nth(1).locator("summary").click()
    page.locator(".slot-day").nth(1).locator("label.slot").nth(3).click()
    page.fill("input[name=name]", "Lucía")
    follow(page, page.locator(".cart-step button[value^=less]"))
    expect(page.locator(".sum-figure")).to_contain_text("4,80")
    # What was typed and chosen is still there, and Enter orders; it changes no line.
    expect(page.locator("input[name=name]")).to_have_value("Lucía")
    page.fill("input[name=email]", "lucia@example.org")
    page.press("input[name=email]", "Enter")
    expect(page.locator("h1")).to_have_text("Pedido 0001")
    expect(page.locator("#when")).to_contain_text("Mañana")
    text = page.locator("#code").get_attribute("data-code-text")
    picture = tmp_path / "order.png"
    page.screenshot(path=picture)
    assert read_picture(picture) == [text]
    page.locator("summary", has_text="Recoger a otra hora").click()
    page.locator(".fold .slot-day").nth(1).locator("summary").click()
    page.locator(".fold .slot-day").nth(1).locator("label.slot").nth(5).click()
    follow(page, page.get_by_role("button", name="Cambiar la hora"))
    expect(page.locator("[data-toast]")).to_contain_text("Hora cambiada.")
    page.locator("summary", has_text="Cancelar el pedido").click()
    follow(page, page.get_by_role("button", name="Sí, cancelar el pedido"))
    expect(page.locator(".verdict-title")).to_have_text("Pedido cancelado")
    opened.close()
