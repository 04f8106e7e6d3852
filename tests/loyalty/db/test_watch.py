"""Whoever asked hears how long the database takes, with no value of anybody in it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from loyalty.db.session import NO_PROGRAM, Database
from loyalty.db.watch import NoWatch
from tests.support.places import Place


@pytest.fixture
def sqlite_only_database(sqlite_only: Place) -> Iterator[Database]:
    opened = Database(sqlite_only.url)
    yield opened
    opened.close()


class Heard(NoWatch):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.commits: list[int] = []
        self.statements: list[str] = []

    def waited(self, seconds: float) -> None:
        self.waits.append(seconds)

    def kept(self, acts: int, seconds: float) -> None:
        assert seconds >= 0
        self.commits.append(acts)

    def ran(self, statement: str, seconds: float) -> None:
        assert seconds >= 0
        self.statements.append(statement)


def test_a_statement_is_told_without_its_values(database: Database) -> None:
    heard = Heard()
    database.watched_by(heard)
    with database.reading(NO_PROGRAM) as session:
        session.execute(text("SELECT :name"), {"name": "Lucía"})
    assert any("SELECT" in one for one in heard.statements)
    assert "Lucía" not in "".join(heard.statements)


def test_a_second_watch_takes_the_place_of_the_first(database: Database) -> None:
    first, second = Heard(), Heard()
    database.watched_by(first)
    database.watched_by(second)
    with database.reading(NO_PROGRAM) as session:
        session.execute(text("SELECT 41 + 1"))
    assert first.statements == []
    assert len([one for one in second.statements if "41" in one]) == 1


def test_an_error_tells_no_value(database: Database) -> None:
    with pytest.raises(DBAPIError) as failure, database.reading(NO_PROGRAM) as session:
        session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "Lucía"})
    assert "Lucía" not in str(failure.value)


def test_acts_that_share_a_commit_are_counted(sqlite_only_database: Database) -> None:
    heard = Heard()
    database = sqlite_only_database
    database.watched_by(heard)

    def act(number: int) -> None:
        with database.unit_of_work(NO_PROGRAM) as session:
            session.execute(
                text("INSERT INTO rate_counter VALUES (:who, '2026-03-02 09:00:00', 60, 1)"),
                {"who": f"act {number}"},
            )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(act, range(40)))
    assert sum(heard.commits) == 40
