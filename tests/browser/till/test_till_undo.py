"""Corrections at the till: another person, another amount, no sale at all."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.till.support import Shop, Shopper, scan, type_amount, wait_until_sent

pytestmark = pytest.mark.browser


def sell(page: Page, shopper: Shopper, keys: str) -> None:
    scan(page, shopper.code.text)
    page.wait_for_selector("[data-view=sale] .verdict-success")
    type_amount(page, keys)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=receipt] .verdict-success")


def points_of(page: Page, shopper: Shopper) -> str:
    scan(page, shopper.code.text)
    page.wait_for_selector("[data-view=sale] .verdict-figure strong")
    text = page.inner_text(".verdict-figure strong")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-view=idle]")
    return text


def test_a_sale_of_the_wrong_person_goes_to_the_card_read_next(till: Page, shop: Shop) -> None:
    wrong, right = shop.join(), shop.join()
    sell(till, wrong, "2460")
    till.wait_for_timeout(400)
    till.keyboard.press("z")
    till.wait_for_selector("dialog [data-do=P]")
    till.keyboard.press("p")
    till.wait_for_selector("[data-view=move]")
    scan(till, right.code.text)
    till.wait_for_selector("[data-view=receipt] .verdict-success")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle]")
    assert points_of(till, wrong) == "0"
    assert points_of(till, right) == "24"
    wait_until_sent(till, shop, 2460)


def test_a_sale_of_the_wrong_person_can_stay_without_a_card(till: Page, shop: Shop) -> None:
    wrong = shop.join()
    sell(till, wrong, "1500")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle] .row")
    till.locator(".row [data-slot=undo]").first.click()
    till.click("dialog [data-do=P]")
    till.wait_for_selector("[data-view=move]")
    till.click("[data-do=V]")
    till.wait_for_selector("[data-view=receipt] .verdict-success")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle]")
    assert points_of(till, wrong) == "0"


def test_a_wrong_amount_is_refunded_and_charged_again_with_the_same_card(
    till: Page, shop: Shop
) -> None:
    shopper = shop.join()
    sell(till, shopper, "9900")
    till.wait_for_timeout(400)
    till.keyboard.press("z")
    till.wait_for_selector("dialog [data-do=I]")
    till.keyboard.press("i")
    till.wait_for_selector("[data-view=sale] .verdict-success")
    expect(till.locator("[data-slot=before]")).to_contain_text("99,00")
    expect(till.locator(".verdict-figure strong")).to_have_text("0")
    type_amount(till, "990")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=receipt] .verdict-success")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle]")
    assert points_of(till, shopper) == "9"
    wait_until_sent(till, shop, 990, 9900)


def test_a_sale_that_never_was_gives_the_points_back(till: Page, shop: Shop) -> None:
    shopper = shop.join()
    sell(till, shopper, "1000")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle] .row")
    till.locator(".row [data-slot=undo]").first.click()
    till.click("dialog [data-do=X]")
    till.wait_for_selector("[data-view=receipt] .verdict-success")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle] .row")
    expect(till.locator(".row").first).to_contain_text("devuelta")
    assert points_of(till, shopper) == "0"


def test_the_last_twenty_can_be_looked_at(till: Page, shop: Shop) -> None:
    sell(till, shop.join(), "500")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle] .row")
    till.click("[data-slot=all]")
    expect(till.locator("dialog .row")).to_have_count(1)


def test_an_unsent_sale_can_be_corrected_before_the_line_is_back(till: Page, shop: Shop) -> None:
    shopper = shop.join()
    till.context.route("**/api/v1/**", lambda route: route.abort())
    scan(till, shopper.code.text)
    till.wait_for_selector(".verdict-attention")
    type_amount(till, "2000")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=receipt]")
    till.wait_for_timeout(400)
    till.keyboard.press("z")
    till.click("dialog [data-do=X]")
    till.wait_for_selector("[data-view=receipt]")
    till.context.unroute("**/api/v1/**")
    wait_until_sent(till, shop, 2000)
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle]")
    assert points_of(till, shopper) == "0"
