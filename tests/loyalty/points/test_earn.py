"""Points in, once, and never beside a debt."""

import pytest

from loyalty.points.errors import ActConflictError
from loyalty.points.queries import entries_of
from tests.support.ledger import Ledger


def test_points_come_in_once_however_often_it_is_told(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    first, again = (ledger.earn("sale:1", wallet, 12) for _ in range(2))
    assert (first.points, first.balance.points, first.replayed) == (12, 12, False)
    assert (again.points, again.balance.points, again.replayed) == (12, 12, True)
    assert ledger.held(wallet) == [(12, 0)]
    assert ledger.differences() == ()


def test_the_lines_of_an_earning_sum_to_zero(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    posting_id = ledger.earn("sale:1", wallet, 12).posting_id
    with ledger.database.reading(ledger.program_id) as session:
        lines = entries_of(session, ledger.program_id, posting_id)
    assert [(line.account, line.points) for line in lines] == [("issued", -12), ("wallet", 12)]


def test_the_id_of_an_act_is_not_used_for_another(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 12)
    with pytest.raises(ActConflictError) as refusal:
        ledger.earn("sale:1", wallet, 13)
    assert refusal.value.facts == {"act_id": "sale:1"}
    with pytest.raises(ActConflictError):
        ledger.take_back("sale:1", wallet, 12)
    assert ledger.held(wallet) == [(12, 0)]


def test_a_debt_is_repaid_before_points_can_be_spent(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.take_back("refund:0", wallet, 5)
    assert ledger.held(wallet) == [(0, 5)]
    assert ledger.earn("sale:1", wallet, 3).repaid == 3
    assert ledger.held(wallet) == [(0, 2)]
    earned = ledger.earn("sale:2", wallet, 3)
    assert (earned.repaid, earned.balance.points, earned.balance.debt) == (2, 1, 0)
    assert ledger.differences() == ()


def test_a_receipt_below_one_point_is_known_all_the_same(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    assert ledger.earn("sale:1", wallet, 0).points == 0
    assert ledger.earn("sale:1", wallet, 0).replayed
    assert ledger.differences() == ()
