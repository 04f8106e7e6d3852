"""Whoever changes a hold behind the ledger's back is found."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from loyalty.db.base import Base
from loyalty.points.models import Hold, HoldEnd, HoldLot, Posting
from tests.support.ledger import Ledger
from tests.support.places import Place
from tests.support.tamper import change_behind_our_back


@pytest.mark.parametrize(
    ("model", "column", "value", "invariant"),
    [
        (Hold, "points", 9, "a hold reserves what it says"),
        (HoldLot, "points", 9, "a hold reserves what it says"),
        (HoldEnd, "points", 3, "a hold gives at most what it reserves, by one redemption"),
    ],
)
def test_a_changed_hold_is_found(
    ledger: Ledger, place: Place, model: type[Base], column: str, value: int, invariant: str
) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 30)
    ledger.hold("h1", wallet, 20)
    ledger.post("redeem:1", "h1", 15)
    assert ledger.differences() == ()
    change_behind_our_back(place, update(model).values({column: value}))
    assert invariant in {each.invariant for each in ledger.differences()}


def test_a_lot_that_was_written_off_too_soon_is_found(ledger: Ledger, place: Place) -> None:
    wallet = ledger.new_wallet()
    end = ledger.advance() + timedelta(days=10)
    ledger.credit("sale:1", wallet, 30, expires_at=end)
    ledger.advance(days=24)
    assert ledger.expire().points == 30
    assert ledger.differences() == ()
    early = update(Posting).where(Posting.kind == "expire")
    change_behind_our_back(place, early.values(recorded_at=end + timedelta(days=13)))
    assert "points end only after their end and the grace" in {
        each.invariant for each in ledger.differences()
    }
