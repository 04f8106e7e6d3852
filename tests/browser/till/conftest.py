"""A browser at the till of a served shop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.support import NEVER_MS
from tests.browser.till.support import Shop, Watch, open_till, served_shop
from tests.support.places import copy_sqlite


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
        viewport={"width": 1180, "height": 820},
        locale="es-ES",
        base_url=shop.base_url,
        service_workers="block",
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
