"""A wallet's story adds up to its balance, whatever happened to it."""

from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.points.story import WalletStory, wallet_story
from tests.support.ledger import Ledger
from tests.support.sizes import SIZE

_RUNS = count(1)
ACTS = st.lists(
    st.tuples(st.sampled_from(["earn", "refund", "join", "part"]), st.integers(0, 40)),
    max_size=14,
)


def story_of(ledger: Ledger, wallet: UUID) -> WalletStory:
    with ledger.database.reading(ledger.program_id) as session:
        return wallet_story(session, ledger.program_id, wallet)


def check(ledger: Ledger, wallet: UUID) -> None:
    told, balance = story_of(ledger, wallet), ledger.balance(wallet)
    assert (told.posted, told.debt) == (balance.posted, balance.debt)
    assert sum(told.by_kind.values()) == balance.posted - balance.debt
    for lot in told.lots:
        assert lot.remaining == lot.lot.remaining
        assert lot.earned >= lot.came


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@settings(
    max_examples=SIZE.examples // 4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=ACTS)
def test_every_story_adds_up_to_its_balance(ledger: Ledger, acts: list[tuple[str, int]]) -> None:
    run = next(_RUNS)
    mine, other = ledger.new_wallet(), ledger.new_wallet()
    sales: list[str] = []
    joined: list[str] = []
    for number, (what, points) in enumerate(acts):
        act_id = f"{run}:{what}:{number}"
        if what == "earn":
            ledger.earn(act_id, mine if points % 3 else other, points)
            sales.append(act_id)
        elif what == "refund":
            ledger.take_back(act_id, mine, points, of=sales[points % len(sales)] if sales else None)
        elif what == "join":
            ledger.transfer(act_id, other, mine)
            joined.append(act_id)
        elif joined:
            ledger.transfer_back(act_id, other, mine, of=joined.pop())
    check(ledger, mine)
    check(ledger, other)


def test_a_lot_tells_where_it_came_from_and_what_took_from_it(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.take_back("refund:0", wallet, 4)
    ledger.earn("sale:1", wallet, 10)
    ledger.take_back("refund:1", wallet, 5, of="sale:1")
    told = story_of(ledger, wallet)
    (lot,) = told.lots
    assert (lot.source.act_id, lot.earned, lot.came, lot.remaining) == ("sale:1", 10, 6, 1)
    assert [(each.act.act_id, each.points) for each in lot.moves] == [("refund:1", -5)]
    assert sorted((each.act.act_id, each.points) for each in told.debts) == [
        ("refund:0", -4),
        ("sale:1", 4),
    ]
    assert (told.posted, told.debt, told.by_kind) == (1, 0, {"take_back": -9, "earn": 10})


def test_points_that_came_by_a_join_still_tell_their_sale(ledger: Ledger) -> None:
    phone, card = ledger.new_wallet(), ledger.new_wallet()
    ledger.earn("sale:1", phone, 5)
    ledger.transfer("join:1", phone, card)
    (lot,) = story_of(ledger, card).lots
    assert (lot.source.act_id, lot.brought_by.act_id, lot.remaining) == ("sale:1", "join:1", 5)
    assert story_of(ledger, phone).posted == 0
