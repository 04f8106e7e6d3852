"""A sale without a card: its code stands on the screen, with or without a line, once each."""

import os
import re

import pytest
from playwright.sync_api import Page, expect

from loyalty.codes.models import ClaimCode
from tests.browser.support import axe_faults, wait_until
from tests.browser.till.support import Shop, type_amount, wait_until_sent

pytestmark = pytest.mark.browser

POOLED = """async () => {
  // Opening it before the till does would make an empty one.
  const known = await indexedDB.databases();
  if (!known.some((each) => each.name === "enlaza-till-claims")) {
    return false;
  }
  return new Promise((resume) => {
    const opening = indexedDB.open("enlaza-till-claims");
    opening.onsuccess = () => {
      const db = opening.result;
      const count = db.transaction("claims").objectStore("claims").count();
      count.onsuccess = () => { db.close(); resume(count.result > 0); };
    };
  });
}"""


def named_claims(shop: Shop) -> set[str]:
    program_id = shop.made.program_id
    with shop.parts.database.reading(program_id) as session:
        rows = session.query(ClaimCode).filter(ClaimCode.sale_id.is_not(None))
        return {row.claim_id for row in rows}


def sell(page: Page, keys: str) -> None:
    page.keyboard.press("v")
    page.wait_for_selector("[data-view=sale]")
    type_amount(page, keys)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=receipt]")


def test_a_receipt_shows_a_code_with_and_without_a_line(till: Page, shop: Shop) -> None:
    wait_until(till, POOLED)
    sell(till, "1240")
    expect(till.locator(".claim-tile svg")).to_be_visible()
    expect(till.locator(".claim h2")).to_contain_text("Puede sumarla después")
    assert axe_faults(till) == []
    if shots := os.environ.get("SHOTS"):
        till.screenshot(path=shots)
    first = till.locator(".claim-tile path").nth(1).get_attribute("d")
    wait_until_sent(till, shop, 1240)
    assert len(named_claims(shop)) == 1
    till.evaluate("() => { window.print = () => { document.body.dataset.printed = 'yes'; }; }")
    till.keyboard.press("r")
    expect(till.locator("body")).to_have_attribute("data-printed", "yes")
    till.emulate_media(media="print")
    expect(till.locator("#ticket")).to_be_visible()
    expect(till.locator("#main")).to_be_hidden()
    till.emulate_media(media="screen")
    till.keyboard.press("m")
    till.fill("#claim-email", "ana@")
    till.keyboard.press("Enter")
    expect(till.locator("#claim-problem")).not_to_be_empty()
    till.fill("#claim-email", "ana@correo.example")
    till.keyboard.press("Enter")
    expect(till.locator(".toast").last).to_have_text(re.compile("Recibo en camino"))
    till.context.route("**/api/v1/**", lambda route: route.abort())
    till.keyboard.press("Enter")
    till.wait_for_selector("[data-view=idle]")
    sell(till, "500")
    assert till.locator(".claim-tile path").nth(1).get_attribute("d") != first
    till.context.unroute("**/api/v1/**")
    wait_until_sent(till, shop, 1240, 500)
    assert len(named_claims(shop)) == 2
