"""The whole story: the shopper's own page, filmed by the till's camera, ends in points."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.conftest import FLAGS
from tests.browser.support import NEVER_MS, follow
from tests.browser.till.camera import film_screen
from tests.browser.till.support import Shop, Watch, open_till, type_amount, wait_until_sent

pytestmark = pytest.mark.browser


def join_on_a_phone(browser: Browser, shop: Shop, watch: Watch) -> Page:
    """Open the shop's page on a phone, take a card with one tap, and look at it."""
    phone = browser.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        locale="es-ES",
        base_url=shop.base_url,
    )
    watch.follow(phone)
    page = phone.new_page()
    page.goto("/S/CANDELA")
    follow(page, page.get_by_role("button", name="Quiero mi tarjeta"))
    page.goto("/card")
    page.wait_for_selector("#code svg")
    return page


def test_the_shoppers_own_code_is_filmed_sold_to_and_shows_its_points(
    playwright: Playwright, browser: Browser, chromium_path: str, shop: Shop, tmp_path: Path
) -> None:
    watch = Watch(shop.base_url)
    phone = join_on_a_phone(browser, shop, watch)
    film = tmp_path / "counter.mjpeg"
    film_screen(phone.screenshot(), film)
    counter = playwright.chromium.launch(
        executable_path=chromium_path,
        args=[
            *FLAGS,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    try:
        tablet = counter.new_context(
            viewport={"width": 1180, "height": 820}, locale="es-ES", base_url=shop.base_url
        )
        tablet.set_default_timeout(NEVER_MS)
        watch.follow(tablet)
        till = tablet.new_page()
        open_till(till, shop)
        till.click("[data-slot=camera]")
        till.wait_for_selector("[data-view=sale] .verdict-success")
        type_amount(till, "1240")
        till.keyboard.press("Enter")
        till.wait_for_selector("[data-view=receipt] .verdict-success")
        wait_until_sent(till, shop, 1240)
        expect(phone.locator("body")).to_contain_text("12 puntos")
        expect(phone.locator("body")).to_contain_text("12,40")
    finally:
        counter.close()
        phone.context.close()
    assert watch.faults == []
