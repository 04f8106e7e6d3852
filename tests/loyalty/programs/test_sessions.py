"""A signed-in browser is known by its secret until it is signed out, revoked or too old."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from loyalty.db.session import Database
from loyalty.kernel.ids import new_id
from loyalty.programs.models import BrowserSession
from loyalty.programs.sessions import (
    SEEN_EVERY,
    BrowserFacts,
    cookie_text,
    find_session,
    open_session,
    revoke_all,
    revoke_session,
    touch_session,
)
from tests.support.clock import ManualClock
from tests.support.town import Town, build_town

HOUR = timedelta(hours=1)


@pytest.fixture
def town(database: Database, clock: ManualClock) -> Town:
    return build_town(database, clock)


def open_one(database: Database, town: Town, clock: ManualClock) -> tuple[BrowserFacts, str]:
    with database.unit_of_work(town.program_id) as session:
        return open_session(
            session, town.program_id, kind="staff", subject="rosa", at=clock.now(), ttl=HOUR
        )


def find(database: Database, town: Town, clock: ManualClock, secret: str) -> BrowserFacts | None:
    with database.reading(town.program_id) as session:
        return find_session(session, town.program_id, secret, kind="staff", at=clock.now())


def test_a_browser_is_known_until_its_time_is_over(
    database: Database, town: Town, clock: ManualClock
) -> None:
    facts, secret = open_one(database, town, clock)
    assert find(database, town, clock, secret) == facts
    clock.advance(minutes=59, s=59)
    assert find(database, town, clock, secret) is not None
    clock.advance(s=1)
    assert find(database, town, clock, secret) is None


def test_a_secret_is_good_for_its_own_kind_and_program_only(
    database: Database, town: Town, clock: ManualClock
) -> None:
    _, secret = open_one(database, town, clock)
    with database.reading(town.program_id) as session:
        at = clock.now()
        assert find_session(session, town.program_id, secret, kind="shopper", at=at) is None
        assert find_session(session, town.program_id + 1, secret, kind="staff", at=at) is None
        assert find_session(session, town.program_id, "other", kind="staff", at=at) is None


def test_only_the_hash_of_the_secret_is_kept(
    database: Database, town: Town, clock: ManualClock
) -> None:
    _, secret = open_one(database, town, clock)
    with database.reading(town.program_id) as session:
        kept = session.scalars(select(BrowserSession.secret_hash)).one()
    assert secret not in kept
    assert cookie_text(town.program_id, secret) == f"{town.program_id}.{secret}"


def test_a_revoked_browser_is_nobody(database: Database, town: Town, clock: ManualClock) -> None:
    facts, secret = open_one(database, town, clock)
    _, other = open_one(database, town, clock)
    with database.unit_of_work(town.program_id) as session:
        revoked = [
            revoke_session(session, town.program_id, facts.session_id, at=clock.now())
            for _ in range(2)
        ]
    assert revoked == [True, False]
    assert find(database, town, clock, secret) is None
    assert find(database, town, clock, other) is not None
    with database.unit_of_work(town.program_id) as session:
        assert (
            revoke_all(session, town.program_id, kind="staff", subject="rosa", at=clock.now()) == 1
        )
    assert find(database, town, clock, other) is None


def test_being_seen_is_written_now_and_then(
    database: Database, town: Town, clock: ManualClock
) -> None:
    facts, secret = open_one(database, town, clock)
    clock.advance(minutes=1)
    with database.unit_of_work(town.program_id) as session:
        touch_session(session, town.program_id, facts.session_id, at=clock.now())
    same = find(database, town, clock, secret)
    assert same is not None
    assert same.last_seen_at == facts.last_seen_at
    clock.set(facts.last_seen_at + SEEN_EVERY)
    with database.unit_of_work(town.program_id) as session:
        touch_session(session, town.program_id, facts.session_id, at=clock.now())
        touch_session(session, town.program_id, new_id(clock.now()), at=clock.now())
    seen = find(database, town, clock, secret)
    assert seen is not None
    assert seen.last_seen_at == clock.now()
