"""What was just saved is told without standing before the next shopper's buttons."""

import pytest
from playwright.sync_api import Page

from tests.browser.till.support import Shop
from tests.browser.till.test_till_undo import sell

pytestmark = pytest.mark.browser

SIZES = [(1366, 768), (1180, 820), (820, 1180), (390, 844), (320, 640)]
# Every way to begin a sale, brought into view, is what a finger on its middle hits.
REACHED = """() => [...document.querySelectorAll(".btn-way")].every((way) => {
  way.scrollIntoView({ block: "nearest" });
  const box = way.getBoundingClientRect();
  return way.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
})"""
WHOLE = """() => {
  const toast = document.querySelector(".toast");
  return toast.scrollHeight <= toast.clientHeight + 1;
}"""


def test_the_notice_of_a_sale_covers_no_way_to_begin_the_next(till: Page, shop: Shop) -> None:
    sell(till, shop.join(), "2460")
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle] .row")
    till.hover(".toast")
    for width, height in SIZES:
        till.set_viewport_size({"width": width, "height": height})
        assert till.locator(".toast").is_visible()
        assert till.evaluate(WHOLE), (width, height)
        assert till.evaluate(REACHED), (width, height)
