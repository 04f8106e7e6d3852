"""From the owner's connection to the cashier's line, and back to nothing when it is unlinked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.guarded_fetch import Guard
from app.network_reading import read_inbox
from tests.browser.support import NEVER_MS, axe_faults, follow
from tests.browser.till.support import Shop, Shopper, Watch, open_till, scan, served_shop
from tests.support.mastodon_server import MastodonServer, mastodon_server
from tests.support.places import copy_sqlite

POST = "Ya hay turrón de Jijona"


@pytest.fixture
def town() -> Iterator[MastodonServer]:
    with mastodon_server() as served:
        yield served


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    """A served shop that may ask the server of this test."""
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    guard = Guard(allows_loopback=True)
    with served_shop(tmp_path / "enlaza.db", tmp_path, guard=guard) as served:
        yield served


@pytest.fixture
def faults(town: MastodonServer) -> Iterator[list[Watch]]:
    """What the pages did that they may not; to the other server people went by their own press."""
    watches: list[Watch] = []
    yield watches
    told = [fault for watch in watches for fault in watch.faults]
    assert [fault for fault in told if f"{town.base_url}/oauth/authorize" not in fault] == []


@pytest.fixture
def phone(browser: Browser, shop: Shop, faults: list[Watch]) -> Iterator[tuple[Page, Shopper]]:
    """A shopper's phone, in the dark, without JavaScript."""
    shopper = shop.join()
    opened = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="dark",
        locale="es-ES",
        base_url=shop.base_url,
        java_script_enabled=False,
    )
    opened.set_default_timeout(NEVER_MS)
    faults.append(watched(opened, shop))
    opened.add_cookies([{"name": "enlaza-card", "value": shopper.cookie, "url": shop.base_url}])
    yield opened.new_page(), shopper
    opened.close()


@pytest.fixture
def desk(browser: Browser, shop: Shop, faults: list[Watch]) -> Iterator[BrowserContext]:
    """The owner's computer; it is the till as well."""
    opened = browser.new_context(
        viewport={"width": 1024, "height": 768}, locale="es-ES", base_url=shop.base_url
    )
    opened.set_default_timeout(NEVER_MS)
    faults.append(watched(opened, shop))
    yield opened
    opened.close()


def watched(context: BrowserContext, shop: Shop) -> Watch:
    watch = Watch(shop.base_url)
    watch.follow(context)
    return watch


def connect(owner: Page, town: MastodonServer) -> None:
    """Let the owner go through the shop's own server and back."""
    town.signed_in = town.shop_name
    owner.goto("/admin/networks")
    owner.get_by_label("La cuenta de la tienda, o su servidor").fill(town.base_url)
    follow(owner, owner.get_by_role("button", name="Conectar cuenta"))
    assert axe_faults(owner) == []
    owner.get_by_role("link", name="Ir a 127.0.0.1").click()
    expect(owner.get_by_role("status")).to_contain_text("está conectada")
    expect(owner.get_by_text("Última respuesta: hoy")).to_be_visible()


def link(page: Page, town: MastodonServer) -> None:
    """Let the shopper go through theirs, with no script at all."""
    town.signed_in = "ana"
    town.person("ana")
    page.goto("/card/privacy")
    page.get_by_role("link", name="Unir una cuenta mía").click()
    page.get_by_label("Tu cuenta, tu servidor o tu web").fill(town.base_url)
    page.get_by_role("button", name="Unir mi cuenta").click()
    expect(page.get_by_role("alert")).to_contain_text("Sin tu permiso no se une nada")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Unir mi cuenta").click()
    page.get_by_role("link", name="Ir a 127.0.0.1").click()
    expect(page.get_by_role("status")).to_contain_text("Unida: @ana@127.0.0.1")


def test_a_like_reaches_the_cashier_and_is_gone_when_its_owner_says_so(
    desk: BrowserContext,
    shop: Shop,
    staff_cookie: str,
    phone: tuple[Page, Shopper],
    town: MastodonServer,
) -> None:
    page, shopper = phone
    desk.add_cookies([{"name": "enlaza-staff", "value": staff_cookie, "url": shop.base_url}])
    owner = desk.new_page()
    post = town.post(POST)
    connect(owner, town)
    link(page, town)
    town.like("ana", post)
    town.like("luis@otro.example", post)
    follow(owner, owner.get_by_role("button", name="Probar ahora"))
    read_inbox(shop.parts, shop.made.program_id)
    owner.reload()
    expect(owner.get_by_text("2 me gusta · 1 de alguien unido")).to_be_visible()
    expect(owner.get_by_text(f"Le gustó: {POST}")).to_be_visible()
    assert axe_faults(owner) == []
    till = desk.new_page()
    open_till(till, shop)
    scan(till, shopper.code.text)
    expect(till.locator(".like")).to_contain_text(f"Le gustó vuestra publicación «{POST}»")
    assert axe_faults(till) == []
    till.keyboard.press("Escape")
    till.wait_for_selector("[data-view=idle]")
    page.goto("/card/privacy")
    page.get_by_role("button", name="Desunir: @ana@127.0.0.1").click()
    expect(page.get_by_role("status")).to_contain_text("Cuenta desunida, desde ya")
    scan(till, shopper.code.text)
    till.wait_for_selector("[data-view=sale]")
    expect(till.locator(".verdict-words h1")).to_contain_text("Tarjeta sin nombre")
    expect(till.locator(".like")).to_have_count(0)
