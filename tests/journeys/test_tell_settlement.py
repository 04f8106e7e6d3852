"""Two shops, one card: who gave points pays who took them, and every figure opens."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from loyalty.db.session import Database
from loyalty.journeys.tell_settlement import SettlementTold, open_figure, tell_settlement
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.kernel.ids import new_id
from loyalty.points.policy import PointsPolicy
from loyalty.points.settlement import Page, SettlementEntry
from loyalty.points.settlement_rules import Party
from tests.support.clock import ManualClock
from tests.support.ledger import Ledger, open_ledger
from tests.support.town import add_store

DAY = date(2026, 3, 2)
WEEK = DAY + timedelta(days=6)


@dataclass(frozen=True, slots=True)
class TwoShops:
    """A bakery and a greengrocer of one program, each with its till."""

    bakery: Ledger
    greengrocer: Ledger

    def name(self, party: Party) -> str:
        names = {self.bakery.street.store_id: "bakery", self.greengrocer.street.store_id: "greens"}
        return "program" if party is None else names[party]

    def settled(self, *stores: Ledger, first: date = DAY, last: date = WEEK) -> SettlementTold:
        mine = [one.street.store_id for one in stores or (self.bakery, self.greengrocer)]
        ledger = self.bakery
        with ledger.database.reading(ledger.program_id) as session:
            return tell_settlement(session, ledger.program_id, mine, first=first, last=last)

    def owed(self) -> list[tuple[str, str, int, int]]:
        return [
            (self.name(f.debtor), self.name(f.creditor), f.points, f.amount_minor)
            for f in self.settled().settlement.figures
        ]

    def opened(
        self, one: Party, other: Party, *stores: Ledger, page: Page | None = None
    ) -> tuple[SettlementEntry, ...]:
        mine = [ledger.street.store_id for ledger in stores or (self.bakery, self.greengrocer)]
        ledger = self.bakery
        with ledger.database.reading(ledger.program_id) as session:
            return open_figure(
                session,
                ledger.program_id,
                mine,
                between=(one, other),
                first=DAY,
                last=WEEK,
                page=page or Page(100),
            )


@pytest.fixture
def shops(database: Database, tools: Tools, clock: ManualClock) -> TwoShops:
    bakery = open_ledger(database, tools)
    other = new_id(clock.now())
    with database.unit_of_work(bakery.program_id) as session:
        add_store(
            session, bakery.program_id, other, slug="LUZ", at=clock.now() + timedelta(seconds=1)
        )
    return TwoShops(bakery, replace(bakery, street=replace(bakery.street, store_id=other)))


def spend(ledger: Ledger, name: str, wallet: object, points: int) -> None:
    ledger.hold(name, wallet, points)  # type: ignore[arg-type]
    ledger.post(f"redeem:{name}", name)


def test_points_of_the_bakery_that_the_greengrocer_took_are_owed_to_it(
    shops: TwoShops, clock: ManualClock
) -> None:
    card = shops.bakery.new_wallet()
    shops.bakery.earn("sale:1", card, 300)
    clock.advance(s=1)  # the older lot pays first
    shops.greengrocer.earn("sale:2", card, 50)
    spend(shops.greengrocer, "h1", card, 320)  # 300 of the bakery's, 20 of its own
    assert shops.owed() == [("bakery", "greens", 300, 300)]
    spend(shops.bakery, "h2", card, 10)
    assert shops.owed() == [("bakery", "greens", 290, 290)]
    told = shops.settled()
    assert sum(total.amount_minor for total in told.settlement.totals) == 0
    assert told.is_whole


def test_a_reward_that_is_given_back_is_not_owed(shops: TwoShops) -> None:
    card = shops.bakery.new_wallet()
    shops.bakery.earn("sale:1", card, 300)
    spend(shops.greengrocer, "h1", card, 100)
    shops.greengrocer.give_back("refund:1", "redeem:h1", 40)
    assert shops.owed() == [("bakery", "greens", 60, 60)]


def test_points_of_one_shop_that_pay_for_a_refund_of_the_other_are_owed(shops: TwoShops) -> None:
    """They had been spent elsewhere: the other shop's points stand in for them."""
    card = shops.bakery.new_wallet()
    shops.bakery.earn("sale:1", card, 100)
    spend(shops.bakery, "h1", card, 100)
    shops.greengrocer.earn("sale:2", card, 70)
    shops.bakery.take_back("refund:1", card, 100, of="sale:1")
    assert set(shops.owed()) == {("greens", "bakery", 70, 70), ("program", "bakery", 30, 30)}
    shops.greengrocer.earn("sale:3", card, 50)  # 30 of it repay what is owed
    assert set(shops.owed()) == {
        ("greens", "bakery", 70, 70),
        ("program", "bakery", 30, 30),
        ("greens", "program", 30, 30),
    }
    assert sum(total.amount_minor for total in shops.settled().settlement.totals) == 0


