"""A browser at the till of a served shop; loud about what cannot be tried here."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.browser.till.support import NEVER_MS, Shop, Watch, open_till, served_shop
from tests.support.places import copy_sqlite
from tests.support.sizes import REQUIRE_ALL

FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Find the system's Chromium; without one the browser tests are skipped, or fail in CI."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    if REQUIRE_ALL:
        pytest.fail("the till must be tested in Chromium here, and there is none")
    pytest.skip("NOT TESTED IN A BROWSER: there is no Chromium on this machine")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    """A served shop with one store and no till yet."""
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    with served_shop(tmp_path / "enlaza.db", tmp_path) as served:
        yield served


@pytest.fixture
def context(browser: Browser, shop: Shop) -> Iterator[BrowserContext]:
    """A tablet at the counter; fails the test when a page breaks its policy or leaves the host."""
    opened = browser.new_context(
        viewport={"width": 1180, "height": 820}, locale="es-ES", base_url=shop.base_url
    )
    opened.set_default_timeout(NEVER_MS)
    watch = Watch(shop.base_url)
    watch.follow(opened)
    yield opened
    opened.close()
    assert watch.faults == []


@pytest.fixture
def till(context: BrowserContext, shop: Shop) -> Page:
    """A paired till, waiting for a shopper."""
    page = context.new_page()
    open_till(page, shop)
    return page
