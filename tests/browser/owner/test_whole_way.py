"""The circle: a list from a spreadsheet in the morning, a parcel handed over by camera at noon."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Page,
    Playwright,
    ViewportSize,
    expect,
)
from sqlalchemy import update

from loyalty.journeys.verify import verify_program
from loyalty.programs.models import Store
from tests.browser.conftest import FLAGS
from tests.browser.shop.support import Counter
from tests.browser.support import NEVER_MS, axe_faults, follow
from tests.browser.till.camera import film_screen
from tests.browser.till.support import Shop, Watch, open_till, scan

NOON = 12
LOCALES = {"es": "es-ES", "en": "en-GB"}
PHONE: ViewportSize = {"width": 390, "height": 844}
TABLET: ViewportSize = {"width": 1180, "height": 820}
LIST: FilePayload = {
    "name": "lista.csv",
    "mimeType": "text/csv",
    "buffer": (
        "\ufeffReferencia;Nombre;Precio;IVA;Existencias\r\n"
        "PAN-1;Hogaza de centeno;4,20;4;9\r\n"
        "MIEL;Miel de romero;6,90;10;5\r\n"
        "ROTO;=1+1;1,00;4;1\r\n"
    ).encode(),
}


def set_noon(shop: Shop) -> None:
    """Put the store's wall clock near noon, so that today has slots whenever the test runs."""
    ahead = NOON - datetime.now(UTC).hour
    zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        session.execute(
            update(Store).where(Store.program_id == shop.made.program_id).values(time_zone=zone)
        )


def bring_the_list(owner: Page, store: str) -> None:
    owner.goto(f"/admin/products/{store}/import")
    owner.set_input_files("#list", LIST)
    follow(owner, owner.locator("main form .btn-primary"))
    # The slip is told by its row; the two good rows can be kept.
    expect(owner.locator("#slips")).to_be_visible()
    assert axe_faults(owner) == []
    follow(owner, owner.locator("section[aria-labelledby=keep] .btn-primary"))
    expect(owner.locator("main")).to_contain_text("Hogaza de centeno")


def set_the_slots(owner: Page, store: str) -> None:
    owner.goto(f"/admin/pickup/{store}")
    owner.locator("summary").first.click()
    owner.fill("#hours-text", "24/7")
    follow(owner, owner.locator("form[action$=hours] .btn-quiet"))
    owner.select_option("#slot_minutes", "30")
    owner.select_option("#lead_minutes", "0")
    owner.select_option("#cutoff_minutes", "0")
    follow(owner, owner.locator("form[action$=policy] .btn-primary"))
    expect(owner.locator(".slot-tile").first).to_be_visible()
    assert axe_faults(owner) == []


def order_without_scripts(phone: Page) -> str:
    """Take a card, fill a cart and order, by forms alone; gives the order's number."""
    phone.goto("/S/CANDELA")
    follow(phone, phone.locator("form[action$=join] .btn-primary").first)
    phone.goto("/S/CANDELA/shop")
    follow(phone, phone.locator(".goods-card").first.locator(".step.is-more"))
    follow(phone, phone.locator(".cart-bar a"))
    phone.locator("input[name=slot]:enabled").first.check()
    phone.fill("input[name=name]", "Lucía")
    phone.fill("input[name=email]", "lucia@example.org")
    follow(phone, phone.locator("form.checkout .btn-primary"))
    expect(phone.locator("#code svg")).to_be_visible()
    number = phone.locator("h1").inner_text().split()[-1]
    assert number.isdigit()
    return number


def prepare(board: Page, store: str) -> None:
    board.goto(f"/admin/orders/{store}")
    board.locator("[id^=accept-]").click()
    board.locator(".pick [id^=pick-]").click()
    board.locator("[id^=ready-]").click()
    expect(board.locator("[id^=hand-]")).to_be_visible()


@contextmanager
def till_with_camera(
    playwright: Playwright, chromium_path: str, film: Path, *, locale: str, shop: Shop
) -> Iterator[BrowserContext]:
    """Open a browser whose camera shows a film."""
    args = [
        *FLAGS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    launched = playwright.chromium.launch(executable_path=chromium_path, args=args)
    try:
        tablet = launched.new_context(viewport=TABLET, locale=locale, base_url=shop.base_url)
        tablet.set_default_timeout(NEVER_MS)
        yield tablet
    finally:
        launched.close()


@pytest.mark.parametrize("language", ["es", "en"])
def test_from_a_spreadsheet_to_a_parcel_handed_over_once(
    playwright: Playwright,
    chromium_path: str,
    browser: Browser,
    counter: Counter,
    staff_cookie: str,
    tmp_path: Path,
    language: str,
) -> None:
    shop = counter.shop
    set_noon(shop)
    store, locale, watch = str(shop.made.store_id), LOCALES[language], Watch(shop.base_url)
    desk = browser.new_context(viewport=TABLET, locale=locale, base_url=shop.base_url)
    phone_of = browser.new_context(
        viewport=PHONE,
        device_scale_factor=2,
        locale=locale,
        base_url=shop.base_url,
        java_script_enabled=False,
    )
    for context in (desk, phone_of):
        context.set_default_timeout(NEVER_MS)
        watch.follow(context)
    desk.add_cookies([{"name": "enlaza-staff", "value": staff_cookie, "url": shop.base_url}])
    owner, phone = desk.new_page(), phone_of.new_page()

    bring_the_list(owner, store)
    set_the_slots(owner, store)
    number = order_without_scripts(phone)
    prepare(owner, store)

    phone.reload()
    code = phone.locator("#code").get_attribute("data-code-text") or ""
    film = tmp_path / "counter.mjpeg"
    film_screen(phone.locator("#code").screenshot(), film)
    with till_with_camera(playwright, chromium_path, film, locale=locale, shop=shop) as tablet:
        watch.follow(tablet)
        till = tablet.new_page()
        open_till(till, shop)
        till.click("[data-slot=camera]")
        expect(till.locator(".verdict h1")).to_contain_text(number)
        expect(till.locator("[data-slot=total]")).to_contain_text("4")
        till.keyboard.press("Enter")
        expect(till.locator(".verdict-figure")).to_contain_text("+4")
        till.keyboard.press("Escape")
        scan(till, code)
        expect(till.locator(".thread")).to_contain_text(
            {"es": "No entregues nada más", "en": "Hand nothing else over"}[language]
        )

    assert [total for _sale_id, total in shop.sales()] == [420]
    phone.reload()
    expect(phone.locator("#code")).to_have_count(0)
    phone.goto("/card/history")
    expect(phone.locator("main")).to_contain_text("+4")
    with shop.parts.database.reading(shop.made.program_id) as session:
        assert verify_program(session, shop.made.program_id, tools=shop.parts.tools) == ()
    assert watch.faults == []
    desk.close()
    phone_of.close()
