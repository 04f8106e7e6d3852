"""Browsers of the people who use the owner's pages."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

import pytest

from app.guarded_fetch import Guard
from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.orders.queries import OrderFacts
from tests.support.fediverse import Fediverse, fediverse
from tests.support.forms import Visitor, staff_visitor, visitor
from tests.support.service import Service, Shop, make_service
from tests.support.takes_orders import order, take_orders


@pytest.fixture
def owner(service: Service, shop: Shop) -> Visitor:
    return staff_visitor(service, shop, "owner")


@pytest.fixture
def manager(service: Service, shop: Shop) -> Visitor:
    return staff_visitor(service, shop, "manager")


@pytest.fixture
def cashier(service: Service, shop: Shop) -> Visitor:
    return staff_visitor(service, shop, "cashier")


@pytest.fixture
def nobody(service: Service) -> Visitor:
    return visitor(service)


@pytest.fixture
def goods(service: Service, shop: Shop) -> Mapping[str, UUID]:
    return take_orders(service, shop)


@pytest.fixture
def placed(service: Service, shop: Shop, goods: Mapping[str, UUID]) -> OrderFacts:
    return order(
        service,
        shop,
        {goods["BREAD"]: 2000, goods["ORANGES"]: 1500},
        note="Los plátanos, verdes",
    )


@pytest.fixture
def town() -> Iterator[Fediverse]:
    """A Mastodon server on this computer, where Ana has an account."""
    with fediverse() as here:
        here.add("ana")
        here.add("pan")
        here.signed_in = "ana"
        yield here


@pytest.fixture
def asking(sqlite_database: Database, tools: Tools, tmp_path: Path) -> Service:
    """A service that may ask the servers of a test."""
    settings = Settings(home=tmp_path, demo=True, rate_limit="")
    return make_service(
        sqlite_database, tools, settings, guard=Guard(seconds=2, allows_loopback=True)
    )
