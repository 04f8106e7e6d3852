"""Memberships are joined, and taken apart, while points are held: no hold and no point is stuck."""

from tests.support.ledger import Ledger


def test_a_hold_goes_over_and_is_posted_by_the_id_the_caller_knows(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 30)
    ledger.hold("h1", phone, 20)
    for _ in range(2):
        assert ledger.transfer("join:1", phone, card).points == 30
    assert [ledger.balance(wallet).held for wallet in (phone, card)] == [0, 20]
    assert ledger.differences() == ()
    assert ledger.hold("h1", phone, 20).outcome is None
    assert ledger.post("redeem:1", "h1", 15).points == 15
    assert ledger.held(phone, card) == [(0, 0), (15, 0)]
    assert ledger.hold("h1", card, 20).outcome == "posted"
    assert ledger.differences() == ()


def test_what_is_held_pays_no_debt_of_the_other_wallet(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 30)
    ledger.hold("h1", phone, 30)
    ledger.take_back("refund:0", card, 12)
    ledger.transfer("join:1", phone, card)
    assert (ledger.balance(card).held, ledger.balance(card).debt) == (30, 12)
    assert ledger.post("redeem:1", "h1", 25).points == 25
    assert ledger.held(phone, card) == [(0, 0), (0, 7)]
    assert ledger.differences() == ()


def test_a_hold_that_went_over_comes_back_when_the_join_is_undone(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:2", card, 5)
    ledger.advance(s=1)  # the older lot pays first
    ledger.earn("sale:1", phone, 30)
    ledger.hold("h1", phone, 20)
    ledger.transfer("join:1", phone, card)
    ledger.hold("h2", card, 3)
    for _ in range(2):
        ledger.transfer_back("unjoin:1", phone, card, of="join:1")
    assert [ledger.balance(wallet).held for wallet in (phone, card)] == [20, 3]
    assert ledger.void("h1").outcome == "voided"
    assert ledger.void("h2").outcome == "voided"
    assert ledger.held(phone, card) == [(30, 0), (5, 0)]
    assert ledger.differences() == ()


def test_a_hold_that_ran_out_does_not_go_over(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 30)
    ledger.hold("h1", phone, 20)
    ledger.advance(minutes=15)
    ledger.transfer("join:1", phone, card)
    assert ledger.hold("h1", phone, 20).outcome == "lapsed"
    assert ledger.held(phone, card) == [(0, 0), (30, 0)]
    assert ledger.differences() == ()
