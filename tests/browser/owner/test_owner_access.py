"""Every page of the owner, for everybody: axe, narrow windows, keyboard; light, dark, es, en."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.catalog.stock import Moves, count_stock, move_stock
from loyalty.identity.queries import person_of_card
from loyalty.visits.notes import NoteDraft, keep_note
from tests.browser.shop.support import Counter
from tests.browser.support import NARROWEST_PX, NEVER_MS, axe_faults, sideways_at
from tests.browser.till.support import Shop, Watch
from tests.support.sizes import SIZE_NAME

SIZES = {
    "desktop": (1366, 900),
    "tablet": (820, 1180),
    "phone": (390, 844),
    "narrowest": (NARROWEST_PX, 700),
}
# Each scheme and language is looked at in every run, on the largest and on a small window.
LOOKS = [("desktop", "light", "es"), ("phone", "dark", "en")]
if SIZE_NAME == "prove":
    LOOKS += [("tablet", "dark", "en"), ("phone", "dark", "es"), ("phone", "light", "en")]


def paths(shop: Shop, person_id: str, bread: str) -> list[str]:
    """Name every page an owner opens."""
    store = shop.made.store_id
    return [
        "/",
        "/sign-in",
        f"/sign-in/{shop.made.program_id}",
        "/admin",
        "/admin/people",
        f"/admin/people/{person_id}",
        "/admin/notes",
        "/admin/cards",
        f"/admin/store/{store}",
        "/admin/points",
        "/admin/points/rules/market",
        "/admin/points/rewards",
        "/admin/points/rewards/new/stamps",
        "/admin/points/tiers",
        "/admin/points/policy",
        "/admin/points/openings",
        "/admin/points/settlement",
        "/admin/points/tills",
        f"/admin/pickup/{store}",
        f"/admin/products/{store}",
        f"/admin/products/{store}/new",
        f"/admin/products/{store}/import",
        f"/admin/products/{store}/{bread}",
        "/admin/team",
        "/admin/health",
        "/admin/networks",
        "/admin/sessions",
        f"/admin/poster/{store}",
    ]


def stocked(shop: Shop) -> str:
    """Put a counted, an off-sale and a short product on the shelf; gives the first one's id."""
    parts, made = shop.parts, shop.made
    at = parts.tools.clock.now()
    drafts = (
        ProductDraft("BREAD", "Pan de pueblo", 120, 400, category="Panes"),
        ProductDraft("OFF", "Roscón", 2200, 1000, category="Dulces", is_active=False),
        ProductDraft("CHEESE", "Queso", 1850, 400, unit="kg"),
    )
    with parts.database.unit_of_work(made.program_id) as session:
        ids = save_products(session, made.program_id, made.store_id, drafts, currency="EUR", at=at)
        counted = {ids["BREAD"]: 10_000, ids["CHEESE"]: 2_500}
        count_stock(session, made.program_id, counted, act_id="count:1", at=at)
        held = Moves("reserved", "order:1", {ids["CHEESE"]: 2_000}, at)
        sold = Moves("sold", "sale:1", {ids["CHEESE"]: 1_000, ids["BREAD"]: 1_000}, at)
        move_stock(session, made.program_id, held)
        move_stock(session, made.program_id, sold)
    return str(ids["BREAD"])


def live_shop(shop: Shop, counter: Counter) -> str:
    """Let somebody buy and write; gives the person's id."""
    shopper = shop.join()
    counter.sell(shopper.code.text, 2460)
    parts = shop.parts
    with parts.database.unit_of_work(shop.made.program_id) as session:
        note = NoteDraft(
            store_id=shop.made.store_id,
            text="¿Hay roscón?",
            reply_to="612 345 678",
            card_id=shopper.card_id,
        )
        keep_note(session, shop.made.program_id, note, at=parts.tools.clock.now())
    with parts.database.reading(shop.made.program_id) as session:
        person = person_of_card(session, shop.made.program_id, shopper.card_id)
    assert person
    return person.person_id


def sideways_faults(page: Page) -> Iterator[str]:
    """Say in which windows the open page would have to be scrolled sideways."""
    for name, (width, height) in SIZES.items():
        if wider := sideways_at(page, width_px=width, height_px=height):
            yield f"{name}: {wider} px too wide"


@pytest.mark.prove
@pytest.mark.parametrize(("size", "scheme", "language"), LOOKS)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser,
    shop: Shop,
    counter: Counter,
    staff_cookie: str,
    size: str,
    scheme: str,
    language: str,
) -> None:
    person_id, bread = live_shop(shop, counter), stocked(shop)
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=language,
        base_url=shop.base_url,
    )
    context.set_default_timeout(NEVER_MS)
    watch = Watch(shop.base_url)
    watch.follow(context)
    context.add_cookies([{"name": "enlaza-staff", "value": staff_cookie, "url": shop.base_url}])
    page = context.new_page()
    faults = []
    for path in paths(shop, person_id, bread):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(path)
        faults += [f"{path}: {fault}" for fault in axe_faults(page)]
        if "/poster/" not in path:
            faults += [f"{path}: {fault}" for fault in sideways_faults(page)]
    context.close()
    assert faults == []
    assert watch.faults == []


def test_the_first_tab_skips_to_the_content(owner: Page) -> None:
    owner.goto("/admin")
    owner.keyboard.press("Tab")
    owner.keyboard.press("Enter")
    assert owner.evaluate("document.activeElement.id") == "main"


def test_a_toast_stays_while_it_is_held_and_then_leaves(owner: Page, shop: Shop) -> None:
    owner.clock.install()
    owner.goto(f"/admin/store/{shop.made.store_id}")
    owner.get_by_role("button", name="Guardar nombre y color").click()
    owner.get_by_role("button", name="Deshacer").focus()
    owner.clock.run_for(15_000)
    assert owner.locator("[data-toast]").count() == 1
    owner.locator("#name").focus()
    owner.clock.run_for(11_000)
    assert owner.locator("[data-toast]").count() == 0
