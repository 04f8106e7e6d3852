"""What the till says of its program and its line can be read by everybody: axe, both schemes."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from loyalty.codes.cards import card_by_id
from loyalty.identity.members import rename_member
from loyalty.wire.refusals import Refusal
from pos_plugin.queue_open import Damage
from pos_plugin.words import problem_of
from tests.browser.support import NEVER_MS
from tests.browser.till.support import READY, Shop, Watch, scan, type_amount
from tests.browser.till.test_till_access import faults
from tests.support.agent_page import AgentPage, agent_of
from tests.support.sizes import LOOKS

pytestmark = pytest.mark.browser

STATE_MS = 40_000


def name(shop: Shop, card_id: str, display_name: str) -> None:
    """Give a card its name."""
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        card = card_by_id(session, shop.made.program_id, card_id)
        assert card is not None
        rename_member(session, shop.made.program_id, card.member_id, display_name=display_name)


def chip(page: Page, tone: str) -> None:
    """Wait until the chip of the line has a tone."""
    page.wait_for_selector(f"#line.chip-{tone}", timeout=STATE_MS)


def states(page: Page, shop: Shop, counter: AgentPage) -> Iterator[str]:
    """Walk through every state that only a page with its program knows, naming each."""
    page.goto("/till")
    page.wait_for_selector("[data-view=idle]")
    page.wait_for_selector(READY, state="attached")
    yield from without_a_line(page, shop, counter)
    yield from in_trouble(page, counter)


def without_a_line(page: Page, shop: Shop, counter: AgentPage) -> Iterator[str]:
    shopper, stranger = shop.join(), shop.join()
    name(shop, shopper.card_id, "Lucía F.")
    for keys in ("34000",):
        scan(page, shopper.code.text)
        page.wait_for_selector("[data-view=sale] .verdict-success")
        type_amount(page, keys)
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-view=receipt] .verdict-success")
        page.keyboard.press("Escape")
    page.wait_for_selector("[data-view=idle] .row")
    counter.cut()
    chip(page, "attention")
    scan(page, shopper.code.text)
    expect(page.locator(".verdict-attention .verdict-figure")).to_be_visible()
    type_amount(page, "2460")
    yield "known by the copy"
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=receipt] .verdict-attention")
    yield "kept"
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-view=idle] .row")
    yield "idle without a line"
    scan(page, stranger.code.text)
    page.wait_for_selector("[data-view=sale] .verdict-attention")
    yield "known by its signature"
    scan(page, shopper.code.text[:-1] + ("B" if shopper.code.text[-1] != "B" else "C"))
    page.wait_for_selector("[data-view=sale] .verdict-refusal")
    yield "forged"
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-view=idle]")


def in_trouble(page: Page, counter: AgentPage) -> Iterator[str]:
    agent = counter.agent
    held = agent.queue.recent(1)[0]
    assert held.seq is not None
    agent.queue.settle(held.seq, "rejected", problem_of(Refusal.AMOUNT_INVALID, "es"))
    damage = Damage("2026-11-22T10:42:00Z", 12, 1, str(agent.home.path / "queue.damaged.db"))
    with suppress(AttributeError):
        agent.queue.damage = lambda: damage  # type: ignore[method-assign]
    page.wait_for_selector("#banner .banner-refusal", timeout=STATE_MS)
    page.click("#menu")
    page.wait_for_selector("dialog .row")
    yield "settings with an act set aside, a damaged file"
    page.keyboard.press("Escape")
    agent.line.refused()
    chip(page, "refusal")
    yield "taken off the list"


@pytest.mark.prove
@pytest.mark.parametrize(("scheme", "language"), LOOKS)
def test_every_state_of_the_program_passes_axe(
    browser: Browser, shop: Shop, tmp_path: Path, scheme: str, language: str
) -> None:
    with agent_of(shop, tmp_path / "counter") as counter:
        counter.wait_for_line("up")
        counter.wait_for_page()
        context = browser.new_context(
            viewport={"width": 1180, "height": 820},
            color_scheme="dark" if scheme == "dark" else "light",
            base_url=counter.base_url,
            service_workers="block",
        )
        context.set_default_timeout(NEVER_MS)
        context.add_cookies([{"name": "lang", "value": language, "url": counter.base_url}])
        watch = Watch(counter.base_url)
        watch.follow(context)
        page = context.new_page()
        found = {state: faults(page) for state in states(page, shop, counter)}
        context.close()
    assert {state: told for state, told in found.items() if told} == {}
    assert watch.faults == []


def test_a_small_phone_never_scrolls_sideways(browser: Browser, shop: Shop, tmp_path: Path) -> None:
    with agent_of(shop, tmp_path / "counter") as counter:
        counter.wait_for_line("up")
        counter.wait_for_page()
        context = browser.new_context(
            viewport={"width": 320, "height": 640},
            has_touch=True,
            locale="es-ES",
            base_url=counter.base_url,
            service_workers="block",
        )
        context.set_default_timeout(NEVER_MS)
        page = context.new_page()
        widths = {
            state: page.evaluate("() => document.documentElement.scrollWidth")
            for state in states(page, shop, counter)
        }
        context.close()
    assert {state: width for state, width in widths.items() if width > 320} == {}
