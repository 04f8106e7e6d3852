"""Pairing the till, choosing who attends, and what the till says when it cannot."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from loyalty.journeys.cashier import set_pin
from tests.browser.till.support import Shop, open_till, scan, type_amount, wait_until_sent

pytestmark = pytest.mark.browser


def test_wrong_letters_are_told_beside_the_field(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/till")
    page.wait_for_selector("[data-view=pair]")
    page.fill("#pair-code", "1234")
    page.keyboard.press("Enter")
    expect(page.locator("#pair-problem")).to_contain_text("8 letras")
    page.fill("#pair-code", "BCDFGHJK")
    page.keyboard.press("Enter")
    expect(page.locator("#pair-problem")).not_to_contain_text("8 letras")
    expect(page.locator("#pair-problem")).not_to_be_empty()


def test_the_letters_work_once(context: BrowserContext, shop: Shop) -> None:
    letters = shop.offer()
    page = context.new_page()
    page.goto("/till")
    page.fill("#pair-code", f"{letters[:4]} {letters[4:]}".lower())
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=idle]")
    context.clear_cookies()
    page.reload()
    page.wait_for_selector("[data-view=pair]")
    page.fill("#pair-code", letters)
    page.keyboard.press("Enter")
    expect(page.locator("#pair-problem")).not_to_be_empty()


def test_a_cashier_signs_in_with_a_pin(till: Page, shop: Shop) -> None:
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        set_pin(session, shop.made.program_id, shop.made.staff_id, "4829", tools=shop.parts.tools)
    till.reload()
    till.wait_for_selector("[data-view=who]")
    till.fill("#pin", "1111")
    till.keyboard.press("Enter")
    expect(till.locator("#pin-problem")).to_contain_text("Quedan")
    till.fill("#pin", "4829")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle]")
    expect(till.locator("#who")).to_contain_text("Candela")


def test_the_page_speaks_english_when_asked(till: Page, shop: Shop) -> None:
    till.click("#menu")
    till.click("dialog [lang=en]")
    expect(till.locator("html[lang=en]")).to_be_attached()
    expect(till.locator("#scan-title")).to_have_text("Scan the card")
    scan(till, shop.join().code.text)
    expect(till.locator("[data-slot=save]")).to_contain_text("Save sale")


def test_without_a_camera_there_is_a_clear_way_out(till: Page) -> None:
    till.keyboard.press("c")
    expect(till.locator("#scan-title")).to_have_text("Este equipo no tiene cámara")
    expect(till.locator("[data-do=E]")).to_be_visible()


def test_a_refused_camera_says_how_to_allow_it(context: BrowserContext, shop: Shop) -> None:
    context.add_init_script(
        """if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = () =>
          Promise.reject(new DOMException("no", "NotAllowedError"));"""
    )
    page = context.new_page()
    open_till(page, shop)
    page.keyboard.press("c")
    expect(page.locator("#scan-title")).to_have_text("La cámara no tiene permiso")
    expect(page.locator("[data-slot=detail]").first).to_contain_text("escribe el código")


def test_a_till_that_was_taken_off_keeps_its_unsent_sales(till: Page, shop: Shop) -> None:
    till.context.clear_cookies()
    till.keyboard.press("v")
    till.wait_for_selector("[data-view=sale]")
    type_amount(till, "300")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=receipt]")
    till.reload()
    till.wait_for_selector("[data-view=pair]")
    till.fill("#pair-code", shop.offer("Caja 2"))
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle]")
    wait_until_sent(till, shop, 300)