def test_points_taken_away_by_hand_are_owed_to_nobody(shops: TwoShops) -> None:
    card = shops.bakery.new_wallet()
    shops.bakery.earn("sale:1", card, 100)
    shops.greengrocer.adjust("adjust:1", card, -40)
    assert shops.owed() == []


def test_each_line_is_worth_what_counted_when_it_was_recorded(
    shops: TwoShops, clock: ManualClock
) -> None:
    card = shops.bakery.new_wallet()
    shops.bakery.earn("sale:1", card, 300)
    spend(shops.greengrocer, "h1", card, 100)
    clock.advance(days=1)
    shops.bakery.decide(PointsPolicy(value_minor_per_1000=1755))
    clock.advance(days=1)
    spend(shops.greengrocer, "h2", card, 101)
    (figure,) = shops.settled().settlement.figures
    assert (figure.worth_milli, figure.amount_minor) == (100_000 + 101 * 1755, 277)
    one, other = figure.debtor, figure.creditor
    lines = shops.opened(one, other)
    assert [(line.points, line.worth_milli) for line in lines] == [
        (100, 100_000),
        (101, 177_255),
    ]


def test_every_figure_opens_into_its_lines_a_page_at_a_time(shops: TwoShops) -> None:
    card = shops.bakery.new_wallet()
    for number in range(6):
        shops.bakery.earn(f"sale:{number}", card, 10)
        spend(shops.greengrocer, f"h{number}", card, 7)
    shops.greengrocer.give_back("refund:1", "redeem:h0", 5)
    (figure,) = shops.settled().settlement.figures
    found: list[SettlementEntry] = []
    while True:
        after = (found[-1].posting_id, found[-1].line) if found else None
        page = shops.opened(figure.creditor, figure.debtor, page=Page(3, after))
        found += page
        if len(page) < 3:
            break
    assert len(found) == figure.entries
    assert sum(line.worth_milli for line in found) == figure.worth_milli
    assert sum(line.points for line in found) == figure.points
    assert len({(line.posting_id, line.line) for line in found}) == len(found)


def test_a_store_sees_its_own_sales_only(shops: TwoShops) -> None:
    card = shops.bakery.new_wallet()
    shops.bakery.earn("sale:1", card, 300)
    spend(shops.greengrocer, "h1", card, 100)
    mine = shops.settled(shops.bakery)
    assert not mine.is_whole
    assert [total.amount_minor for total in mine.settlement.totals] == [-100]
    (figure,) = mine.settlement.figures
    (seen,) = shops.opened(figure.debtor, figure.creditor, shops.bakery)
    (own,) = shops.opened(figure.debtor, figure.creditor, shops.greengrocer)
    assert (seen.points, seen.subject) == (100, None)
    assert own.subject == "redeem:h1"
    with pytest.raises(NotFoundError):
        shops.opened(None, figure.creditor, shops.bakery)


def test_a_day_counts_from_midnight_to_midnight_in_the_shops_zone(
    shops: TwoShops, clock: ManualClock
) -> None:
    card = shops.bakery.new_wallet()
    shops.bakery.earn("sale:1", card, 300)
    clock.advance(hours=14)  # 23:00 UTC: midnight in Madrid
    spend(shops.greengrocer, "h1", card, 100)
    assert shops.settled(first=DAY, last=DAY).settlement.figures == ()
    tomorrow = DAY + timedelta(days=1)
    assert len(shops.settled(first=tomorrow, last=tomorrow).settlement.figures) == 1


@pytest.mark.parametrize("last", [DAY - timedelta(days=1), DAY + timedelta(days=400)])
def test_days_in_the_wrong_order_or_too_many_are_refused(shops: TwoShops, last: date) -> None:
    with pytest.raises(SettingInvalidError):
        shops.settled(first=DAY, last=last)
