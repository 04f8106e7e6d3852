"""Phones before a served shop; a page that breaks its policy or leaves the host fails the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.shop.support import Counter, furnish
from tests.browser.support import NEVER_MS
from tests.browser.till.support import Shop, Watch, served_shop
from tests.support.places import copy_sqlite

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    """A served shop with one store."""
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    with served_shop(tmp_path / "enlaza.db", tmp_path) as served:
        yield served


@pytest.fixture
def counter(shop: Shop) -> Counter:
    """The shop's counter, with rewards, hours and a paired till."""
    return furnish(shop)


@pytest.fixture
def phone(browser: Browser, counter: Counter) -> Iterator[BrowserContext]:
    """A shopper's phone."""
    opened = browser.new_context(
        viewport={"width": PHONE["width"], "height": PHONE["height"]},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        locale="es-ES",
        base_url=counter.shop.base_url,
    )
    opened.set_default_timeout(NEVER_MS)
    watch = Watch(counter.shop.base_url)
    watch.follow(opened)
    yield opened
    opened.close()
    assert watch.faults == []


@pytest.fixture
def page(phone: BrowserContext) -> Page:
    """A page on the phone."""
    return phone.new_page()
