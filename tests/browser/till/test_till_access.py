"""Everybody can work the till: WCAG 2.2 AA in both schemes and languages, and on a small phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from loyalty.journeys.cashier import set_pin
from tests.browser.support import NEVER_MS
from tests.browser.till.pickups import handing_over
from tests.browser.till.support import Shop, Watch, open_till, scan, type_amount
from tests.support.sizes import LOOKS

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASK = """async (rules) => {
  // Judge the settled page, not one in the middle of fading in.
  await Promise.all(document.getAnimations()
    .filter((each) => each.effect.getComputedTiming().endTime < 1000)
    // One that is called off is settled too.
    .map((each) => each.finished.catch(() => {})));
  const found = await axe.run(document,
    {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]});
  return found.violations.map((one) =>
    `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}"""


def faults(page: Page) -> list[str]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(ASK, RULES)
    return found


def states(page: Page, shop: Shop) -> Iterator[str]:
    """Walk through every state of the till, naming each."""
    yield from selling(page, shop)
    yield from handing_over(page, shop)
    yield from sheets(page)
    yield from without_a_line(page, shop)


def selling(page: Page, shop: Shop) -> Iterator[str]:
    page.goto("/till")
    page.wait_for_selector("[data-view=pair]")
    yield "pair"
    open_till(page, shop)
    yield "idle, nothing sold"
    shopper = shop.join()
    scan(page, shopper.code.text)
    page.wait_for_selector(".verdict-success")
    type_amount(page, "2460")
    yield "known card"
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=receipt] .verdict-success")
    yield "receipt with toast"
    scan(page, "8410188012096", delay=8)
    page.wait_for_selector(".verdict-refusal")
    yield "refused"
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-view=idle] .row")
    yield "idle with actions"


def sheets(page: Page) -> Iterator[str]:
    # The last of the rows is a sale; the first is an order's, which is given back instead.
    page.locator(".row [data-slot=undo]").last.click()
    yield "undo sheet"
    page.click("dialog [data-do=P]")
    page.wait_for_selector("[data-view=move]")
    yield "move"
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-view=idle] .row")
    for button, name in (("[data-do=E]", "typed sheet"), ("[data-do=N]", "new card sheet")):
        page.click(button)
        page.wait_for_selector("dialog")
        yield name
        page.keyboard.press("Escape")
    page.click("[data-do=V]")
    page.wait_for_selector("[data-view=sale]")
    page.keyboard.press("Enter")
    yield "no card, amount asked for"


def without_a_line(page: Page, shop: Shop) -> Iterator[str]:
    shopper = shop.join()
    page.context.route("**/api/v1/**", lambda route: route.abort())
    scan(page, shopper.code.text)
    page.wait_for_selector(".verdict-attention")
    yield "offline"
    type_amount(page, "300")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=receipt] .verdict-attention")
    page.click("#menu")
    page.wait_for_selector("dialog .row")
    yield "settings with unsent"
    page.keyboard.press("Escape")
    page.context.unroute("**/api/v1/**")
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        set_pin(session, shop.made.program_id, shop.made.staff_id, "4829", tools=shop.parts.tools)
    page.wait_for_selector("#line.chip-success")
    page.reload()
    page.wait_for_selector("[data-view=who]")
    yield "who attends"


@pytest.mark.prove
@pytest.mark.parametrize(("scheme", "language"), LOOKS)
def test_every_state_passes_axe(browser: Browser, shop: Shop, scheme: str, language: str) -> None:
    context = browser.new_context(
        viewport={"width": 1180, "height": 820},
        color_scheme="dark" if scheme == "dark" else "light",
        base_url=shop.base_url,
        service_workers="block",
    )
    context.set_default_timeout(NEVER_MS)
    context.add_cookies([{"name": "lang", "value": language, "url": shop.base_url}])
    watch = Watch(shop.base_url)
    watch.follow(context)
    page = context.new_page()
    found = {state: faults(page) for state in states(page, shop)}
    context.close()
    assert {state: told for state, told in found.items() if told} == {}
    assert watch.faults == []


def test_a_small_phone_never_scrolls_sideways_and_fingers_find_the_buttons(
    browser: Browser, shop: Shop
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640},
        has_touch=True,
        base_url=shop.base_url,
        locale="es-ES",
        service_workers="block",
    )
    context.set_default_timeout(NEVER_MS)
    page = context.new_page()
    wide: dict[str, int] = {}
    small: dict[str, list[str]] = {}
    for state in states(page, shop):
        width = page.evaluate("() => document.documentElement.scrollWidth")
        if width > 320:
            wide[state] = width
        found = page.evaluate(
            """() => [...document.querySelectorAll("main button, dialog button, .bar button")]
              .filter((each) => each.offsetParent !== null && each.offsetHeight < 44)
              .map((each) => `${each.textContent.trim()} ${each.offsetHeight}`)"""
        )
        if found:
            small[state] = found
    context.close()
    assert wide == {}
    assert small == {}
