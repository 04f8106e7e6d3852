"""The card on a phone: one tap, a code that is read, points that arrive, no need of a line."""

import re
import time
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.shop.support import (
    Counter,
    join,
    read_picture,
    shown_code,
    wait_for_code,
    wait_for_kept,
)
from tests.browser.till.support import Shop

ARRIVES_MS = 2_000
KEPT_POINTS = """async (points) => {
  const kept = await (await caches.open("enlaza-card-1")).match("/card");
  const told = new DOMParser().parseFromString((await kept?.text()) ?? "", "text/html");
  return told.getElementById("points")?.textContent.trim() === points;
}"""


def test_one_tap_gives_a_card_and_every_question_can_be_refused(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.base_url}/S/CANDELA")
    page.get_by_role("button", name="Quiero mi tarjeta").click()
    assert page.url.endswith("/card/welcome")
    boxes = page.get_by_role("checkbox").all()
    assert boxes
    assert not any(box.is_checked() for box in boxes)
    page.get_by_role("button", name="Ahora no").click()
    expect(page.locator("#points")).to_have_text("0")
    expect(page.locator("#letters")).to_have_text(re.compile(r"^[A-Z]{4} [A-Z]{4}$"))


def test_the_shown_code_is_read_from_a_picture_of_the_screen(
    page: Page, shop: Shop, tmp_path: Path
) -> None:
    join(page, shop)
    shown = shown_code(page)
    page.screenshot(path=tmp_path / "screen.png")
    assert read_picture(tmp_path / "screen.png") == [shown]
    page.get_by_role("button", name="Ampliar").click()
    page.screenshot(path=tmp_path / "large.png")
    assert read_picture(tmp_path / "large.png") == [shown]
    page.get_by_role("button", name="Cerrar").click()
    assert not page.locator("#whole").is_visible()


def test_a_code_in_dark_mode_is_black_on_white_all_the_same(
    page: Page, shop: Shop, tmp_path: Path
) -> None:
    page.emulate_media(color_scheme="dark")
    join(page, shop)
    page.screenshot(path=tmp_path / "dark.png")
    assert read_picture(tmp_path / "dark.png") == [shown_code(page)]


def test_the_page_draws_the_next_minutes_code_by_itself(
    page: Page, shop: Shop, tmp_path: Path
) -> None:
    page.clock.install()
    join(page, shop)
    seen = [shown_code(page)]
    for _minute in range(3):
        page.clock.fast_forward(60_000)
        page.wait_for_function(
            "old => document.getElementById('code').dataset.codeText !== old", arg=seen[-1]
        )
        seen.append(shown_code(page))
    assert len(set(seen)) == len(seen)
    page.screenshot(path=tmp_path / "later.png")
    assert read_picture(tmp_path / "later.png") == [seen[-1]]


def test_a_phone_whose_clock_is_wrong_shows_the_code_of_the_servers_time(
    page: Page, shop: Shop, counter: Counter
) -> None:
    page.clock.install(time=time.time() - 3 * 60 * 60)
    join(page, shop)
    receipt = counter.sell(shown_code(page), 1240)
    assert receipt.code_outcome == "ok"


def test_a_purchase_arrives_on_the_open_page_within_two_seconds_and_says_why(
    page: Page, shop: Shop, counter: Counter
) -> None:
    join(page, shop)
    counter.sell(shown_code(page), 1240)
    expect(page.locator("#points")).to_have_text("12", timeout=ARRIVES_MS)
    said = page.get_by_role("status").filter(has_text="12 puntos")
    expect(said).to_contain_text(re.compile(r"12,40\s€ en Ultramarinos Candela"))


def test_a_hidden_page_asks_for_nothing(page: Page, shop: Shop) -> None:
    join(page, shop)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        """() => {
          Object.defineProperty(document, 'hidden', { get: () => true });
          document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    page.wait_for_timeout(2_500)
    assert [url for url in asked if "state.json" in url] == []


def test_without_a_line_the_card_opens_with_a_valid_code_for_an_hour(
    page: Page, phone: BrowserContext, shop: Shop, tmp_path: Path
) -> None:
    join(page, shop)
    wait_for_kept(page, least=10)
    phone.set_offline(offline=True)
    page.reload()
    expect(page.locator("#offline")).to_be_visible()
    page.screenshot(path=tmp_path / "offline.png")
    assert read_picture(tmp_path / "offline.png") == [shown_code(page)]
    page.clock.install(time=time.time() + 58 * 60)
    page.reload()
    page.wait_for_selector("#countdown:has-text('Cambia solo en')")
    page.screenshot(path=tmp_path / "hour.png")
    held = page.evaluate("JSON.parse(localStorage.getItem('enlaza-codes')).codes")
    shown = shown_code(page)
    expires = next(each["expires"] for each in held if each["text"] == shown)
    assert 60_000 <= expires - (time.time() + 58 * 60) * 1000 <= 125_000
    assert read_picture(tmp_path / "hour.png") == [shown]
    phone.set_offline(offline=False)


def test_without_a_line_the_card_opens_with_the_points_that_arrived_last(
    page: Page, phone: BrowserContext, shop: Shop, counter: Counter
) -> None:
    join(page, shop)
    wait_for_kept(page, least=10)
    counter.sell(shown_code(page), 1240)
    expect(page.locator("#points")).to_have_text("12", timeout=ARRIVES_MS)
    page.wait_for_function(KEPT_POINTS, arg="12")
    phone.set_offline(offline=True)
    page.reload()
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator("#points")).to_have_text("12")
    phone.set_offline(offline=False)


def test_a_card_that_is_gone_leaves_nothing_on_the_phone(
    page: Page, phone: BrowserContext, shop: Shop
) -> None:
    join(page, shop)
    phone.clear_cookies()
    wait_for_kept(page, least=1)
    page.goto(f"{shop.base_url}/card")
    expect(page.get_by_text("Este móvil aún no tiene tarjeta")).to_be_visible()
    wait_for_kept(page, least=0)


def test_without_scripts_the_page_shows_a_code_too(
    page: Page, phone: BrowserContext, shop: Shop, counter: Counter, tmp_path: Path
) -> None:
    join(page, shop)
    assert phone.browser is not None
    plain = phone.browser.new_context(
        java_script_enabled=False, storage_state=phone.storage_state()
    )
    bare = plain.new_page()
    bare.goto(f"{shop.base_url}/card")
    bare.screenshot(path=tmp_path / "bare.png")
    [read] = read_picture(tmp_path / "bare.png")
    assert counter.sell(read, 500).code_outcome == "ok"
    plain.close()


def test_the_card_wakes_up_again_after_a_rest(page: Page, shop: Shop) -> None:
    join(page, shop)
    page.reload()
    wait_for_code(page)
    assert len(shown_code(page)) == len(re.sub(r"[^A-Z]", "", shown_code(page))) == 154
