"""What is written is sealed within a minute, once, and no late commit is passed over."""

import threading
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from loyalty.db.session import Database
from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import verify_program
from loyalty.points.seals.audit import audit_head
from loyalty.points.seals.find import Batch, last_seal, next_batch
from loyalty.points.seals.rollups import points_by_day
from loyalty.points.seals.rules import HeadAsked, SealFacts
from tests.support.clock import ManualClock
from tests.support.ledger import Ledger, open_ledger


@pytest.fixture
def ledger(database: Database, tools: Tools) -> Ledger:
    return open_ledger(database, tools)


def sealed(ledger: Ledger, *, everything: bool = False) -> int:
    return seal_ledger(
        ledger.database, ledger.program_id, tools=ledger.tools, everything=everything
    )


def head(ledger: Ledger) -> SealFacts:
    with ledger.database.reading(ledger.program_id) as session:
        found = last_seal(session, ledger.program_id)
    assert found is not None
    return found


def findings(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.database.reading(ledger.program_id) as session:
        found = verify_program(session, ledger.program_id, tools=ledger.tools)
    return [(one.invariant, one.subject) for one in found]


def test_what_was_written_is_sealed_once(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("a1", wallet, 10)
    assert sealed(ledger) == 1
    # The program's first rules, a wallet and a posting.
    assert (head(ledger).count, sealed(ledger), sealed(ledger, everything=True)) == (3, 0, 0)
    ledger.take_back("a2", wallet, 4, of="a1")
    assert sealed(ledger) == 1
    assert (head(ledger).block, head(ledger).first, head(ledger).count) == (2, 4, 1)
    assert findings(ledger) == []


def test_sealing_ends_while_a_shop_goes_on_selling(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet, numbers = ledger.new_wallet(), count()

    def sell() -> None:
        ledger.earn(f"a{next(numbers)}", wallet, 1)

    def found_and_sold(*args: Any, **more: Any) -> Batch:  # noqa: ANN401
        batch = next_batch(*args, **more)
        selling = threading.Thread(target=sell)
        selling.start()
        selling.join()
        return batch

    sell()
    monkeypatch.setattr("loyalty.journeys.seal_ledger.next_batch", found_and_sold)
    assert sealed(ledger) == 1
    monkeypatch.undo()
    assert (sealed(ledger), head(ledger).count, sealed(ledger)) == (1, 1, 0)
    assert findings(ledger) == []


def test_sealing_twice_at_once_seals_once(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    for number in range(20):
        ledger.earn(f"a{number}", wallet, 1)
    threads = [threading.Thread(target=sealed, args=(ledger,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (head(ledger).block, head(ledger).count) == (1, 22)
    assert findings(ledger) == []


def test_a_posting_that_commits_late_is_in_the_next_block(
    ledger: Ledger, clock: ManualClock
) -> None:
    """Its time and its id are older than those that were sealed while it was still open."""
    wallet, other = ledger.new_wallet(), ledger.new_wallet()
    began = clock.now()
    for number in range(5):
        clock.advance(s=1)
        ledger.earn(f"early{number}", wallet, 1)
    assert sealed(ledger) == 1
    now = clock.now()
    clock.set(began)
    ledger.earn("late", other, 7)
    clock.set(now)
    assert sealed(ledger) == 1
    assert head(ledger).count == 1
    clock.advance(hours=1)
    assert findings(ledger) == []


def test_what_is_older_than_any_window_is_found_by_the_sweep_and_told_until_then(
    ledger: Ledger, clock: ManualClock
) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("a1", wallet, 1)
    began = clock.now()
    sealed(ledger)
    clock.advance(days=1)
    ledger.earn("a2", wallet, 1)
    sealed(ledger)
    now = clock.now()
    clock.set(began)
    ledger.earn("lost", wallet, 1)
    clock.set(now)
    assert sealed(ledger) == 0
    lost = ledger.posting("lost").hex
    assert findings(ledger) == [("every row is sealed", f"posting {lost}")]
    assert sealed(ledger, everything=True) == 1
    assert findings(ledger) == []


def test_days_add_up_as_the_entries_do(ledger: Ledger, clock: ManualClock) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("a1", wallet, 10)
    ledger.earn("a2", wallet, 5)
    sealed(ledger)
    clock.advance(hours=14.5)  # past midnight in Madrid, not in UTC
    ledger.earn("a3", wallet, 2)
    ledger.take_back("a4", wallet, 1, of="a3")
    sealed(ledger)
    day = clock.now().date()
    with ledger.database.reading(ledger.program_id) as session:
        found = points_by_day(session, ledger.program_id, since=day, until=day + timedelta(days=1))
    told = [(str(d.day), d.account, d.kind, d.points, d.acts) for d in found]
    assert told == [
        ("2026-03-02", "issued", "earn", -15, 2),
        ("2026-03-02", "wallet", "earn", 15, 2),
        ("2026-03-03", "issued", "earn", -2, 1),
        ("2026-03-03", "issued", "take_back", 1, 1),
        ("2026-03-03", "wallet", "earn", 2, 1),
        ("2026-03-03", "wallet", "take_back", -1, 1),
    ]


def test_a_head_that_was_kept_is_held_against_the_chain(ledger: Ledger) -> None:
    wallet = ledger.new_wallet()
    ledger.earn("a1", wallet, 10)
    sealed(ledger)
    kept = HeadAsked(1, head(ledger).hash)
    ledger.earn("a2", wallet, 10)
    sealed(ledger)
    with ledger.database.reading(ledger.program_id) as session:
        assert list(audit_head(session, ledger.program_id, kept)) == []
        (other,) = audit_head(session, ledger.program_id, HeadAsked(2, kept.told))
        (none,) = audit_head(session, ledger.program_id, HeadAsked(9, kept.told))
    assert (other.subject, other.told) == ("block 2", head(ledger).hash)
    assert (none.subject, none.told) == ("block 9", "none")
