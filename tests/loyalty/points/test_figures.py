"""What came into a shopper's wallets and went out of them."""

from uuid import UUID

from loyalty.points.figures import WalletSums, sums_of_wallets
from tests.support.ledger import Ledger


def test_a_join_that_was_undone_is_neither_earned_nor_used(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 7)
    ledger.transfer("join:1", phone, card)
    assert _sums(ledger, phone, card) == WalletSums(earned=7, used=0)
    ledger.transfer_back("unjoin:1", phone, card, of="join:1")
    assert _sums(ledger, phone) == WalletSums(earned=7, used=0)
    assert _sums(ledger, card) == WalletSums(earned=0, used=0)


def test_what_was_taken_back_counts_as_used(ledger: Ledger) -> None:
    card = ledger.new_wallet()
    ledger.earn("sale:1", card, 30)
    ledger.take_back("refund:1", card, 12, of="sale:1")
    assert _sums(ledger, card) == WalletSums(earned=30, used=12)


def test_the_sums_tell_what_is_left_after_points_went_along_with_an_undoing(
    ledger: Ledger,
) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 10)
    ledger.transfer("join:1", phone, card)
    ledger.earn("sale:2", card, 4)
    ledger.earn("sale:3", card, 9)
    theirs = [ledger.posting("sale:1"), ledger.posting("sale:2")]
    ledger.transfer_back("unjoin:1", phone, card, of="join:1", go=theirs)
    assert ledger.held(phone, card) == [(14, 0), (9, 0)]
    assert _sums(ledger, phone) == WalletSums(earned=14, used=0)
    assert _sums(ledger, card) == WalletSums(earned=13, used=4)


def _sums(ledger: Ledger, *wallets: UUID) -> WalletSums:
    with ledger.database.reading(ledger.program_id) as session:
        return sums_of_wallets(session, ledger.program_id, wallets)
