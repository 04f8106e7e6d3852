"""Without a line the till goes on selling, and nothing is lost or doubled."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.till.support import READY, Shop, open_till, scan, type_amount, wait_until_sent

pytestmark = pytest.mark.browser

API = "**/api/v1/**"
PORTAL = "<!doctype html><title>Wi-Fi</title><p>Acepta las condiciones"


def cut(page: Page) -> None:
    page.context.route(API, lambda route: route.abort())


def mend(page: Page) -> None:
    page.context.unroute(API)


def sell(page: Page, keys: str) -> None:
    page.keyboard.press("v")
    page.wait_for_selector("[data-view=sale]")
    type_amount(page, keys)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=receipt]")


def test_a_card_scanned_without_a_line_earns_once_it_is_back(till: Page, shop: Shop) -> None:
    shopper = shop.join()
    cut(till)
    scan(till, shopper.code.text)
    till.wait_for_selector(".verdict-attention")
    expect(till.locator("#banner")).to_contain_text("Sin conexión desde las")
    type_amount(till, "1240")
    expect(till.locator("[data-slot=save]")).to_contain_text("Guardar en esta caja")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=receipt] .verdict-attention")
    expect(till.locator("#banner")).to_contain_text("1 venta espera")
    assert shop.count_sales() == 0
    mend(till)
    wait_until_sent(till, shop, 1240)
    till.keyboard.press("Escape")
    scan(till, shopper.code.text)
    expect(till.locator(".verdict-figure strong")).to_have_text("12")


def test_the_queue_survives_a_reload_and_the_shell_opens_without_a_line(
    browser: Browser, shop: Shop
) -> None:
    tablet = browser.new_context(locale="es-ES", base_url=shop.base_url)
    till = tablet.new_page()
    open_till(till, shop)
    till.evaluate("navigator.serviceWorker.ready.then(() => true)")
    till.wait_for_function("() => navigator.serviceWorker.controller !== null")
    till.context.set_offline(True)
    sell(till, "700")
    till.reload()
    till.wait_for_selector("[data-view=idle]")
    expect(till.locator("[data-slot=store]")).to_have_text("Ultramarinos Candela")
    expect(till.locator(".row")).to_contain_text("7,00")
    till.context.set_offline(False)
    wait_until_sent(till, shop, 700)
    tablet.close()


def test_an_answer_that_got_lost_is_asked_for_again_with_the_same_id(
    till: Page, shop: Shop
) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        if not lost:
            lost.append(json.loads(route.request.post_data or "{}")["sale_id"])
            route.fetch()
            route.abort()
        else:
            route.continue_()

    till.context.route("**/api/v1/sales", lose)
    sell(till, "850")
    wait_until_sent(till, shop, 850)
    assert shop.sales() == [(lost[0], 850)]


@pytest.mark.parametrize(("status", "kind"), [(200, "text/html"), (502, "text/html")])
def test_a_page_of_the_network_is_no_answer(till: Page, shop: Shop, status: int, kind: str) -> None:
    till.context.route(
        API, lambda route: route.fulfill(status=status, content_type=kind, body=PORTAL)
    )
    sell(till, "300")
    expect(till.locator(".verdict-attention")).to_contain_text("Guardada en esta caja")
    till.context.unroute(API)
    wait_until_sent(till, shop, 300)


def test_a_sale_refused_for_ever_is_set_aside_and_the_next_goes_on(till: Page, shop: Shop) -> None:
    def refuse(route: Route) -> None:
        if json.loads(route.request.post_data or "{}")["total_minor"] == 666:
            problem = {"code": "amount_invalid", "title": "El importe no vale", "detail": "Mira."}
            route.fulfill(
                status=422, content_type="application/problem+json", body=json.dumps(problem)
            )
        else:
            route.continue_()

    till.context.route("**/api/v1/sales", refuse)
    sell(till, "666")
    expect(till.locator(".verdict-refusal")).to_contain_text("El importe no vale")
    expect(till.locator("#banner")).to_contain_text("1 venta no se pudo guardar")
    till.keyboard.press("Enter")
    sell(till, "777")
    wait_until_sent(till, shop, 777)


def test_unpairing_is_refused_and_the_unsent_can_be_saved_to_a_file(
    till: Page, tmp_path: Path
) -> None:
    cut(till)
    sell(till, "450")
    till.click("#menu")
    till.click("[data-slot=unpair]")
    expect(till.locator("[data-slot=unpair-words]")).to_contain_text("1 venta sin enviar")
    with till.expect_download() as download:
        till.click("[data-slot=export]")
    download.value.save_as(tmp_path / "unsent.json")
    kept = json.loads((tmp_path / "unsent.json").read_text())
    assert [act["body"]["total_minor"] for act in kept["acts"]] == [450]


def test_of_two_tabs_one_sends_the_queue(till: Page, shop: Shop, context: BrowserContext) -> None:
    other = context.new_page()
    other.goto(f"{shop.base_url}/till")
    other.wait_for_selector(READY, state="attached")
    sent: list[str] = []
    context.on(
        "request",
        lambda request: sent.append(request.url) if request.url.endswith("/sales") else None,
    )
    cut(till)
    sell(till, "100")
    till.keyboard.press("Enter")
    sell(till, "200")
    sent.clear()
    mend(till)
    wait_until_sent(till, shop, 100, 200)
    wait_until_sent(other, shop, 100, 200)
    assert len(sent) == 2


def test_a_till_ten_minutes_off_is_corrected_by_the_last_contact(
    context: BrowserContext, shop: Shop
) -> None:
    context.add_init_script(
        """const real = Date.now.bind(Date);
        Date.now = () => real() - 600000;"""
    )
    page = context.new_page()
    open_till(page, shop)
    with page.expect_request("**/api/v1/scans") as asked:
        scan(page, shop.join().code.text)
    body = json.loads(asked.value.post_data or "{}")
    assert body["clock"] == "sure"
    off = datetime.now(UTC) - datetime.fromisoformat(body["scanned_at"])
    assert abs(off) < timedelta(seconds=20)
    page.wait_for_selector(".verdict-success")


def test_a_clock_that_jumped_since_the_last_contact_is_not_trusted(
    context: BrowserContext, shop: Shop
) -> None:
    context.add_init_script(
        """const real = Date.now.bind(Date);
        globalThis.jump = 0;
        Date.now = () => real() + globalThis.jump;"""
    )
    page = context.new_page()
    open_till(page, shop)
    shopper = shop.join()
    cut(page)
    page.evaluate("() => { globalThis.jump = 86400000; }")
    scan(page, shopper.code.text)
    page.wait_for_selector(".verdict-attention")
    type_amount(page, "500")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=receipt]")
    with page.expect_request("**/api/v1/sales") as sent:
        mend(page)
    assert json.loads(sent.value.post_data or "{}")["clock"] == "unsure"
    wait_until_sent(page, shop, 500)
