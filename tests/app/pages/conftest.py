"""Browsers of the people who use the owner's pages."""

import pytest

from tests.support.forms import Visitor, staff_visitor, visitor
from tests.support.service import Service, Shop


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
