"""Two wallets become one and can be two again."""

import pytest

from loyalty.points.errors import ActConflictError
from loyalty.points.lots import lots_of
from loyalty.points.queries import history
from tests.support.ledger import Ledger


def test_everything_goes_over_and_comes_back(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 5)
    ledger.earn("sale:2", phone, 7)
    ledger.earn("sale:3", card, 30)
    for _ in range(2):
        moved = ledger.transfer("join:1", phone, card)
        assert (moved.points, moved.debt) == (12, 0)
        assert ledger.held(phone, card) == [(0, 0), (42, 0)]
    for _ in range(2):
        back = ledger.transfer_back("unjoin:1", phone, card, of="join:1")
        assert (back.points, back.debt) == (12, 0)
        assert ledger.held(phone, card) == [(12, 0), (30, 0)]
    assert ledger.differences() == ()


def test_lots_keep_their_name_so_a_later_refund_finds_them(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 5)
    ledger.earn("sale:2", card, 30)
    ledger.transfer("join:1", phone, card)
    taken = ledger.take_back("refund:1", card, 5, of="sale:1")
    assert taken.owed == 0
    with ledger.database.reading(ledger.program_id) as session:
        lots = {lot.lot_id: lot.remaining for lot in lots_of(session, ledger.program_id, card)}
    assert lots == {ledger.posting("sale:2"): 30}
    ledger.transfer_back("unjoin:1", phone, card, of="join:1")
    assert ledger.held(phone, card) == [(0, 0), (30, 0)]
    assert ledger.differences() == ()


def test_a_debt_goes_over_too_and_is_paid_by_the_other(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.take_back("refund:0", phone, 8)
    ledger.earn("sale:1", card, 5)
    moved = ledger.transfer("join:1", phone, card)
    assert (moved.points, moved.debt) == (0, 8)
    assert ledger.held(phone, card) == [(0, 0), (0, 3)]
    ledger.transfer_back("unjoin:1", phone, card, of="join:1")
    assert ledger.held(phone, card) == [(0, 8), (5, 0)]
    assert ledger.differences() == ()


def test_points_that_come_in_repay_the_debt_of_the_one_that_stays(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 10)
    ledger.take_back("refund:0", card, 4)
    ledger.transfer("join:1", phone, card)
    assert ledger.held(phone, card) == [(0, 0), (6, 0)]
    ledger.transfer_back("unjoin:1", phone, card, of="join:1")
    assert ledger.held(phone, card) == [(10, 0), (0, 4)]
    assert ledger.differences() == ()


def test_what_was_used_together_stays_used(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 10)
    ledger.earn("sale:2", card, 5)
    ledger.transfer("join:1", phone, card)
    ledger.take_back("spent", card, 12)
    assert ledger.held(phone, card) == [(0, 0), (3, 0)]
    ledger.transfer_back("unjoin:1", phone, card, of="join:1")
    assert sum(points for points, _ in ledger.held(phone, card)) == 3
    assert ledger.differences() == ()


def test_what_one_side_earned_meanwhile_goes_with_it(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 10)
    ledger.transfer("join:1", phone, card)
    ledger.earn("sale:2", card, 4)
    ledger.earn("sale:3", card, 9)
    theirs = [ledger.posting("sale:1"), ledger.posting("sale:2")]
    for _ in range(2):
        back = ledger.transfer_back("unjoin:1", phone, card, of="join:1", go=theirs)
        assert back.points == 14
    assert ledger.held(phone, card) == [(14, 0), (9, 0)]
    assert ledger.take_back("refund:2", phone, 4, of="sale:2").owed == 0
    assert ledger.differences() == ()


def test_join_undo_and_join_again(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 10)
    for number in range(3):
        ledger.transfer(f"join:{number}", phone, card)
        ledger.earn(f"sale:c{number}", card, 1)
        ledger.transfer_back(f"unjoin:{number}", phone, card, of=f"join:{number}")
    assert ledger.held(phone, card) == [(10, 0), (3, 0)]
    assert ledger.differences() == ()


def test_the_id_of_a_transfer_is_not_used_for_another(ledger: Ledger) -> None:
    phone, card, third = (ledger.new_wallet() for _ in range(3))
    ledger.transfer("join:1", phone, card)
    with pytest.raises(ActConflictError):
        ledger.transfer("join:1", third, card)


def test_both_histories_tell_it(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 10)
    ledger.transfer("join:1", phone, card)
    with ledger.database.reading(ledger.program_id) as session:
        told = {
            wallet: [
                (row.posting.kind, row.points)
                for row in history(session, ledger.program_id, [wallet])
            ]
            for wallet in (phone, card)
        }
    assert told[card] == [("transfer", 10)]
    assert sorted(told[phone]) == [("earn", 10), ("transfer", -10)]
