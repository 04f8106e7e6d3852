"""Points go back where they came from; what is gone is owed."""

from loyalty.points.lots import lots_of
from loyalty.points.queries import entries_of
from tests.support.ledger import Ledger


def test_its_own_lot_pays_first(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 10)
    ledger.earn("sale:2", wallet, 10)
    for _ in range(2):
        taken = ledger.take_back("refund:2", wallet, 8, of="sale:2")
        assert (taken.points, taken.owed, taken.balance.points) == (8, 0, 12)
    with ledger.database.reading(ledger.program_id) as session:
        lots = {lot.lot_id: lot.remaining for lot in lots_of(session, ledger.program_id, wallet)}
    assert lots == {ledger.posting("sale:1"): 10, ledger.posting("sale:2"): 2}
    assert ledger.differences() == ()


def test_then_the_other_lots_pay_and_the_rest_is_owed(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 4)
    ledger.earn("sale:2", wallet, 3)
    taken = ledger.take_back("refund:2", wallet, 10, of="sale:2")
    assert (taken.points, taken.owed) == (10, 3)
    with ledger.database.reading(ledger.program_id) as session:
        lines = entries_of(session, ledger.program_id, taken.posting_id)
    told = sorted((line.account, line.points) for line in lines)
    assert told == [("debt", -3), ("issued", 10), ("wallet", -4), ("wallet", -3)]
    again = ledger.take_back("refund:2", wallet, 10, of="sale:2")
    assert (again.points, again.owed, again.replayed) == (10, 3, True)
    assert ledger.held(wallet) == [(0, 3)]


def test_a_wallet_is_never_negative(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.take_back("refund:1", wallet, 7)
    balance = ledger.balance(wallet)
    assert (balance.posted, balance.debt) == (0, 7)
