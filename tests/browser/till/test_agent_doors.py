"""Who works at a till with an agent, and what the page does when the agent itself is not there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from loyalty.journeys.cashier import set_pin
from pos_plugin.queue_file import QueueFullError
from tests.browser.support import NEVER_MS
from tests.browser.till.support import READY, Shop, type_amount
from tests.support.agent_page import AgentPage, agent_of, restarted

pytestmark = pytest.mark.browser

STATE_MS = 40_000


@pytest.fixture
def counter(shop: Shop, tmp_path: Path) -> Iterator[AgentPage]:
    """An agent whose line is up."""
    with agent_of(shop, tmp_path / "counter") as opened:
        opened.wait_for_line("up")
        opened.wait_for_page()
        yield opened


@pytest.fixture
def page(browser: Browser, counter: AgentPage) -> Iterator[Page]:
    """A browser at the counter that keeps the page's worker, as a real one does."""
    context = browser.new_context(locale="es-ES", base_url=counter.base_url)
    context.set_default_timeout(NEVER_MS)
    yield context.new_page()
    context.close()


def sell(page: Page, keys: str) -> None:
    page.keyboard.press("v")
    page.wait_for_selector("[data-view=sale]")
    type_amount(page, keys)
    page.keyboard.press("Enter")


def test_a_pin_opens_the_till_without_the_line_and_nobody_leaves_while_sales_wait(
    shop: Shop, counter: AgentPage, page: Page
) -> None:
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        set_pin(session, shop.made.program_id, shop.made.staff_id, "4829", tools=shop.parts.tools)
    page.goto("/till")
    page.wait_for_selector("[data-view=who]")
    page.fill("#pin", "4829")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=idle]")
    page.wait_for_selector(READY, state="attached")
    counter.cut()
    page.context.clear_cookies()
    page.reload()
    page.wait_for_selector("[data-view=who]")
    page.fill("#pin", "1111")
    page.keyboard.press("Enter")
    expect(page.locator("#pin-problem")).to_contain_text("Quedan 4 intentos")
    page.fill("#pin", "4829")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=idle]")
    sell(page, "450")
    expect(page.locator("[data-view=receipt]")).to_contain_text("Guardado en la caja")
    page.click("#who")
    expect(page.locator("#toasts")).to_contain_text("Aún hay ventas por mandar")
    counter.mend()
    counter.wait_until_sent()
    assert [total for _sale_id, total in shop.sales()] == [450]


def test_a_pin_that_is_locked_says_whom_to_ask(shop: Shop, page: Page) -> None:
    with shop.parts.database.unit_of_work(shop.made.program_id) as session:
        set_pin(session, shop.made.program_id, shop.made.staff_id, "4829", tools=shop.parts.tools)
    page.goto("/till")
    page.wait_for_selector("[data-view=who]")
    for words in ("Quedan 4", "Quedan 3", "Quedan 2", "Queda 1", "bloqueado. Pide uno nuevo"):
        page.fill("#pin", "1111")
        page.keyboard.press("Enter")
        expect(page.locator("#pin-problem")).to_contain_text(words)
    page.fill("#pin", "4829")
    page.keyboard.press("Enter")
    expect(page.locator("#pin")).to_have_value("")
    expect(page.locator("#pin-problem")).to_contain_text("bloqueado. Pide uno nuevo")


def test_while_the_agent_is_stopped_the_browser_keeps_the_sale_and_hands_it_over(
    shop: Shop, counter: AgentPage, page: Page
) -> None:
    page.goto("/till")
    page.wait_for_selector("[data-view=idle]")
    page.wait_for_selector(READY, state="attached")
    page.route("**/api/v1/**", lambda route: route.abort())
    sell(page, "700")
    expect(page.locator("[data-view=receipt]")).to_contain_text("Guardada en esta caja")
    expect(page.locator("#line")).to_have_text("Programa parado")
    expect(page.locator("#banner")).to_contain_text("El programa de esta caja no contesta desde")
    page.unroute("**/api/v1/**")
    expect(page.locator("#toasts")).to_contain_text("1 venta apuntada", timeout=STATE_MS)
    counter.wait_until_sent()
    assert [total for _sale_id, total in shop.sales()] == [700]


def test_a_full_disk_leaves_the_sale_on_the_screen_until_there_is_room(
    shop: Shop, counter: AgentPage, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_act: object, **_with: object) -> None:
        message = "database or disk is full"
        raise QueueFullError(message)

    page.goto("/till")
    page.wait_for_selector("[data-view=idle]")
    page.wait_for_selector(READY, state="attached")
    with monkeypatch.context() as disk:
        disk.setattr(counter.agent.queue, "add", full)
        sell(page, "850")
        expect(page.locator("#toasts")).to_contain_text("La caja no pudo apuntarlo")
        expect(page.locator("[data-view=sale]")).to_contain_text("8,50")
    assert shop.count_sales() == 0
    page.keyboard.press("Enter")
    expect(page.locator("[data-view=receipt]")).to_contain_text("Guardado: 8,50")
    assert [total for _sale_id, total in shop.sales()] == [850]


def test_the_agent_is_started_again_and_the_open_page_goes_on(
    shop: Shop, counter: AgentPage, page: Page
) -> None:
    counter.agent.stop()
    home, line = counter.agent.home, counter.line
    with restarted(home, line) as first:
        port = first.port
        first.wait_for_line("up")
        page.goto(f"{first.base_url}/till")
        page.wait_for_selector("[data-view=idle]")
        page.wait_for_selector(READY, state="attached")
    sell(page, "900")
    expect(page.locator("[data-view=receipt]")).to_contain_text("Guardada en esta caja")
    expect(page.locator("#line")).to_have_text("Programa parado")
    with restarted(home, line, port=port) as again:
        expect(page.locator("#toasts")).to_contain_text("1 venta apuntada", timeout=STATE_MS)
        again.wait_until_sent()
    assert [total for _sale_id, total in shop.sales()] == [900]
