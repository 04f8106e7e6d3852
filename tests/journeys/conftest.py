"""A bakery with a till, on both databases."""

import pytest

from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.desk import Desk, open_desk
from tests.support.street import open_street


@pytest.fixture
def counter(database: Database, tools: Tools) -> Counter:
    return Counter(database, open_street(database, tools), tools)


@pytest.fixture
def desk(database: Database, tools: Tools, clock: ManualClock) -> Desk:
    return open_desk(database, tools, clock)
