"""Moments go into the database as UTC and come back aware."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from loyalty.db.models import RateCounter
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.db.writes import insert_new


def values(subject: str, at: datetime) -> dict[str, object]:
    return {"subject": subject, "window_started_at": at, "window_s": 60, "tries": 0}


def test_a_moment_of_another_zone_comes_back_as_the_same_moment_in_utc(
    database: Database,
) -> None:
    madrid = timezone(timedelta(hours=2))
    moment = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=madrid)
    with database.unit_of_work(NO_PROGRAM) as session:
        insert_new(session, RateCounter, values("a", moment))
    with database.reading(NO_PROGRAM) as session:
        (found,) = session.scalars(select(RateCounter.window_started_at))
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_moments_are_compared_as_moments(database: Database) -> None:
    early = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    late = datetime(2026, 7, 1, 11, 0, tzinfo=UTC)
    with database.unit_of_work(NO_PROGRAM) as session:
        insert_new(session, RateCounter, values("early", early))
        insert_new(session, RateCounter, values("late", late))
        query = select(RateCounter.subject).where(RateCounter.window_started_at < late)
        assert session.scalars(query).all() == ["early"]


def test_a_moment_without_a_zone_never_reaches_the_database(database: Database) -> None:
    naive = datetime(2026, 7, 1)  # noqa: DTZ001  the point of it
    with (
        pytest.raises((AssertionError, StatementError), match="without a time zone"),
        database.unit_of_work(NO_PROGRAM) as session,
    ):
        insert_new(session, RateCounter, values("a", naive))


def test_a_key_that_is_taken_is_told_and_not_raised(database: Database) -> None:
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    with database.unit_of_work(NO_PROGRAM) as session:
        assert insert_new(session, RateCounter, values("a", moment))
        assert not insert_new(session, RateCounter, values("a", moment))
