"""What every test may ask for: a database of its own on both kinds, a clock, keys, tools."""

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test

from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.kernel.keys import ServerKeys
from tests.support.clock import ManualClock
from tests.support.keys import KEYS
from tests.support.memory import work_in_memory
from tests.support.places import (
    Place,
    build_postgres_template,
    copy_sqlite,
    create_schema,
    postgres_place,
    sqlite_place,
)
from tests.support.postgres import NoPostgresError, Server, create_roles, running_server
from tests.support.quick_apps import make_apps_quickly
from tests.support.quick_statements import compile_statements_once
from tests.support.sizes import REQUIRE_ALL, register_profiles
from tests.support.turns import in_turns

work_in_memory()
register_profiles()
make_apps_quickly()
compile_statements_once()
gc.disable()  # until the tests are collected

KINDS = ("sqlite", "postgresql")
# What tests leave in cycles is looked for less often than a program that runs for months should.
LOOK_AFTER = (20_000, 10, 10)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    """Look for cycles from here on, and never again among what all tests share.

    Without this a tenth of the time went into walking the same modules and tests over and over.
    """
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*LOOK_AFTER)
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Mark every search as one that `make prove` runs longer; let what is long begin first."""
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("prove")
    yield
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes > 1:
        items[:] = in_turns([(item.nodeid, item) for item in items], processes)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One real PostgreSQL for this test process; without the wheel the test is skipped."""
    try:
        with running_server() as server:
            create_roles(server)
            yield server
    except NoPostgresError as missing:
        if REQUIRE_ALL:
            pytest.fail(f"PostgreSQL must be tested here: {missing}")
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {missing}")


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server) -> str:
    """Name the database with all tables that the others are copied from."""
    return build_postgres_template(postgres_server, create_schema)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the file with all tables that the others are copied from."""
    path = tmp_path_factory.mktemp("sqlite-template") / "template.db"
    place = sqlite_place(path)
    create_schema(place.admin_url)
    opened = Database(place.url)
    opened.check()  # switches the file to WAL, which stays in it
    opened.close()
    return path


@pytest.fixture
def sqlite_only(sqlite_template: Path, tmp_path: Path) -> Place:
    """A fresh SQLite database, for what PostgreSQL does not have."""
    return copy_sqlite(sqlite_template, tmp_path / "enlaza.db")


@pytest.fixture
def postgres_only(postgres_server: Server, postgres_template: str) -> Iterator[Place]:
    """A fresh PostgreSQL database, for what SQLite does not have."""
    with postgres_place(postgres_server, template=postgres_template) as made:
        yield made


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A fresh database with all tables, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path / "enlaza.db")
        return
    template = request.getfixturevalue("postgres_template")
    server = request.getfixturevalue("postgres_server")
    with postgres_place(server, template=template) as made:
        yield made


@pytest.fixture(params=KINDS)
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A database without any table, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield sqlite_place(tmp_path / "empty.db")
        return
    with postgres_place(request.getfixturevalue("postgres_server")) as made:
        yield made


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    """The two doors to a fresh database, as the service opens them."""
    opened = Database(place.url)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture
def keys() -> ServerKeys:
    """The secrets of a server that exists only in tests."""
    return KEYS


@pytest.fixture
def tools(clock: ManualClock, keys: ServerKeys) -> Tools:
    """What journeys are handed."""
    return Tools(clock=clock, keys=keys)
