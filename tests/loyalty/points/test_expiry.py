"""Each lot has its own end; what is past is not spent, and waits the grace for late acts."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.links import LinkSigner
from app.settings import Settings
from app.wiring import Services
from app.worker import Jobs
from loyalty.points.errors import PointsShortError
from loyalty.points.policy import PointsPolicy, lot_end, months_later
from tests.support.ledger import Ledger


@pytest.fixture
def wallet(ledger: Ledger) -> UUID:
    """A wallet with a lot of 10 that ends in ten days and one of 20 that ends in ninety."""
    made = ledger.new_wallet()
    now = ledger.advance()
    ledger.credit("soon", made, 10, expires_at=now + timedelta(days=10))
    ledger.credit("late", made, 20, expires_at=now + timedelta(days=90))
    return made


def test_a_lot_is_over_at_its_end_and_not_a_second_before(ledger: Ledger, wallet: UUID) -> None:
    ledger.advance(days=10, s=-1)
    told = ledger.spendable(wallet)
    assert (told.free, told.expiring_points) == (30, 10)
    assert told.expiring_at == ledger.advance(s=1)
    told = ledger.spendable(wallet)
    assert (told.free, told.past, told.expiring_points) == (20, 10, 20)
    refused = ledger.hold("h1", wallet, 21).refused
    assert refused is not None
    assert isinstance(refused.error(), PointsShortError)


def test_one_lot_ends_and_the_others_stay(ledger: Ledger, wallet: UUID) -> None:
    began = ledger.advance()
    ledger.advance(days=24, s=-1)
    assert ledger.expire().lots == 0, "its grace is not over"
    now = ledger.advance(s=1)
    assert (ledger.expire().points, ledger.expire().points) == (10, 0)
    assert ledger.held(wallet) == [(20, 0)]
    assert ledger.balance(wallet).expires_next == began + timedelta(days=90)
    end = began + timedelta(days=10)
    assert ledger.as_of(wallet, occurred=end - timedelta(seconds=1), recorded=now) == (30, 0)
    assert ledger.as_of(wallet, occurred=end, recorded=now) == (20, 0)
    assert ledger.as_of(wallet, occurred=end, recorded=end) == (30, 0)
    assert ledger.differences() == ()


def test_what_was_redeemed_without_a_line_before_the_end_still_finds_its_points(
    ledger: Ledger, wallet: UUID
) -> None:
    before = ledger.advance(days=9)
    ledger.advance(days=12)
    ledger.expire()
    assert ledger.redeem("late:1", wallet, 25, occurred_at=before).points == 25
    assert ledger.redeem("late:2", wallet, 6).refused is not None
    assert ledger.held(wallet) == [(5, 0)]


def test_a_clock_that_is_years_off_does_not_wake_what_is_over(ledger: Ledger, wallet: UUID) -> None:
    ledger.advance(days=30)
    for number, years in enumerate((-27, 54), start=1):
        told = ledger.advance() + timedelta(days=365 * years)
        assert ledger.redeem(f"off:{number}", wallet, 21, occurred_at=told).refused is not None
    assert ledger.redeem("fine", wallet, 20).points == 20


def test_a_held_lot_does_not_end(ledger: Ledger, wallet: UUID) -> None:
    ledger.hold("order:1", wallet, 4, purpose="order")
    ledger.advance(days=60)
    assert ledger.expire().lots == 0
    assert ledger.post("redeem:1", "order:1").points == 4
    assert ledger.expire().points == 6
    assert ledger.held(wallet) == [(20, 0)]
    assert ledger.differences() == ()


def test_the_job_writes_off_and_lets_go_whoever_runs_it(
    ledger: Ledger, wallet: UUID, tmp_path: Path
) -> None:
    ledger.hold("h1", wallet, 3)
    ledger.advance(days=30)
    links = LinkSigner(ledger.tools.keys.link_secrets)
    settings = Settings(home=tmp_path, demo=True)
    jobs = Jobs(Services(settings, ledger.database, ledger.tools, links))
    for _ in range(2):
        jobs.tend_points()
    jobs.huey.storage.close()
    assert (ledger.balance(wallet).posted, ledger.balance(wallet).held) == (20, 0)
    assert ledger.differences() == ()


def test_pending_points_count_from_their_day_on(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.credit("sale:1", wallet, 10, available_at=ledger.advance() + timedelta(days=14))
    told = ledger.spendable(wallet)
    assert (told.free, told.pending) == (0, 10)
    ledger.advance(days=14)
    told = ledger.spendable(wallet)
    assert (told.free, told.pending) == (10, 0)
    assert ledger.hold("h1", wallet, 10).refused is None


@pytest.mark.parametrize(
    ("moment", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2023-11-30", 3, "2024-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-02", 24, "2028-03-02"),
    ],
)
def test_months_are_counted_by_the_calendar(moment: str, months: int, end: str) -> None:
    told = months_later(datetime.fromisoformat(moment), months)
    assert told == datetime.fromisoformat(end)


@pytest.mark.parametrize(("days_off", "days_counted"), [(0, 0), (-14, -14), (-15, 0), (1, 0)])
def test_an_end_does_not_follow_a_clock_that_is_far_off(days_off: int, days_counted: int) -> None:
    now = datetime.fromisoformat("2026-03-20T12:00:00+00:00")
    policy = PointsPolicy(expiry_months=12)
    told = lot_end(policy, earned_at=now + timedelta(days=days_off), at=now)
    assert told == months_later(now + timedelta(days=days_counted), 12)
    assert lot_end(PointsPolicy(), earned_at=now, at=now) is None
