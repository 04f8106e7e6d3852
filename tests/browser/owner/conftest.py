"""An owner before a served demo shop; a page that breaks its policy or leaves the host fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import update

from loyalty.programs.models import Program
from loyalty.programs.sessions import STAFF_TTL, cookie_text, open_session
from tests.browser.shop.support import Counter, furnish
from tests.browser.support import NEVER_MS
from tests.browser.till.support import Shop, Watch, served_shop
from tests.support.places import copy_sqlite


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    """A served demo with one store."""
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    with served_shop(tmp_path / "enlaza.db", tmp_path) as served:
        with served.parts.database.unit_of_work(served.made.program_id) as session:
            session.execute(
                update(Program)
                .where(Program.program_id == served.made.program_id)
                .values(is_demo=True)
            )
        yield served


@pytest.fixture
def counter(shop: Shop) -> Counter:
    """The shop's counter, with rewards, hours and a paired till."""
    return furnish(shop)


@pytest.fixture
def staff_cookie(shop: Shop) -> str:
    """The owner's signed-in session."""
    parts = shop.parts
    with parts.database.unit_of_work(shop.made.program_id) as session:
        _facts, secret = open_session(
            session,
            shop.made.program_id,
            kind="staff",
            subject=str(shop.made.staff_id),
            at=parts.tools.clock.now(),
            ttl=STAFF_TTL,
        )
    return cookie_text(shop.made.program_id, secret)


@pytest.fixture
def desk(browser: Browser, shop: Shop) -> Iterator[BrowserContext]:
    """The owner's computer, with nobody signed in."""
    opened = browser.new_context(
        viewport={"width": 1366, "height": 900}, locale="es-ES", base_url=shop.base_url
    )
    opened.set_default_timeout(NEVER_MS)
    watch = Watch(shop.base_url)
    watch.follow(opened)
    yield opened
    opened.close()
    assert watch.faults == []


@pytest.fixture
def page(desk: BrowserContext) -> Page:
    """A page on the owner's computer."""
    return desk.new_page()


@pytest.fixture
def owner(desk: BrowserContext, shop: Shop, staff_cookie: str) -> Page:
    """A page of the signed-in owner."""
    desk.add_cookies([{"name": "enlaza-staff", "value": staff_cookie, "url": shop.base_url}])
    return desk.new_page()
