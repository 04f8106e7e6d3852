"""The card on a phone: one tap, a code that is read, points that arrive, no need of a line."""

import re
import time
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.shop.support import (
    Counter,
    join,
    picture_of_code,
    read_picture,
    shown_code,
    wait_for_code,
    wait_for_gone,
    wait_for_kept,
    wait_for_kept_points,
)
from tests.browser.support import wait_until
from tests.browser.till.support import Shop

# How often an open card has asked whether anything changed, and whether it came to more than that.
LOOKS = "() => performance.getEntriesByName(new URL('/card/state.json', location).href).length"
# A page that is looked at asks each second: at the second look after a sale it knows of it.
LOOKS_MAX = 2
HIDE = """() => {
  globalThis.asked = [];
  const real = globalThis.fetch;
  globalThis.fetch = (...wanted) => { asked.push(String(wanted[0])); return real(...wanted); };
  globalThis.away = true;
  Object.defineProperty(document, 'hidden', { get: () => globalThis.away });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
ASKED = "(times) => asked.filter((url) => url.includes('state.json')).length >= times"
# The phone asks for its card, is answered, and the answer is held up on its way.
HOLD_ONE = """async () => {
  const real = self.fetch;
  await new Promise((answered) => {
    self.fetch = async (...wanted) => {
      const response = await real(...wanted);
      self.fetch = real;
      self.older = response.clone();
      answered();
      await new Promise((go) => { self.letGo = go; });
      return response;
    };
    self.olderKept = keepAll(['/card']);
  });
}"""
LET_GO = """async () => {
  letGo();
  await olderKept;
  return /id="points"[^>]*>\\s*(\\d+)/u.exec(await older.text())[1];
}"""
CODE_IN_TIME = """() => {
  const shown = document.getElementById('code').dataset.codeText;
  const kept = JSON.parse(localStorage.getItem('enlaza-codes'));
  const code = kept.codes.find((each) => each.text === shown);
  return code.expires - Date.now() - kept.offset;
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
    shown = picture_of_code(page, tmp_path / "screen.png")
    assert read_picture(tmp_path / "screen.png") == [shown]
    page.get_by_role("button", name="Ampliar").click()
    expect(page.locator("#whole")).to_be_visible()
    shown = picture_of_code(page, tmp_path / "large.png")
    assert read_picture(tmp_path / "large.png") == [shown]
    page.get_by_role("button", name="Cerrar").click()
    assert not page.locator("#whole").is_visible()


def test_a_code_in_dark_mode_is_black_on_white_all_the_same(
    page: Page, shop: Shop, tmp_path: Path
) -> None:
    page.emulate_media(color_scheme="dark")
    join(page, shop)
    shown = picture_of_code(page, tmp_path / "dark.png")
    assert read_picture(tmp_path / "dark.png") == [shown]


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
    shown = picture_of_code(page, tmp_path / "later.png")
    assert read_picture(tmp_path / "later.png") == [shown]


def test_a_phone_whose_clock_is_wrong_shows_the_code_of_the_servers_time(
    page: Page, shop: Shop, counter: Counter
) -> None:
    page.clock.install(time=time.time() - 3 * 60 * 60)
    join(page, shop)
    receipt = counter.sell(shown_code(page), 1240)
    assert receipt.code_outcome == "ok"


def test_a_purchase_arrives_at_the_open_pages_next_look_and_says_why(
    page: Page, shop: Shop, counter: Counter
) -> None:
    join(page, shop)
    counter.sell(shown_code(page), 1240)
    looked = page.evaluate(LOOKS)
    expect(page.locator("#points")).to_have_text("12")
    assert page.evaluate(LOOKS) - looked <= LOOKS_MAX
    said = page.get_by_role("status").filter(has_text="12 puntos")
    expect(said).to_contain_text(re.compile(r"12,40\s€ en Ultramarinos Candela"))


def test_a_page_that_shows_its_code_looks_again_each_second(page: Page, shop: Shop) -> None:
    page.clock.install()
    join(page, shop)
    page.evaluate(HIDE)
    page.evaluate("() => { globalThis.away = false; }")
    for look in range(1, 6):
        page.clock.run_for(1_250)
        # The next look waits for this one's answer, however long a busy machine takes.
        wait_until(page, ASKED, look)


def test_a_hidden_page_asks_for_nothing(page: Page, shop: Shop) -> None:
    page.clock.install()
    join(page, shop)
    page.evaluate(HIDE)
    page.clock.run_for(120_000)
    assert page.evaluate("() => asked") == []


def test_without_a_line_the_card_opens_with_a_valid_code_for_an_hour(
    page: Page, phone: BrowserContext, shop: Shop, tmp_path: Path
) -> None:
    join(page, shop)
    wait_for_kept(page)
    phone.set_offline(offline=True)
    page.reload()
    expect(page.locator("#offline")).to_be_visible()
    shown = picture_of_code(page, tmp_path / "offline.png")
    assert read_picture(tmp_path / "offline.png") == [shown]
    page.clock.install(time=time.time() + 58 * 60)
    page.reload()
    page.wait_for_selector("#countdown:has-text('Cambia solo en')")
    # The next beat may be due; what is shown is good for at least the rest of its second minute.
    assert 30_000 <= page.evaluate(CODE_IN_TIME) <= 125_000
    shown = picture_of_code(page, tmp_path / "hour.png")
    assert read_picture(tmp_path / "hour.png") == [shown]
    phone.set_offline(offline=False)


def test_without_a_line_the_card_opens_with_the_points_that_arrived_last(
    page: Page, phone: BrowserContext, shop: Shop, counter: Counter
) -> None:
    join(page, shop)
    wait_for_kept(page)
    counter.sell(shown_code(page), 1240)
    expect(page.locator("#points")).to_have_text("12")
    wait_for_kept_points(page, "12")
    phone.set_offline(offline=True)
    page.reload()
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator("#points")).to_have_text("12")
    phone.set_offline(offline=False)


def test_an_answer_that_comes_late_never_takes_the_place_of_a_later_one(
    page: Page, phone: BrowserContext, shop: Shop, counter: Counter
) -> None:
    join(page, shop)
    wait_for_kept(page)
    [worker] = phone.service_workers
    worker.evaluate(HOLD_ONE)
    counter.sell(shown_code(page), 1240)
    worker.evaluate("() => keepAll(['/card'])")
    wait_for_kept_points(page, "12")
    assert worker.evaluate(LET_GO) == "0", "the older answer tells of the points before"
    wait_for_kept_points(page, "12")
    worker.evaluate(HOLD_ONE)
    phone.clear_cookies()
    worker.evaluate("() => keepAll(['/card'])")
    wait_for_gone(page)
    assert worker.evaluate(LET_GO) == "12"
    wait_for_gone(page)


def test_a_card_that_is_gone_leaves_nothing_on_the_phone(
    page: Page, phone: BrowserContext, shop: Shop
) -> None:
    join(page, shop)
    wait_for_kept(page)
    phone.clear_cookies()
    page.goto(f"{shop.base_url}/card")
    expect(page.get_by_text("Este móvil aún no tiene tarjeta")).to_be_visible()
    wait_for_gone(page)


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
