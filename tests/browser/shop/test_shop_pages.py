"""Every page of the shopper: readable by everybody, in both schemes and languages, on any width."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from loyalty.journeys.carriers import print_cards, void_card
from loyalty.journeys.connect_site import connect_site
from tests.browser.shop.support import Counter, join, shown_code, wait_for_code
from tests.browser.support import NARROWEST_PX, NEVER_MS, axe_faults, follow, sideways_px
from tests.browser.till.support import Shop, Watch
from tests.support.sizes import LOOKS

SIZES: tuple[ViewportSize, ...] = (
    {"width": 390, "height": 844},
    {"width": 820, "height": 1180},
)
NARROW: ViewportSize = {"width": NARROWEST_PX, "height": 640}


def printed(shop: Shop) -> str:
    """Print a card that nobody has taken yet; gives the text of its code."""
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
    return card.text


def void(shop: Shop, code: str) -> None:
    """Let the owner void the card of a code."""
    from loyalty.wire.codes import CodeOutcome, take_apart  # noqa: PLC0415

    read = take_apart(code)
    assert not isinstance(read, CodeOutcome)
    made, parts = shop.made, shop.parts
    with parts.database.unit_of_work(made.program_id) as session:
        void_card(
            session, made.program_id, read.header.subject_id, reason="lost", tools=parts.tools
        )


def on_a_network(shop: Shop) -> None:
    """Let the shop hear of what other pages say of its own, so that there is something to link."""
    made, parts = shop.made, shop.parts
    with parts.database.unit_of_work(made.program_id) as session:
        connect_site(
            session,
            made.program_id,
            made.store_id,
            site="https://candela.example",
            own_host="127.0.0.1",
            tools=parts.tools,
        )


@pytest.fixture(params=LOOKS)
def reader(request: pytest.FixtureRequest, browser: Browser, counter: Counter) -> Iterator[Page]:
    """A person who reads one language in one scheme."""
    scheme, language = request.param
    opened: BrowserContext = browser.new_context(
        viewport=SIZES[0], color_scheme=scheme, locale=language, reduced_motion="reduce"
    )
    opened.set_default_timeout(NEVER_MS)
    watch = Watch(counter.shop.base_url)
    watch.follow(opened)
    yield opened.new_page()
    opened.close()
    assert watch.faults == []


def show_whole(page: Page, size: ViewportSize) -> None:
    """Give a page the height it needs: the bar at its foot lies over nothing then.

    What it lies over in a lower window depends on how far somebody has scrolled, not on the page.
    """
    page.set_viewport_size(size)
    height_px: int = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height_px)})


def look(page: Page, name: str, faults: list[str]) -> None:
    """Hold the open page to the rules on every size."""
    # A toast floats over the page for ten seconds; what lies under it can be scrolled free.
    but = ("target-size",) if page.locator("[data-toast]").count() else ()
    for size in SIZES:
        show_whole(page, size)
        faults += [f"{name} {size['width']}: {fault}" for fault in axe_faults(page, but=but)]
    page.set_viewport_size(NARROW)
    if wider := sideways_px(page):
        faults.append(f"{name}: {wider} px wider than {NARROWEST_PX}")
    page.set_viewport_size(SIZES[0])


@pytest.mark.prove
def test_every_page_is_for_everybody(reader: Page, shop: Shop, counter: Counter) -> None:
    faults: list[str] = []
    page = reader

    def visit(name: str, address: str) -> None:
        page.goto(shop.base_url + address)
        look(page, name, faults)

    visit("no card", "/card")
    visit("shop", "/S/CANDELA")
    follow(page, page.locator("form[action$=join] button"))
    look(page, "welcome", faults)
    page.get_by_role("checkbox").first.check()
    follow(page, page.locator("form[action$=consents] button").first)
    wait_for_code(page)
    look(page, "empty card", faults)
    visit("empty history", "/card/history")
    page.goto(f"{shop.base_url}/card")
    wait_for_code(page)
    counter.sell(shown_code(page), 31_740)
    counter.refund(counter.sell(shown_code(page), 2_630).sale_id, 450)
    visit("card", "/card")
    visit("why so many points", "/card/points")
    visit("card settings", "/card/settings")
    page.goto(f"{shop.base_url}/card")
    page.locator("#enlarge").click()
    look(page, "large code", faults)
    page.keyboard.press("Escape")
    page.goto(f"{shop.base_url}/card/history")
    for each in page.locator("details").all():
        each.locator("summary").click()
    look(page, "history", faults)
    visit("privacy", "/card/privacy")
    follow(page, page.locator("form[action$=unlink] button").first)
    look(page, "privacy, unlinked", faults)
    visit("shop, with card", "/S/CANDELA")
    visit("save", "/S/CANDELA/save")
    page.fill("input[type=email]", "lucia@example.org")
    follow(page, page.locator("main form button[type=submit]"))
    look(page, "the code of the mail", faults)
    page.fill("input[name=code]", "000000")
    follow(page, page.locator("main form button[type=submit]"))
    look(page, "a wrong code", faults)
    visit("outbox", "/outbox")
    visit("a printed card", f"/Q/{printed(shop)}")
    visit("a refusal", "/problems/expired")
    visit("nothing there", "/S/NOWHERE")
    page.goto(f"{shop.base_url}/card")
    void(shop, shown_code(page))
    visit("a void card", "/card")
    assert faults == []


@pytest.mark.prove
def test_linking_an_account_is_for_everybody(reader: Page, shop: Shop) -> None:
    faults: list[str] = []
    on_a_network(shop)
    reader.goto(f"{shop.base_url}/S/CANDELA")
    follow(reader, reader.locator("form[action$=join] button"))
    reader.goto(f"{shop.base_url}/card/networks")
    look(reader, "my networks", faults)
    reader.fill("#account", "esto no es nada")
    reader.get_by_role("checkbox").check()
    follow(reader, reader.locator("main form button"))
    look(reader, "my networks, refused", faults)
    reader.fill("#account", "@ana@social.example")
    reader.locator("input[value=code]").check()
    follow(reader, reader.locator("main form button"))
    look(reader, "the code of a profile", faults)
    reader.goto(f"{shop.base_url}/card/privacy")
    look(reader, "privacy, with networks", faults)
    assert faults == []


def test_a_phone_whose_card_was_voided_is_told_and_may_begin_again(page: Page, shop: Shop) -> None:
    join(page, shop)
    void(shop, shown_code(page))
    page.goto(f"{shop.base_url}/card")
    expect(page.get_by_role("heading", level=1)).to_have_text("La tarjeta de este móvil ya no vale")
    assert page.locator("#code").count() == 0
    page.get_by_role("link", name="Empezar con otra: Ultramarinos Candela").click()
    expect(page.get_by_role("button", name="Quiero mi tarjeta")).to_be_visible()


def test_the_history_opens_its_arithmetic_and_how_we_know(
    page: Page, shop: Shop, counter: Counter
) -> None:
    join(page, shop)
    sale = counter.sell(shown_code(page), 2_630)
    counter.refund(sale.sale_id, 450)
    page.goto(f"{shop.base_url}/card/history")
    refund, purchase = page.locator("article").all()
    expect(refund).to_contain_text(re.compile(r"−5.*4,50\s€", re.DOTALL))
    purchase.get_by_text("Por qué 26 puntos").click()
    expect(purchase).to_contain_text("1 punto por cada euro")
    expect(purchase).to_contain_text("Caja 2 leyó el código de tu móvil")
    expect(purchase).to_contain_text("Devuelta en parte")


def test_a_visit_comes_off_and_goes_back_while_the_points_stay(
    page: Page, shop: Shop, counter: Counter
) -> None:
    page.goto(f"{shop.base_url}/S/CANDELA?utm_source=instagram")
    page.get_by_role("button", name="Quiero mi tarjeta").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Guardar lo marcado").click()
    wait_for_code(page)
    counter.sell(shown_code(page), 1_240)
    page.goto(f"{shop.base_url}/card/privacy")
    page.get_by_role("button", name="Desunir: Una visita a la web").click()
    expect(page.get_by_role("status")).to_contain_text("Tus puntos siguen aquí")
    page.get_by_role("button", name="Deshacer").click()
    expect(page.get_by_role("button", name="Desunir: Una visita a la web")).to_be_visible()
    page.goto(f"{shop.base_url}/card")
    expect(page.locator("#points")).to_have_text("12")


def test_the_language_switch_is_named_in_its_own_language(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.base_url}/S/CANDELA")
    switch = page.get_by_role("link", name="English")
    assert switch.get_attribute("lang") == "en"
    switch.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your card, in one tap.")
    page.goto(f"{shop.base_url}/S/CANDELA")
    expect(page.get_by_role("link", name="Español")).to_be_visible()


def test_a_note_lands_in_the_shop(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.base_url}/S/CANDELA")
    page.get_by_label("Tu nota").fill("¿Tenéis pan sin gluten?")
    page.get_by_role("button", name="Enviar nota").click()
    expect(page.get_by_role("status")).to_contain_text("Tu nota está en la tienda")
