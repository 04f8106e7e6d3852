"""A scanner types like a keyboard: in any case, at any pace, from anywhere on the page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.till.support import Shop, card_text, scan, type_amount

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("suffix", ["Enter", "Tab", ""])
def test_any_suffix_ends_a_scan(till: Page, shop: Shop, suffix: str) -> None:
    scan(till, shop.join().code.text, suffix=suffix)
    till.wait_for_selector(".verdict-success")


def test_lower_case_is_read(till: Page, shop: Shop) -> None:
    scan(till, shop.join().code.text.lower())
    till.wait_for_selector(".verdict-success")


def test_a_slow_scanner_is_one_scan_and_presses_no_shortcut(till: Page, shop: Shop) -> None:
    scan(till, shop.join().code.text, delay=95)
    till.wait_for_selector(".verdict-success")
    assert till.locator("dialog").count() == 0


def test_a_scanner_that_stalls_in_the_middle_is_read(till: Page, shop: Shop) -> None:
    text = shop.join().code.text
    till.keyboard.type(text[:70])
    till.wait_for_timeout(900)
    scan(till, text[70:])
    till.wait_for_selector(".verdict-success")


def test_a_printed_address_on_a_spanish_keyboard_is_read(till: Page, shop: Shop) -> None:
    text = card_text(shop, shop.join().card_id)
    # What a US-set scanner makes of HTTPS://SHOP.EXAMPLE/Q/ on a Spanish keyboard.
    scan(till, "HTTPSÑ--SHOP.EXAMPLE-Q-" + text[-154:])
    till.wait_for_selector(".verdict-success")


def test_enter_after_a_scan_never_saves_a_sale(till: Page, shop: Shop) -> None:
    shopper = shop.join()
    till.keyboard.press("v")
    type_amount(till, "500")
    till.wait_for_timeout(400)
    scan(till, shopper.code.text)
    till.wait_for_selector(".verdict-success")
    expect(till.locator("[data-slot=sum]")).to_have_text("5,00")
    assert shop.count_sales() == 0


def test_a_product_barcode_leaves_the_amount_alone(till: Page, shop: Shop) -> None:
    till.keyboard.press("v")
    type_amount(till, "500")
    till.wait_for_timeout(400)
    scan(till, "8410188012096", delay=8)
    till.wait_for_selector(".verdict-refusal")
    expect(till.locator("[data-slot=sum]")).to_have_text("5,00")
    assert shop.count_sales() == 0


def test_a_product_barcode_at_rest_begins_no_amount(till: Page) -> None:
    scan(till, "8410188012096", delay=8)
    till.wait_for_selector(".verdict-refusal")
    expect(till.locator("[data-slot=sum]")).to_have_text("0,00")


def test_a_product_barcode_does_not_push_a_known_card_away(till: Page, shop: Shop) -> None:
    scan(till, shop.join().code.text)
    till.wait_for_selector(".verdict-success")
    scan(till, "8410188012096", delay=8)
    till.wait_for_selector(".toast")
    expect(till.locator(".verdict-success")).to_be_visible()


def test_a_scan_into_an_open_field_is_a_scan(till: Page, shop: Shop) -> None:
    till.keyboard.press("e")
    till.wait_for_selector("dialog #letters")
    scan(till, shop.join().code.text)
    till.wait_for_selector(".verdict-success")
    assert till.locator("dialog").count() == 0


def test_a_focused_button_is_not_pressed_by_a_scan(till: Page, shop: Shop) -> None:
    till.focus("[data-do=N]")
    scan(till, shop.join().code.text)
    till.wait_for_selector(".verdict-success")
    assert till.locator("dialog").count() == 0


def test_shortcuts_can_be_switched_off(till: Page) -> None:
    till.click("#menu")
    till.uncheck("[data-setting=letters]")
    till.keyboard.press("Escape")
    till.keyboard.press("v")
    till.wait_for_timeout(600)
    expect(till.locator("[data-view=idle]")).to_be_visible()
    expect(till.locator("[data-do=V] kbd")).to_be_hidden()


def test_the_scanner_can_be_tried_without_saving_anything(till: Page, shop: Shop) -> None:
    text = shop.join().code.text
    till.click("#menu")
    scan(till, text)
    expect(till.locator("[data-slot=try]")).to_contain_text("Código entero de Enlaza")
    till.keyboard.press("Escape")
    expect(till.locator("[data-view=idle]")).to_be_visible()
