"""A guarded door counts its tries across threads and servers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from loyalty.db.rates import count_try, forget_old_tries, forget_tries, give_back_try
from loyalty.db.session import NO_PROGRAM, Database
from tests.support.clock import ManualClock
from tests.support.counters import rows

MINUTE = timedelta(minutes=1)


def tried(database: Database, clock: ManualClock, subject: str = "door") -> bool:
    with database.unit_of_work(NO_PROGRAM) as session:
        return count_try(session, subject, limit=3, window=MINUTE, at=clock.now())


def test_the_fourth_try_within_a_minute_is_one_too_many(
    database: Database, clock: ManualClock
) -> None:
    assert [tried(database, clock) for _ in range(5)] == [True, True, True, False, False]
    assert tried(database, clock, "another door")
    clock.advance(s=59)
    assert not tried(database, clock)
    clock.advance(s=1)
    assert [tried(database, clock) for _ in range(4)] == [True, True, True, False]


def test_a_door_opened_rightly_starts_again_from_zero(
    database: Database, clock: ManualClock
) -> None:
    for _ in range(4):
        tried(database, clock)
    with database.unit_of_work(NO_PROGRAM) as session:
        forget_tries(session, "door")
    assert tried(database, clock)


def test_a_try_that_was_right_is_given_back_and_the_others_stay(
    database: Database, clock: ManualClock
) -> None:
    for _ in range(3):
        tried(database, clock)
    with database.unit_of_work(NO_PROGRAM) as session:
        give_back_try(session, "door")
    assert [tried(database, clock) for _ in range(2)] == [True, False]
    with database.unit_of_work(NO_PROGRAM) as session:
        for _ in range(3):
            give_back_try(session, "door")
        assert rows(session) == set()


def test_old_counters_are_dropped(database: Database, clock: ManualClock) -> None:
    tried(database, clock, "old")
    clock.advance(hours=25)
    tried(database, clock, "new")
    with database.unit_of_work(NO_PROGRAM) as session:
        assert forget_old_tries(session, at=clock.now(), older_than=timedelta(days=1)) == 1
        assert rows(session) == {"new"}


@pytest.mark.race
def test_of_fifty_tries_at_once_three_pass(database: Database, clock: ManualClock) -> None:
    with ThreadPoolExecutor(50) as pool:
        passed = list(pool.map(lambda _: tried(database, clock), range(50)))
    assert passed.count(True) == 3
