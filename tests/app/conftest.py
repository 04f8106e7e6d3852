"""A service on a fresh SQLite file, with two shops: ours, and one of another program."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.clock import ManualClock
from tests.support.keys import KEYS
from tests.support.places import copy_sqlite
from tests.support.service import Service, Shop, make_service, open_shop


@pytest.fixture(scope="session")
def opened_shop(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Shop]:
    """A closed file in which our shop was just opened, and the shop: for tests to copy."""
    home = tmp_path_factory.mktemp("shop-template")
    place = copy_sqlite(sqlite_template, home / "shop.db")
    tools = Tools(clock=ManualClock(), keys=KEYS)
    with closing(Database(place.url)) as database:
        service = make_service(database, tools, Settings(home=home, demo=True, rate_limit=""))
        made = open_shop(service, program_id=7, slug="PANADERIA-SOL")
    assert [path.name for path in home.glob("shop.db*")] == ["shop.db"], "all of it is in the file"
    return home / "shop.db", made


@pytest.fixture
def sqlite_database(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path
) -> Iterator[Database]:
    """A database without anything, or with our shop where a test asks for it."""
    template = sqlite_template
    if "shop" in request.fixturenames:
        template, _ = request.getfixturevalue("opened_shop")
    opened = Database(copy_sqlite(template, tmp_path / "enlaza.db").url)
    yield opened
    opened.close()


@pytest.fixture
def service(sqlite_database: Database, tools: Tools, tmp_path: Path) -> Service:
    return make_service(sqlite_database, tools, Settings(home=tmp_path, demo=True, rate_limit=""))


@pytest.fixture
def shop(service: Service, opened_shop: tuple[Path, Shop]) -> Shop:  # noqa: ARG001
    _, made = opened_shop
    return made


@pytest.fixture
def other_shop(service: Service) -> Shop:
    return open_shop(service, program_id=8, slug="FRUTERIA-LUZ")
