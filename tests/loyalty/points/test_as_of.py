"""A balance as it was at a moment, and as it was known at a moment."""

from datetime import datetime, timedelta

from tests.support.ledger import Ledger


def test_a_late_act_is_in_the_balance_of_its_own_day_as_seen_from_today(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()

    def told(occurred: datetime, recorded: datetime) -> tuple[int, int]:
        return ledger.as_of(wallet, occurred=occurred, recorded=recorded)

    monday = ledger.advance()
    ledger.earn("sale:1", wallet, 10)
    tuesday = ledger.advance(days=1)
    ledger.earn("sale:2", wallet, 5)
    thursday = ledger.advance(days=2)
    ledger.redeem("offline:1", wallet, 4, occurred_at=monday + timedelta(hours=1))
    assert told(monday, monday) == (10, 0)
    assert told(tuesday, tuesday) == (15, 0)
    assert told(tuesday, thursday) == (11, 0)
    assert told(thursday, thursday) == (11, 0)
    assert told(monday - timedelta(seconds=1), thursday) == (0, 0)


def test_what_was_owed_at_a_moment_is_told_beside_the_points(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 10)
    ledger.redeem("redeem:1", wallet, 7)
    before = ledger.advance(days=1)
    ledger.advance(days=1)
    ledger.take_back("refund:1", wallet, 10, of="sale:1")
    after = ledger.advance()
    assert ledger.as_of(wallet, occurred=before, recorded=before) == (3, 0)
    assert ledger.as_of(wallet, occurred=after, recorded=after) == (0, 7)
