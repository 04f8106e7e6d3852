"""`enlaza verify` finds each flipped bit in anything the ledger stores."""

from datetime import timedelta

import pytest

from loyalty.db.session import Database
from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.journeys.tell_head import tell_heads
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import verify_program
from loyalty.points.policy import PointsPolicy
from tests.support.bit_flips import flipper
from tests.support.clock import ManualClock
from tests.support.ledger import Ledger, open_ledger
from tests.support.places import Place
from tests.support.sizes import SIZE

TABLES = (
    "points_wallet",
    "points_posting",
    "points_entry",
    "points_answer",
    "points_lot",
    "points_balance",
    "points_hold",
    "points_hold_lot",
    "points_hold_end",
    "points_policy",
    "points_ruleset",
    "points_head",
    "points_seal",
    "points_sealed",
    "points_rollup",
)


def written(ledger: Ledger, clock: ManualClock) -> None:
    """Let a few cards earn, hold, spend, lose and merge, and seal it in several blocks."""
    one, other, third = ledger.new_wallet(), ledger.new_wallet(), ledger.new_wallet()
    for number, wallet in enumerate((one, other, one, third)):
        clock.advance(minutes=3, s=0.25)
        ledger.earn(f"a{number}", wallet, 10 + number)
    ledger.take_back("b0", one, 4, of="a0")
    ledger.take_back("b1", third, 13, of="a3")
    seal_ledger(ledger.database, ledger.program_id, tools=ledger.tools)
    ledger.decide(PointsPolicy(value_minor_per_1000=1250, expiry_months=6))
    clock.advance(hours=20)
    tell_heads(ledger.database, tools=ledger.tools)
    ledger.hold("h0", one, 9)
    ledger.hold("h1", one, 4)
    ledger.hold("h2", third, 500)  # refused, and the refusal kept
    ledger.post("redeem:h0", "h0", 7)
    ledger.credit("c0", third, 30, expires_at=clock.now() + timedelta(days=90))
    ledger.hold("h3", third, 20, purpose="order")
    ledger.transfer("t0", other, one)
    ledger.earn("a9", third, 50)
    seal_ledger(ledger.database, ledger.program_id, tools=ledger.tools)
    clock.advance(hours=20)
    ledger.new_wallet()
    seal_ledger(ledger.database, ledger.program_id, tools=ledger.tools)


@pytest.mark.prove
def test_every_flipped_bit_is_found(
    database: Database, place: Place, tools: Tools, clock: ManualClock
) -> None:
    ledger = open_ledger(database, tools)
    written(ledger, clock)
    superuser = None if place.is_sqlite else "postgres"
    with database.reading(ledger.program_id) as session:
        assert verify_program(session, ledger.program_id, tools=tools) == ()
    missed = []
    with flipper(place, TABLES, seed=20261122, superuser=superuser) as owner:
        for _ in range(SIZE.bits):
            with owner.flipped() as (flip, session):
                found = verify_program(session, ledger.program_id, tools=tools)
                if not found or any(one.told == one.found for one in found):
                    missed.append(f"{flip.table}.{flip.column}: {flip.before!r} to {flip.after!r}")
    assert missed == []
    assert ledger.differences() == (), "the tampering was undone"
