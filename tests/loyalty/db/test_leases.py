"""One server runs a periodic job; when it dies another takes over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from loyalty.db.leases import end_lease, take_lease
from loyalty.db.session import NO_PROGRAM, Database
from tests.support.clock import ManualClock

HOLD, HOUR = timedelta(minutes=5), timedelta(hours=1)


def takes(database: Database, clock: ManualClock, holder: str) -> bool:
    with database.unit_of_work(NO_PROGRAM) as session:
        return take_lease(session, "clean", holder=holder, at=clock.now(), hold=HOLD, every=HOUR)


def ends(database: Database, clock: ManualClock, holder: str) -> None:
    with database.unit_of_work(NO_PROGRAM) as session:
        end_lease(session, "clean", holder=holder, at=clock.now())


def test_a_job_is_done_by_one_server_and_again_when_it_is_due(
    database: Database, clock: ManualClock
) -> None:
    assert takes(database, clock, "one")
    assert not takes(database, clock, "two")
    ends(database, clock, "one")
    assert not takes(database, clock, "two"), "it was done just now"
    clock.advance(minutes=59)
    assert not takes(database, clock, "two")
    clock.advance(minutes=1)
    assert takes(database, clock, "two")


def test_the_lease_of_a_server_that_died_is_taken_over(
    database: Database, clock: ManualClock
) -> None:
    assert takes(database, clock, "one")
    clock.advance(minutes=4, s=59)
    assert not takes(database, clock, "two")
    clock.advance(s=1)
    assert takes(database, clock, "two")
    ends(database, clock, "one")
    assert not takes(database, clock, "three"), "who lost the lease cannot give it away"


@pytest.mark.race
def test_of_many_servers_one_gets_the_turn(database: Database, clock: ManualClock) -> None:
    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(lambda n: takes(database, clock, f"server {n}"), range(20)))
    assert won.count(True) == 1
