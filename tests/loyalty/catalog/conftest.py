"""A bakery whose products some tests count."""

import pytest

from loyalty.db.session import Database
from tests.support.clock import ManualClock
from tests.support.shelf import Shelf
from tests.support.town import build_town


@pytest.fixture
def shelf(database: Database, clock: ManualClock) -> Shelf:
    return Shelf(database, clock, build_town(database, clock))
