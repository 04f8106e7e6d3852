"""A service on a fresh SQLite file, with two shops: ours, and one of another program."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.places import copy_sqlite
from tests.support.service import Service, Shop, make_service, open_shop


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    opened = Database(copy_sqlite(sqlite_template, tmp_path / "enlaza.db").url)
    yield opened
    opened.close()


@pytest.fixture
def service(sqlite_database: Database, tools: Tools, tmp_path: Path) -> Service:
    return make_service(sqlite_database, tools, Settings(home=tmp_path, demo=True, rate_limit=""))


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service, program_id=7, slug="PANADERIA-SOL")


@pytest.fixture
def other_shop(service: Service) -> Shop:
    return open_shop(service, program_id=8, slug="FRUTERIA-LUZ")
