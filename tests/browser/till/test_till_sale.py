"""A sale at the till, from the scan to the shopper's points."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.till.support import Shop, scan, type_amount, wait_until_sent

pytestmark = pytest.mark.browser


def test_a_scanned_card_is_told_before_any_payment_and_earns(till: Page, shop: Shop) -> None:
    shopper = shop.join()
    scan(till, shopper.code.text)
    expect(till.locator(".verdict-success h1")).to_have_text("Tarjeta sin nombre")
    expect(till.locator(".verdict-figure")).to_contain_text("0")
    assert shop.count_sales() == 0
    type_amount(till, "2460")
    expect(till.locator("[data-slot=save]")).to_contain_text("Guardar compra · +24 puntos")
    facts = till.locator("[data-slot=facts] dd")
    expect(facts).to_have_text(["+24 puntos", "24 puntos", re.compile(r"1 punto por cada 1,00\s€")])
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=receipt] .verdict-success")
    expect(till.locator(".verdict-figure")).to_contain_text("+24")
    expect(facts.first).to_have_text("24 puntos")
    wait_until_sent(till, shop, 2460)


def test_a_sale_without_a_card_takes_an_amount_with_a_comma(till: Page, shop: Shop) -> None:
    till.keyboard.press("v")
    till.wait_for_selector("[data-view=sale]")
    type_amount(till, "12,4")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=receipt]")
    wait_until_sent(till, shop, 1240)


def test_the_keypad_works_with_a_finger(till: Page, shop: Shop) -> None:
    till.click("[data-do=V]")
    for key in ("7", "1", "5", "back", "00"):
        till.click(f"[data-press='{key}']")
    expect(till.locator("[data-slot=sum]")).to_have_text("71,00")
    till.click("[data-slot=save]")
    till.wait_for_selector("[data-view=receipt]")
    wait_until_sent(till, shop, 7100)


def test_an_amount_of_nothing_is_asked_for_again(till: Page, shop: Shop) -> None:
    till.keyboard.press("v")
    till.wait_for_selector("[data-view=sale]")
    till.keyboard.press("Enter")
    expect(till.locator("[data-slot=problem]")).to_contain_text("Escribe el importe")
    assert shop.count_sales() == 0


def test_two_clicks_and_a_held_key_are_one_sale(till: Page, shop: Shop) -> None:
    till.keyboard.press("v")
    type_amount(till, "500")
    till.evaluate(
        """() => {
          const save = document.querySelector("[data-slot=save]");
          save.click(); save.click();
          for (let i = 0; i < 5; i += 1) {
            document.body.dispatchEvent(new KeyboardEvent("keydown",
              {key: "Enter", code: "Enter", repeat: i > 0, bubbles: true, cancelable: true}));
          }
        }"""
    )
    till.wait_for_selector("[data-view=receipt]")
    wait_until_sent(till, shop, 500)


def test_a_forged_code_is_refused_and_nothing_is_saved_by_habit(till: Page, shop: Shop) -> None:
    text = shop.join().code.text
    scan(till, text[:-1] + ("B" if text[-1] != "B" else "C"))
    expect(till.locator(".verdict-refusal")).to_have_attribute("role", "alert")
    expect(till.locator(".thread li").first).to_be_visible()
    type_amount(till, "300")
    expect(till.locator("[data-slot=save]")).to_be_hidden()
    till.keyboard.press("Enter")
    assert shop.count_sales() == 0
    till.keyboard.press("v")
    expect(till.locator("[data-slot=save]")).to_be_visible()
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=receipt]")
    wait_until_sent(till, shop, 300)


def test_the_typed_letters_find_the_card(till: Page, shop: Shop) -> None:
    letters = shop.join().code.letters.lower()
    till.keyboard.press("e")
    till.wait_for_selector("dialog #letters")
    till.keyboard.type(f"{letters[:4]} {letters[4:]}", delay=40)
    till.keyboard.press("Enter")
    till.wait_for_selector(".verdict-success")


def test_a_pasted_code_works_anywhere(till: Page, shop: Shop) -> None:
    till.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          document.body.dispatchEvent(
            new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        shop.join().code.text,
    )
    till.wait_for_selector(".verdict-success")


def test_the_sale_in_the_making_survives_a_reload_with_its_id(till: Page, shop: Shop) -> None:
    scan(till, shop.join().code.text)
    till.wait_for_selector(".verdict-success")
    type_amount(till, "990")
    kept = till.evaluate("JSON.parse(sessionStorage['enlaza-till-draft']).saleId")
    till.reload()
    till.wait_for_selector("[data-view=sale] .verdict-success")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=receipt]")
    wait_until_sent(till, shop, 990)
    assert shop.sales() == [(kept, 990)]


def test_a_second_scan_says_so_and_is_no_second_sale(till: Page, shop: Shop) -> None:
    text = shop.join().code.text
    scan(till, text)
    till.wait_for_selector(".verdict-success")
    scan(till, text)
    expect(till.locator(".verdict-attention")).to_contain_text("Ya escaneada")


def test_the_new_card_sheet_shows_where_to_join(till: Page) -> None:
    till.keyboard.press("n")
    expect(till.locator("dialog .address")).to_contain_text("/S/CANDELA")
    till.wait_for_function("() => document.querySelector('dialog img').naturalWidth > 0")
