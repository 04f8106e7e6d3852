"""What was redeemed returns to its lots with their own end, in any parts and never more."""

from datetime import timedelta
from uuid import UUID

import pytest

from loyalty.points.errors import ActConflictError, GiveBackExceededError
from tests.support.ledger import Ledger


def wallet_that_redeemed(ledger: Ledger, points: int) -> UUID:
    """Redeem from a lot of 10 that ends in ten days and one of 20 that ends in ninety."""
    wallet = ledger.new_wallet()
    now = ledger.tools.clock.now()
    ledger.credit("soon", wallet, 10, expires_at=now + timedelta(days=10))
    ledger.credit("late", wallet, 20, expires_at=now + timedelta(days=90))
    ledger.hold("h1", wallet, points)
    ledger.post("redeem:1", "h1")
    return wallet


def lots(ledger: Ledger, wallet: UUID) -> list[int]:
    held = ledger.lots(wallet)
    found = (held.get(ledger.posting(name)) for name in ("soon", "late"))
    return [0 if lot is None else lot.remaining for lot in found]


def test_points_return_to_their_lots_what_was_taken_last_first(ledger: Ledger) -> None:
    wallet = wallet_that_redeemed(ledger, 15)
    assert lots(ledger, wallet) == [0, 15]
    for _ in range(2):
        assert ledger.give_back("back:1", "redeem:1", 7).points == 7
        assert lots(ledger, wallet) == [2, 20]
    ledger.give_back("back:2", "redeem:1", 8)
    assert lots(ledger, wallet) == [10, 20]
    ends = [ledger.lots(wallet)[ledger.posting(name)].expires_at for name in ("soon", "late")]
    now = ledger.tools.clock.now()
    assert ends == [now + timedelta(days=10), now + timedelta(days=90)]
    assert ledger.differences() == ()


def test_never_more_returns_than_was_taken(ledger: Ledger) -> None:
    wallet = wallet_that_redeemed(ledger, 15)
    ledger.give_back("back:1", "redeem:1", 10)
    for _ in range(2):
        refused = ledger.give_back("back:2", "redeem:1", 6).refused
        assert refused is not None
        assert isinstance(refused.error(), GiveBackExceededError)
        assert refused.facts == {"left": 5}
    with pytest.raises(ActConflictError):
        ledger.give_back("back:2", "redeem:1", 5)
    assert ledger.give_back("back:3", "redeem:1", 5).points == 5
    assert ledger.held(wallet) == [(30, 0)]


def test_a_lot_that_is_past_gets_a_grace_and_says_so(ledger: Ledger) -> None:
    wallet = wallet_that_redeemed(ledger, 15)
    ledger.advance(days=20)
    until = ledger.tools.clock.now() + timedelta(days=14)
    for _ in range(2):
        back = ledger.give_back("back:1", "redeem:1", 15)
        assert (back.points, back.graced, back.graced_until) == (15, 10, until)
    assert ledger.lots(wallet)[ledger.posting("soon")].expires_at == until
    assert ledger.spendable(wallet).free == 30
    ledger.advance(days=14)
    assert ledger.spendable(wallet).free == 20
    assert ledger.differences() == ()


def test_what_is_owed_is_repaid_by_what_returns(ledger: Ledger) -> None:
    wallet = wallet_that_redeemed(ledger, 30)
    ledger.take_back("refund:1", wallet, 12, of="late")
    back = ledger.give_back("back:1", "redeem:1", 15)
    assert (back.points, back.repaid) == (15, 12)
    assert ledger.held(wallet) == [(3, 0)]
    assert ledger.differences() == ()
