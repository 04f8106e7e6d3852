"""A served shop, a home that is paired with it, and an agent that serves a page there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_plugin.client import pair
from pos_plugin.home import Home
from tests.browser.till.support import Shop, served_shop
from tests.support.agent_page import AgentPage, agent_of
from tests.support.days import wait_past_midnight
from tests.support.places import copy_sqlite


@pytest.fixture(autouse=True)
def one_day() -> None:
    """Let no day end in the middle of a test: with it a till forgets whom it knew."""
    wait_past_midnight()


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    """A real service with one shop, over real HTTP."""
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    with served_shop(tmp_path / "enlaza.db", tmp_path) as served:
        yield served


@pytest.fixture
def home(shop: Shop, tmp_path: Path) -> Home:
    """A till's folder, paired with the shop."""
    made = Home(tmp_path / "till")
    made.make()
    made.write_paired(pair(shop.base_url, shop.offer()))
    return made


@pytest.fixture
def page(shop: Shop, tmp_path: Path) -> Iterator[AgentPage]:
    """A till whose line is up and whose page is open; its line can be cut."""
    with agent_of(shop, tmp_path / "counter") as opened:
        opened.wait_for_line("up")
        opened.wait_for_page()
        opened.open()
        yield opened
