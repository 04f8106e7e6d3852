"""What shops complain about elsewhere, of ledger, expiry and races: each cannot happen here.

The number is that of the complaint's thread.
"""

from datetime import timedelta

import pytest

from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.points.errors import PointsInvalidError
from loyalty.points.policy import PointsPolicy
from tests.support.at_once import at_once
from tests.support.ledger import Ledger, open_ledger


@pytest.fixture
def ledger(database: Database, tools: Tools) -> Ledger:
    return open_ledger(database, tools)


@pytest.mark.race
def test_fuint_71_twenty_parallel_spends_of_a_hundred_from_a_hundred_are_one(
    ledger: Ledger,
) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 100)
    told = at_once(20, lambda number: ledger.redeem(f"gift:{number}", wallet, 100).points)
    assert sorted(each for each in told if isinstance(each, int)) == [0] * 19 + [100]
    assert ledger.held(wallet) == [(0, 0)]
    assert ledger.differences() == ()


def test_odoo_111670_219640_259660_no_dust_is_left_and_no_part_of_a_point_moves(
    ledger: Ledger,
) -> None:
    wallet = ledger.new_wallet()
    for number in range(10):
        ledger.earn(f"sale:{number}", wallet, 1)
    for part in (0.1, 1.640000000001, 9.999999):
        with pytest.raises(PointsInvalidError):
            ledger.redeem(f"part:{part}", wallet, part)  # type: ignore[arg-type]
    assert ledger.redeem("all", wallet, 10).points == 10
    assert ledger.held(wallet) == [(0, 0)]


def test_erpnext_a_sale_is_called_off_although_its_points_were_spent(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 30)
    ledger.redeem("redeem:1", wallet, 30)
    taken = ledger.take_back("refund:1", wallet, 30, of="sale:1")
    assert (taken.points, taken.owed) == (30, 30)
    ledger.earn("sale:2", wallet, 40)
    assert ledger.held(wallet) == [(10, 0)]


def test_smile_one_lot_ends_and_not_the_whole_balance(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    now = ledger.advance()
    ledger.credit("winter", wallet, 10, expires_at=now + timedelta(days=10))
    ledger.credit("spring", wallet, 20, expires_at=now + timedelta(days=90))
    ledger.advance(days=30)
    ledger.expire()
    assert ledger.held(wallet) == [(20, 0)]


def test_flocafe_62_each_end_is_told_and_kept_not_only_the_first(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    now = ledger.advance()
    ends = [now + timedelta(days=days) for days in (10, 20, 30)]
    for number, end in enumerate(ends, start=1):
        ledger.credit(f"sale:{number}", wallet, number, expires_at=end)
    seen = []
    while (told := ledger.spendable(wallet)).expiring_at is not None:
        seen.append((told.expiring_at, told.expiring_points))
        ledger.advance(s=(told.expiring_at - ledger.advance()).total_seconds())
    assert seen == list(zip(ends, (1, 2, 3), strict=True))
    ledger.advance(days=14)
    ledger.expire()
    assert ledger.held(wallet) == [(0, 0)]


def test_odoo_247740_what_is_over_cannot_be_claimed_before_any_job_ran(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.credit("sale:1", wallet, 10, expires_at=ledger.advance() + timedelta(days=1))
    ledger.advance(days=1)
    assert ledger.hold("h1", wallet, 1).refused is not None
    assert ledger.redeem("redeem:1", wallet, 1).refused is not None


def test_ecommerce_laravel_1056_every_lot_ends_whatever_brought_it(ledger: Ledger) -> None:
    ledger.decide(PointsPolicy(expiry_months=1))
    wallet = ledger.new_wallet()
    ledger.open("open:1", wallet, 10)
    ledger.adjust("adjust:1", wallet, 10)
    ledger.credit(
        "bonus:1", wallet, 10, expires_at=ledger.advance() + timedelta(days=31), kind="bonus"
    )
    ledger.advance(days=31 + 14)
    assert ledger.expire().points == 30


def test_odoo_206048_the_history_and_the_balance_are_one(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("sale:1", wallet, 30)
    ledger.hold("h1", wallet, 12)
    ledger.post("redeem:1", "h1", 7)
    ledger.give_back("back:1", "redeem:1", 3)
    now = ledger.advance()
    balance = ledger.balance(wallet)
    assert ledger.as_of(wallet, occurred=now, recorded=now) == (balance.posted, balance.debt)
    assert ledger.differences() == ()


def test_erpnext_40732_12790_points_of_the_old_system_come_along_once(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    for _ in range(2):
        assert ledger.open("open:card-17", wallet, 120).points == 120
    assert ledger.held(wallet) == [(120, 0)]
    assert ledger.hold("h1", wallet, 120).refused is None
