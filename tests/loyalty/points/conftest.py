"""A program with wallets, and nothing else."""

from collections.abc import Callable
from uuid import UUID

import pytest

from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.ledger import Ledger, open_ledger


@pytest.fixture
def ledger(database: Database, tools: Tools) -> Ledger:
    return open_ledger(database, tools)


@pytest.fixture
def wallet(ledger: Ledger) -> Callable[[], UUID]:
    return ledger.new_wallet
