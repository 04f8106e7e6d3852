"""A wallet's story adds up to its balance, whatever happened to it."""

from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.journeys.explain_points import PointsTold, Reader, explain_points
from loyalty.points.story import WalletStory, wallet_story
from tests.support.ledger import Ledger
from tests.support.sizes import SIZE

_RUNS = count(1)
KINDS = (
    *("earn", "refund", "gift", "wait", "end", "join", "part", "adjust", "forgive"),
    *("hold", "late", "post", "void", "back", "day", "release"),
)
ACTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 40)), max_size=20)


def story_of(ledger: Ledger, wallet: UUID) -> WalletStory:
    with ledger.database.reading(ledger.program_id) as session:
        return wallet_story(session, ledger.program_id, wallet)


def told_of(ledger: Ledger, wallet: UUID) -> PointsTold:
    now = ledger.tools.clock.now()
    with ledger.database.reading(ledger.program_id) as session:
        return explain_points(session, ledger.program_id, wallet, reader=Reader(), at=now)


def check(ledger: Ledger, wallet: UUID) -> None:
    story, balance = story_of(ledger, wallet), ledger.balance(wallet)
    assert (story.posted, story.debt) == (balance.posted, balance.debt)
    assert sum(story.by_kind.values()) == balance.posted - balance.debt
    assert all(each.remaining == each.lot.remaining for each in story.lots)
    told, now = told_of(ledger, wallet), ledger.spendable(wallet)
    assert (told.free, told.held, told.pending, told.past, told.debt) == (
        now.free,
        now.held,
        now.pending,
        now.past,
        now.debt,
    )
    assert sum(told.by_kind.values()) == now.free + now.held + now.pending + now.past - now.debt
    assert sum(hold.points for hold in told.holds) == told.held == sum(x.held for x in told.lots)
    for lot in (*told.lots, *told.used):
        assert lot.came + sum(move.points for move in lot.moves) == lot.remaining
    used = sum(lot.came for lot in told.used) + told.older.points
    came = sum(lot.came for lot in told.lots) + used
    moved = sum(move.points for lot in told.lots for move in lot.moves) - used
    assert came + moved == balance.posted


class Run:
    """One ledger told what to do by a list of acts; what cannot be done is left out."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.name = next(_RUNS)
        self.mine, self.other = ledger.new_wallet(), ledger.new_wallet()
        self.sales: list[str] = []
        self.joins: list[str] = []
        self.holds: list[str] = []
        self.taken: list[str] = []

    def do(self, number: int, what: str, points: int) -> None:
        act_id, ledger, mine = f"{self.name}:{what}:{number}", self.ledger, self.mine
        soon = ledger.tools.clock.now() + timedelta(days=points % 5 + 1)
        match what:
            case "earn":
                ledger.earn(act_id, mine if points % 3 else self.other, points)
                self.sales.append(act_id)
            case "refund":
                of = self.sales[points % len(self.sales)] if self.sales else None
                ledger.take_back(act_id, mine, points, of=of)
            case "gift":
                ledger.credit(act_id, mine, points)
            case "wait":
                ledger.credit(act_id, mine, points, available_at=soon)
            case "end":
                ledger.credit(act_id, mine, points, expires_at=soon)
            case "join":
                ledger.transfer(act_id, self.other, mine)
                self.joins.append(act_id)
            case "part" if self.joins:
                ledger.transfer_back(act_id, self.other, mine, of=self.joins.pop())
            case "hold" | "late":
                ends_at = soon if what == "late" else None
                if ledger.hold(act_id, mine, points, ends_at=ends_at).refused is None:
                    self.holds.append(act_id)
            case _:
                self.do_more(act_id, what, points)

    def do_more(self, act_id: str, what: str, points: int) -> None:
        ledger, mine = self.ledger, self.mine
        match what:
            case "post" if self.holds:
                if ledger.post(act_id, self.holds.pop()).refused is None:
                    self.taken.append(act_id)
            case "void" if self.holds:
                ledger.void(self.holds.pop())
            case "back" if self.taken:
                ledger.give_back(act_id, self.taken[-1], points)
            case "adjust":
                ledger.adjust(act_id, mine, points if points % 2 else -points)
            case "forgive":
                ledger.forgive(act_id, mine)
            case "day":
                ledger.advance(days=1)
            case "release":
                ledger.release()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@settings(
    max_examples=SIZE.examples // 3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=ACTS)
def test_every_story_adds_up_to_its_balance(ledger: Ledger, acts: list[tuple[str, int]]) -> None:
    run = Run(ledger)
    for number, (what, points) in enumerate(acts):
        run.do(number, what, points)
    check(ledger, run.mine)
    check(ledger, run.other)


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


def test_what_waits_ends_and_is_held_is_told_apart(ledger: Ledger) -> None:
    wallet, now = ledger.new_wallet(), ledger.tools.clock.now()
    ledger.credit("bonus:1", wallet, 10, expires_at=now + timedelta(days=3))
    ledger.credit("bonus:2", wallet, 7, available_at=now + timedelta(days=2))
    ledger.hold("h1", wallet, 4, ends_at=now + timedelta(minutes=15))
    told = told_of(ledger, wallet)
    assert (told.free, told.held, told.pending, told.past) == (6, 4, 7, 0)
    assert [lot.state for lot in told.lots] == ["free", "pending"]
    ledger.advance(minutes=16)
    assert (told_of(ledger, wallet).free, told_of(ledger, wallet).holds) == (10, ())
    ledger.advance(days=3)
    told = told_of(ledger, wallet)
    assert (told.free, told.held, told.pending, told.past) == (7, 0, 0, 10)
    assert [lot.state for lot in told.lots] == ["past", "free"]
