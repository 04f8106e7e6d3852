"""A statement that is compiled once behaves as one that SQLAlchemy runs."""

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import IntegrityError

from loyalty.db.models import RateCounter
from loyalty.db.prepared import (
    KEPT_ROWS_MAX,
    TOGETHER_MAX,
    Prepared,
    insert_row,
    insert_rows,
    insert_unless_known,
    line_of_session,
)
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.db.watch import NoWatch
from loyalty.db.writes import is_postgresql, table_of
from tests.support.counters import NOON, rows

COUNTER = table_of(RateCounter)
FOUND = Prepared(
    select(COUNTER.c.tries, COUNTER.c.window_started_at)
    .where(COUNTER.c.subject == bindparam("subject"), COUNTER.c.window_s == 60)
    .limit(1)
)


def values(subject: str) -> dict[str, object]:
    return {"subject": subject, "window_started_at": NOON, "window_s": 60, "tries": 3}


def test_what_was_written_is_read_with_the_same_types(database: Database) -> None:
    with database.unit_of_work(NO_PROGRAM) as session:
        insert_row(session, COUNTER, values("a"))
    with database.reading(NO_PROGRAM) as session:
        assert FOUND.one(session, subject="a") == (3, NOON)
        assert FOUND.rows(session, subject="b") == []
        assert FOUND.scalar(session, subject="b") is None


def test_a_taken_key_is_told_and_not_written(database: Database) -> None:
    with database.unit_of_work(NO_PROGRAM) as session:
        assert insert_unless_known(session, COUNTER, values("a"))
        assert not insert_unless_known(session, COUNTER, values("a"))
        insert_rows(session, COUNTER, [])


def test_a_refusal_of_the_tables_is_the_error_that_everybody_knows(database: Database) -> None:
    with pytest.raises(IntegrityError), database.unit_of_work(NO_PROGRAM) as session:
        insert_rows(session, COUNTER, [values("a"), values("b"), values("a")])
    with database.reading(NO_PROGRAM) as session:
        assert rows(session) == set()


def test_what_is_undone_inside_an_act_is_undone(database: Database) -> None:
    with database.unit_of_work(NO_PROGRAM) as session:
        insert_row(session, COUNTER, values("kept"))
        attempt = session.begin_nested()
        insert_row(session, COUNTER, values("undone"))
        attempt.rollback()
    with database.reading(NO_PROGRAM) as session:
        assert rows(session) == {"kept"}


def test_whoever_watches_hears_of_these_statements_too(database: Database) -> None:
    heard: list[str] = []

    class Ear(NoWatch):
        def ran(self, statement: str, seconds: float) -> None:
            assert seconds >= 0
            heard.append(statement)

    database.watched_by(Ear())
    with database.unit_of_work(NO_PROGRAM) as session:
        insert_row(session, COUNTER, values("a"))
    with database.reading(NO_PROGRAM) as session:
        FOUND.first(session, subject="a")
    assert [one.split()[0] for one in heard if "rate_counter" in one] == ["INSERT", "SELECT"]


def test_a_statement_can_be_run_again_after_one_that_failed(database: Database) -> None:
    with pytest.raises(IntegrityError), database.unit_of_work(NO_PROGRAM) as session:
        insert_row(session, COUNTER, values("a"))
        insert_row(session, COUNTER, values("a"))
    with database.unit_of_work(NO_PROGRAM) as session:
        insert_row(session, COUNTER, values("a"))
        assert FOUND.one(session, subject="a") == (3, NOON)


@pytest.mark.parametrize("count", [2, TOGETHER_MAX, TOGETHER_MAX + 1])
def test_few_rows_and_many_are_written_alike(database: Database, count: int) -> None:
    with database.unit_of_work(NO_PROGRAM) as session:
        insert_rows(session, COUNTER, [values(str(one)) for one in range(count)])
    with database.reading(NO_PROGRAM) as session:
        assert rows(session) == {str(one) for one in range(count)}


def test_an_answer_of_many_rows_is_not_held_on_to(database: Database) -> None:
    many = Prepared(select(COUNTER.c.subject))
    subjects = [str(one) for one in range(KEPT_ROWS_MAX + 1)]
    with database.unit_of_work(NO_PROGRAM) as session:
        insert_rows(session, COUNTER, [values(subject) for subject in subjects])
        assert len(many.rows(session)) == len(subjects)
        line = line_of_session(session)
        assert line.cursors is None or many not in line.cursors


def test_a_look_does_not_make_postgresql_forget_what_it_prepared(database: Database) -> None:
    with database.reading(NO_PROGRAM) as session:
        if not is_postgresql(session):
            return
        for _ in range(10):
            FOUND.first(session, subject="a")
    with database.reading(NO_PROGRAM) as session:
        prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :what")
        assert session.scalar(prepared, {"what": "%rate_counter%"}) == 1
