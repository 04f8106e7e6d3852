"""The till page served by the agent: a line that is cut in the middle, and comes back."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from loyalty.wire.refusals import Refusal
from pos_plugin.words import problem_of
from tests.browser.support import NEVER_MS
from tests.browser.till.rewarding import open_rewards
from tests.browser.till.support import READY, Shop, Watch, scan, type_amount
from tests.pos_plugin.test_alone import allow
from tests.support.acts import sale_act
from tests.support.agent_page import AgentPage, agent_of, restarted
from tests.support.fault_proxy import Fault, always
from tests.support.waiting import until

pytestmark = pytest.mark.browser

# The agent tries a line that is down at least this often, and the page asks the agent.
BACK_MS = 40_000


@pytest.fixture
def counter(shop: Shop, tmp_path: Path) -> Iterator[AgentPage]:
    """An agent whose line is up."""
    with agent_of(shop, tmp_path / "counter") as opened:
        opened.wait_for_line("up")
        opened.wait_for_page()
        yield opened


@pytest.fixture
def tablet(browser: Browser, counter: AgentPage) -> Iterator[BrowserContext]:
    """A browser at the counter; fails the test when a page breaks its policy or leaves the host."""
    opened = browser.new_context(
        viewport={"width": 1180, "height": 820},
        locale="es-ES",
        base_url=counter.base_url,
        service_workers="block",
    )
    opened.set_default_timeout(NEVER_MS)
    watch = Watch(counter.base_url)
    watch.follow(opened)
    yield opened
    opened.close()
    assert watch.faults == []


def open_page(tablet: BrowserContext) -> Page:
    page = tablet.new_page()
    page.goto("/till")
    page.wait_for_selector("[data-view=idle]")
    page.wait_for_selector(READY, state="attached")
    return page


@pytest.fixture
def till(tablet: BrowserContext) -> Page:
    """The till page, waiting for a shopper; nobody had to pair the browser."""
    return open_page(tablet)


def sell(page: Page, keys: str) -> None:
    page.keyboard.press("v")
    page.wait_for_selector("[data-view=sale]")
    type_amount(page, keys)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=receipt]")


def sell_to(page: Page, code: str, keys: str) -> None:
    scan(page, code)
    page.wait_for_selector("[data-view=sale] .verdict-success, [data-view=sale] .verdict-attention")
    type_amount(page, keys)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=receipt]")


def card_page(browser: Browser, shop: Shop, cookie: str) -> tuple[BrowserContext, Page]:
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="es-ES", base_url=shop.base_url
    )
    phone.set_default_timeout(NEVER_MS)
    phone.add_cookies([{"name": "enlaza-card", "value": cookie, "url": shop.base_url}])
    page = phone.new_page()
    page.goto("/card")
    return phone, page


def test_the_line_is_cut_in_the_middle_and_the_shopper_has_all_points_in_the_end(
    browser: Browser, shop: Shop, counter: AgentPage, till: Page
) -> None:
    shopper, stranger = shop.join(), shop.join()
    expect(till.locator("#line")).to_have_text("En línea · al día")
    sell_to(till, shopper.code.text, "1240")
    till.wait_for_selector("[data-view=receipt] .verdict-success")
    expect(till.locator(".verdict-figure")).to_contain_text("+12")
    till.keyboard.press("Escape")

    counter.cut()
    expect(till.locator("#line")).to_have_text("Sin conexión", timeout=BACK_MS)
    expect(till.locator("#banner")).to_contain_text("Puedes seguir cobrando.")
    expect(till.locator("#banner")).to_contain_text("Clientes: copia de las")

    scan(till, shopper.code.text)
    verdict = till.locator("[data-view=sale] .verdict-attention")
    expect(verdict).to_contain_text("según la copia")
    expect(verdict.locator(".verdict-figure")).to_contain_text("12puntos a las")
    type_amount(till, "2460")
    expect(till.locator("[data-slot=save]")).to_contain_text("Guardar en esta caja")
    till.keyboard.press("Enter")
    receipt = till.locator("[data-view=receipt] .verdict-attention")
    expect(receipt).to_contain_text("Guardado en la caja: 24,60")
    till.keyboard.press("Escape")
    sell_to(till, stranger.code.text, "500")
    till.keyboard.press("Escape")
    sell(till, "300")
    expect(till.locator("#banner")).to_contain_text("3 ventas por mandar, la más antigua hace")
    assert shop.count_sales() == 1

    counter.line.connect()
    expect(till.locator("#toasts")).to_contain_text("3 ventas enviadas", timeout=BACK_MS)
    expect(till.locator("#banner")).to_be_empty()
    assert [total for _sale_id, total in shop.sales()] == [1240, 2460, 500, 300]

    phone, card = card_page(browser, shop, shopper.cookie)
    expect(card.locator("body")).to_contain_text("36")
    card.goto("/card/history")
    expect(card.locator("body")).to_contain_text("24,60")
    expect(card.locator("body")).to_contain_text("+24")
    phone.close()


def test_without_the_line_a_phone_spends_within_the_allowance_and_its_sale_tells_the_shop(
    shop: Shop, counter: AgentPage, till: Page
) -> None:
    rewards, shopper = open_rewards(shop), shop.join()
    allow(shop)
    rewards.give(shopper, 340)
    till.reload()
    till.wait_for_selector(READY, state="attached")
    scan(till, shopper.code.text)
    till.wait_for_selector("[data-view=sale] .verdict-success")
    till.keyboard.press("Escape")
    till.wait_for_selector("[data-view=idle]")
    counter.cut()
    expect(till.locator("#line")).to_have_text("Sin conexión", timeout=BACK_MS)
    scan(till, shopper.code.text)
    till.wait_for_selector("[data-view=sale] .verdict-attention")
    type_amount(till, "2460")
    till.locator("button.reward", has_text="Puntos como dinero").click()
    till.fill("#redeem-points", "301")
    till.keyboard.press("Enter")
    expect(till.locator("#redeem-problem")).to_contain_text("Como mucho 300 puntos")
    till.fill("#redeem-points", "200")
    till.keyboard.press("Enter")
    expect(till.locator(".reward-applied")).to_contain_text("−2,00")
    expect(till.locator("[data-slot=sum]")).to_have_text("22,60")
    till.keyboard.press("Enter")
    receipt = till.locator("[data-view=receipt] .verdict-attention")
    expect(receipt).to_contain_text("Guardado en la caja: 22,60")
    assert rewards.points_of(shopper) == 340
    counter.line.connect()
    expect(till.locator("#toasts")).to_contain_text("enviada", timeout=BACK_MS)
    assert shop.sales()[-1][1] == 2260
    assert rewards.points_of(shopper) == 340 - 200 + 22


def test_a_kept_receipt_becomes_the_real_one_while_it_stands_there(
    shop: Shop, counter: AgentPage, till: Page
) -> None:
    shopper = shop.join()
    counter.cut()
    expect(till.locator("#line")).to_have_text("Sin conexión", timeout=BACK_MS)
    till.clock.install()
    sell_to(till, shopper.code.text, "900")
    expect(till.locator("[data-view=receipt] .verdict-attention")).to_be_visible()
    counter.line.connect()
    counter.agent.drainer.wake()
    counter.wait_until_sent()
    till.clock.run_for(1500)
    expect(till.locator("[data-view=receipt] .verdict-success")).to_contain_text("Guardado: 9,00")
    expect(till.locator(".verdict-figure")).to_contain_text("+9")


def test_the_agent_is_started_again_and_sends_what_it_had_kept(
    shop: Shop, counter: AgentPage, till: Page
) -> None:
    counter.cut()
    sell(till, "700")
    expect(till.locator("[data-view=receipt]")).to_contain_text("Guardado en la caja")
    counter.agent.stop()
    counter.line.connect()
    with restarted(counter.agent.home, counter.line) as again:
        again.wait_until_sent()
    assert [total for _sale_id, total in shop.sales()] == [700]


def test_a_pass_that_ended_with_the_agent_is_renewed_while_a_card_is_read(
    shop: Shop, till: Page
) -> None:
    till.context.clear_cookies()
    sell_to(till, shop.join().code.text, "600")
    till.wait_for_selector("[data-view=receipt] .verdict-success")
    assert [total for _sale_id, total in shop.sales()] == [600]


def test_an_answer_that_is_lost_on_its_way_doubles_nothing(
    shop: Shop, counter: AgentPage, till: Page
) -> None:
    counter.line.weather = always(Fault.LOSE_ANSWER)
    sell(till, "850")
    expect(till.locator("[data-view=receipt]")).to_contain_text("Guardado en la caja")
    counter.line.weather = always(Fault.NONE)
    counter.wait_until_sent()
    till.wait_for_selector("#line.chip-success, #line:has-text('Línea floja')", timeout=BACK_MS)
    assert [total for _sale_id, total in shop.sales()] == [850]


def test_an_act_refused_for_ever_is_shown_saved_to_a_file_and_put_away(
    shop: Shop, counter: AgentPage, till: Page, tmp_path: Path
) -> None:
    counter.cut()
    sell(till, "450")
    until(lambda: bool(counter.agent.queue.recent(1)))
    sale_id = counter.agent.queue.recent(1)[0].act_id
    till.keyboard.press("Escape")
    till.click("#menu")
    expect(till.locator("dialog .row")).to_contain_text("Venta · 4,50")
    expect(till.locator("dialog [data-slot=knows]")).to_contain_text("Clientes: copia de las")
    till.keyboard.press("Escape")
    _spoil(counter, sale_id)
    expect(till.locator("#banner")).to_contain_text("1 venta no se pudo guardar", timeout=BACK_MS)
    till.click("#banner [data-slot=look]")
    row = till.locator("dialog .row")
    expect(row).to_contain_text("El importe no puede ser")
    with till.expect_download() as download:
        till.click("[data-slot=export]")
    download.value.save_as(tmp_path / "unsent.json")
    kept = json.loads((tmp_path / "unsent.json").read_text())
    assert [act["act_id"] for act in kept["acts"]] == [sale_id]
    row.get_by_role("button").click()
    expect(till.locator("[data-slot=unsent]")).to_have_text("Todo está enviado.")
    till.keyboard.press("Escape")
    assert counter.agent.queue.counts().aside == 0
    assert shop.count_sales() == 0


def test_of_a_long_queue_the_settings_list_the_first_and_offer_all_as_a_file(
    counter: AgentPage, till: Page, tmp_path: Path
) -> None:
    counter.cut()
    for number in range(60):
        counter.agent.queue.add(sale_act(f"s{number}"))
    expect(till.locator("#banner")).to_contain_text("60 ventas por mandar", timeout=BACK_MS)
    till.click("#menu")
    expect(till.locator("dialog [data-slot=more]")).to_have_text(
        "Y 10 más: todas están en el archivo."
    )
    expect(till.locator("dialog [data-slot=rows] .row")).to_have_count(50)
    with till.expect_download() as download:
        till.click("[data-slot=export]")
    download.value.save_as(tmp_path / "unsent.json")
    assert len(json.loads((tmp_path / "unsent.json").read_text())["acts"]) == 60


def _spoil(counter: AgentPage, sale_id: str) -> None:
    """Let the service say no for ever to what waits."""
    state = counter.agent.queue.act(sale_id)
    assert state is not None
    assert state.seq is not None
    problem = problem_of(Refusal.AMOUNT_INVALID, "es")
    counter.agent.queue.settle(state.seq, "rejected", problem)
