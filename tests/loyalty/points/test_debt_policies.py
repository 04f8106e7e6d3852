"""What is gone when it should go back is owed, let go, or closes the till for points."""

from loyalty.points.errors import PointsShortError, RedeemingBlockedError
from loyalty.points.policy import PointsPolicy
from tests.support.ledger import Ledger


def test_a_program_that_forgives_lets_go_what_is_gone(ledger: Ledger) -> None:
    ledger.decide(PointsPolicy(debt_policy="forgive"))
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 10)
    ledger.hold("h1", wallet, 7)
    ledger.post("redeem:1", "h1")
    for replayed in (False, True):
        taken = ledger.take_back("refund:1", wallet, 10, of="sale:1")
        assert (taken.points, taken.owed, taken.forgiven) == (10, 0, 7)
        assert taken.replayed is replayed
    assert ledger.held(wallet) == [(0, 0)]
    assert ledger.differences() == ()


def test_what_a_till_without_a_line_overspent_is_owed_and_bounded(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 10)
    for _ in range(2):
        refused = ledger.redeem("offline:1", wallet, 31, debt_most=20).refused
        assert refused is not None
        assert isinstance(refused.error(), PointsShortError)
        assert refused.facts == {"asked": 31, "free": 10}
    for replayed in (False, True):
        told = ledger.redeem("offline:2", wallet, 30, debt_most=20)
        assert (told.points, told.owed, told.replayed) == (30, 20, replayed)
    assert ledger.held(wallet) == [(0, 20)]
    assert ledger.differences() == ()


def test_where_debts_block_nobody_gets_deeper_in(ledger: Ledger) -> None:
    ledger.decide(PointsPolicy(debt_policy="block"))
    wallet = ledger.new_wallet()
    assert ledger.redeem("offline:1", wallet, 3, debt_most=20).owed == 3
    refused = ledger.redeem("offline:2", wallet, 3, debt_most=20).refused
    assert refused is not None
    assert isinstance(refused.error(), RedeemingBlockedError)
    assert ledger.held(wallet) == [(0, 3)]
