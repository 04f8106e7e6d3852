"""Browsers of the people who use the owner's pages."""

from collections.abc import Mapping
from uuid import UUID

import pytest

from loyalty.orders.queries import OrderFacts
from tests.support.forms import Visitor, staff_visitor, visitor
from tests.support.service import Service, Shop
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
