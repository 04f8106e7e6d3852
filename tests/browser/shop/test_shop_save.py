"""A second phone, a printed card, an e-mail: the same card, and nothing shown to strangers."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.links import LinkPurpose
from loyalty.journeys.carriers import print_cards
from loyalty.outbox.queries import latest_messages
from tests.browser.shop.support import Counter, join, shown_code, wait_for_code
from tests.browser.support import NEVER_MS, axe_faults, follow
from tests.browser.till.support import Shop, Watch


@pytest.fixture
def other(browser: Browser, counter: Counter) -> Iterator[Page]:
    """Another phone."""
    opened = browser.new_context(viewport={"width": 390, "height": 844}, locale="es-ES")
    opened.set_default_timeout(NEVER_MS)
    watch = Watch(counter.shop.base_url)
    watch.follow(opened)
    yield opened.new_page()
    opened.close()
    assert watch.faults == []


def ask(page: Page, shop: Shop) -> str:
    """Ask to save the card of this phone by e-mail; gives the code of the mail."""
    page.goto(f"{shop.base_url}/S/CANDELA/save")
    page.get_by_label("Tu correo").fill("lucia@example.org")
    page.get_by_role("button", name="Mandar el código").click()
    page.wait_for_url("**/save/code")
    outbox = page.context.new_page()
    outbox.goto(f"{shop.base_url}/outbox")
    found = re.search(r"\b\d{6}\b", outbox.locator(".letter-text").first.inner_text())
    outbox.close()
    assert found
    return found.group()


def answer(page: Page, code: str) -> None:
    page.get_by_label("Código de 6 cifras").fill(code)
    page.locator("main form button[type=submit]").click()


def faults_by_day_and_night(page: Page) -> list[str]:
    """Judge a page that is open, in both schemes."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.wait_for_selector(f"html[data-bs-theme={scheme}]")
        found += [f"{scheme}: {fault}" for fault in axe_faults(page)]
    return found


def test_the_link_of_the_mail_shows_one_button_and_saves(page: Page, shop: Shop) -> None:
    join(page, shop)
    ask(page, shop)
    with shop.parts.database.reading(shop.made.program_id) as session:
        mail = latest_messages(session, shop.made.program_id)[0]
    payload = {
        "program_id": shop.made.program_id,
        "challenge_id": str(mail.facts["challenge_id"]),
    }
    token = shop.parts.links.sign(LinkPurpose.SAVE_CARD, payload)
    for language in ("en", "es"):
        page.goto(f"{shop.base_url}/card/save/link/{token}?lang={language}")
        assert faults_by_day_and_night(page) == []
    page.get_by_role("button", name="Guardar la tarjeta").click()
    expect(page.get_by_text("Tarjeta guardada.")).to_be_visible()


def test_two_phones_with_points_become_one_card_and_can_part_again(
    page: Page, other: Page, shop: Shop, counter: Counter
) -> None:
    join(page, shop)
    counter.sell(shown_code(page), 1_000)
    answer(page, ask(page, shop))
    expect(page.get_by_role("status").first).to_be_attached()
    join(other, shop)
    counter.sell(shown_code(other), 500)
    answer(other, ask(other, shop))
    expect(other.get_by_role("heading", level=1)).to_have_text("¿Juntar las dos tarjetas?")
    assert faults_by_day_and_night(other) == []
    other.get_by_role("button", name="Juntar las dos").click()
    expect(other.locator("#points")).to_have_text("15")
    expect(page.locator("#points")).to_have_text("15")
    other.goto(f"{shop.base_url}/card/history")
    expect(other.get_by_text("Juntaste otra tarjeta con esta")).to_be_visible()
    follow(other, other.get_by_role("button", name="Separar las dos tarjetas"))
    other.goto(f"{shop.base_url}/card")
    expect(other.locator("#points")).to_have_text("5")


def test_a_wrong_code_says_how_many_tries_are_left(page: Page, shop: Shop) -> None:
    join(page, shop)
    right = ask(page, shop)
    answer(page, "000000" if right != "000000" else "111111")
    expect(page.get_by_role("alert")).to_contain_text("Quedan 4 intentos")
    answer(page, right)
    expect(page.locator("#points")).to_be_visible()


def test_the_first_phone_takes_a_printed_card_and_the_second_sees_nothing_of_it(
    page: Page, other: Page, shop: Shop, counter: Counter
) -> None:
    made, parts = shop.made, shop.parts
    with parts.database.unit_of_work(made.program_id) as session:
        [card] = print_cards(
            session,
            made.program_id,
            made.store_id,
            1,
            language="es",
            actor="owner",
            tools=parts.tools,
        )
    counter.sell(card.text, 1_240)
    address = f"{shop.base_url}/Q/{card.text}"
    answered = other.goto(address)
    assert answered is not None
    assert answered.headers["cache-control"] == "no-store"
    assert answered.headers["referrer-policy"] == "no-referrer"
    assert "12" not in other.locator("main").inner_text()
    page.goto(address)
    follow(page, page.get_by_role("button", name="Es mi tarjeta"))
    page.goto(f"{shop.base_url}/card")
    wait_for_code(page)
    expect(page.locator("#points")).to_have_text("12")
    other.goto(address)
    expect(other.get_by_text("Esta tarjeta ya tiene móvil.")).to_be_visible()
    assert faults_by_day_and_night(other) == []
    other.goto(f"{address}?lang=en")
    assert faults_by_day_and_night(other) == []
    assert other.locator("#code").count() == 0
    assert "12" not in other.locator("main").inner_text()
