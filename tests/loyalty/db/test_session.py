"""The two doors: what is kept, what is undone, and what a caller is told when storage fails."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from loyalty.db import sqlite as sqlite_module
from loyalty.db.failures import DatabaseRefusedError
from loyalty.db.session import NO_PROGRAM, Database, tell_when_kept
from loyalty.kernel.errors import MalformedRequestError, StorageUnavailableError
from tests.support.counters import add_row, add_try, rows, tries
from tests.support.places import Place
from tests.support.postgres import Server


def test_what_an_act_wrote_is_there_for_the_next_look(database: Database) -> None:
    with database.unit_of_work(1) as session:
        add_row(session, "a")
    with database.reading(1) as session:
        assert rows(session) == {"a"}


def test_an_act_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(MalformedRequestError), database.unit_of_work(1) as session:
        add_row(session, "a")
        raise MalformedRequestError
    with database.reading(1) as session:
        assert rows(session) == set()


def test_a_broken_key_reaches_who_wrote_it(database: Database) -> None:
    with database.unit_of_work(1) as session:
        add_row(session, "a")
        with pytest.raises(IntegrityError), session.begin_nested():
            add_row(session, "a")
        add_row(session, "b")
    with database.reading(1) as session:
        assert rows(session) == {"a", "b"}


def test_a_look_does_not_write(database: Database) -> None:
    with (
        pytest.raises(AssertionError, match="does not write"),
        database.reading(1) as session,
    ):
        add_row(session, "a")


def test_doors_do_not_nest(database: Database) -> None:
    with database.reading(1):
        with pytest.raises(AssertionError, match="inside another"), database.unit_of_work(1):
            pass
        with pytest.raises(AssertionError, match="inside another"), database.reading(1):
            pass
    with (
        database.unit_of_work(1),
        pytest.raises(AssertionError, match="inside another"),
        database.unit_of_work(1),
    ):
        pass
    with database.unit_of_work(1) as session:
        add_row(session, "after")


@pytest.mark.parametrize("deed", ["commit", "rollback"])
def test_only_the_unit_of_work_ends_an_act(database: Database, deed: str) -> None:
    with (
        pytest.raises(AssertionError, match="only the unit of work"),
        database.unit_of_work(1) as session,
    ):
        add_row(session, "a")
        getattr(session, deed)()
    with database.reading(1) as session:
        assert rows(session) == set()


def test_news_is_told_after_the_act_was_kept_and_not_when_it_was_undone(
    database: Database,
) -> None:
    told: list[tuple[int, set[str]]] = []

    def listener(program_id: int) -> None:
        with database.reading(program_id) as session:
            told.append((program_id, rows(session)))

    database.listen("outbox", listener)
    with database.unit_of_work(7) as session:
        add_row(session, "a")
        tell_when_kept(session, "outbox")
        tell_when_kept(session, "outbox")
    with pytest.raises(MalformedRequestError), database.unit_of_work(8) as session:
        tell_when_kept(session, "outbox")
        raise MalformedRequestError
    with database.unit_of_work(9):
        pass
    assert told == [(7, {"a"})]


def test_news_that_cannot_be_told_does_not_undo_the_act(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def listener(_: int) -> None:
        raise OSError

    database.listen("outbox", listener)
    with database.unit_of_work(7) as session:
        add_row(session, "a")
        tell_when_kept(session, "outbox")
    assert "telling of outbox failed" in caplog.text
    with database.reading(7) as session:
        assert rows(session) == {"a"}


@pytest.mark.race
def test_many_threads_at_once_lose_nothing(database: Database) -> None:
    with database.unit_of_work(1) as session:
        add_row(session, "count")
    errors: list[BaseException] = []

    def client() -> None:
        try:
            for _ in range(5):
                with database.unit_of_work(1) as session:
                    add_try(session, "count")
                with database.reading(1) as session:
                    tries(session, "count")
        except BaseException as error:  # noqa: BLE001  shown below
            errors.append(error)

    threads = [threading.Thread(target=client) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.reading(1) as session:
        assert tries(session, "count") == 100


def test_the_file_has_one_server(sqlite_only: Place) -> None:
    url = sqlite_only.url
    probe = f"from loyalty.db.session import Database\nDatabase.for_service({url!r}).close()"
    server = Database.for_service(url)
    with pytest.raises(DatabaseRefusedError, match="another server is running"):
        Database.for_service(url)
    other = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False
    )
    assert "another server is running" in other.stderr
    # Short work beside the server is allowed.
    beside = Database(url)
    with beside.unit_of_work(1) as session:
        add_row(session, "a")
    beside.close()
    server.close()
    Database.for_service(url).close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite that waits a twentieth of a second for a lock."""
    others = tuple(pair for pair in sqlite_module.PRAGMAS if pair[0] != "busy_timeout")
    monkeypatch.setattr(sqlite_module, "PRAGMAS", (("busy_timeout", 50), *others))


@pytest.mark.usefixtures("impatient")
def test_a_locked_file_is_storage_unavailable(sqlite_only: Place, tmp_path: Path) -> None:
    path = tmp_path / "enlaza.db"
    database = Database(sqlite_only.url)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with (
        pytest.raises(StorageUnavailableError) as refusal,
        database.unit_of_work(1) as session,
    ):
        add_row(session, "a")
    assert refusal.value.retryable
    with database.reading(1) as session:
        assert rows(session) == set(), "readers do not wait for writers"
    other.execute("COMMIT")
    other.close()
    with database.unit_of_work(1) as session:
        add_row(session, "a")
    database.close()


def test_a_read_only_file_is_storage_unavailable(sqlite_only: Place, tmp_path: Path) -> None:
    path = tmp_path / "enlaza.db"
    Database(sqlite_only.url).close()
    database = Database(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StorageUnavailableError), database.unit_of_work(1) as session:
        add_row(session, "a")
    database.close()


def test_a_statement_with_a_bug_is_not_blamed_on_the_storage(database: Database) -> None:
    with pytest.raises(Exception, match="no_such_table"), database.unit_of_work(1) as session:
        session.execute(text("SELECT * FROM no_such_table"))


def test_every_pragma_is_read_back(sqlite_only: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    url = sqlite_only.url
    database = Database.for_service(url)
    with database.unit_of_work(1) as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name, _ in sqlite_module.PRAGMAS
        }
    assert found["journal_mode"] == "wal"
    assert (found["synchronous"], found["foreign_keys"], found["secure_delete"]) == (2, 1, 1)
    database.close()
    monkeypatch.setattr(sqlite_module, "PRAGMAS", (("journal_mode", "sideways"),))
    with pytest.raises(DatabaseRefusedError, match="journal_mode=sideways"):
        Database.for_service(url)
    monkeypatch.undo()
    Database.for_service(url).close()


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(DatabaseRefusedError, match="needs a file"):
        Database("sqlite://")


@pytest.fixture
def postgres(postgres_only: Place) -> Iterator[Database]:
    opened = Database(postgres_only.url)
    yield opened
    opened.close()


def test_a_role_above_the_policies_is_refused(postgres_only: Place) -> None:
    with pytest.raises(DatabaseRefusedError, match="enlaza_admin"):
        Database.for_service(postgres_only.admin_url)
    Database.for_service(postgres_only.url).close()


def test_a_lost_connection_is_storage_unavailable(
    postgres: Database, postgres_server: Server
) -> None:
    with pytest.raises(StorageUnavailableError), postgres.unit_of_work(1) as session:
        add_row(session, "a")
        (process,) = session.execute(text("SELECT pg_backend_pid()")).one()
        with postgres_server.connect() as superuser:
            superuser.execute("SELECT pg_terminate_backend(%s)", (process,))
        add_row(session, "b")
    with postgres.unit_of_work(1) as session:
        assert rows(session) == set()


def test_a_server_that_is_gone_is_storage_unavailable(tmp_path: Path) -> None:
    database = Database(f"postgresql+psycopg://enlaza_service@/nothing?host={tmp_path}")
    with pytest.raises(StorageUnavailableError), database.unit_of_work(NO_PROGRAM):
        pass
    with pytest.raises(StorageUnavailableError):
        database.check()
    database.close()


def test_a_row_somebody_holds_is_waited_for_but_not_for_ever(
    postgres: Database, postgres_only: Place
) -> None:
    with postgres.unit_of_work(1) as session:
        add_row(session, "a")
    owner = create_engine(postgres_only.admin_url)
    with owner.connect() as connection:
        connection.execute(text("SELECT * FROM rate_counter FOR UPDATE"))
        with pytest.raises(StorageUnavailableError), postgres.unit_of_work(1) as session:
            session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            add_try(session, "a")
    owner.dispose()


def test_the_pool_is_waited_for_but_not_for_ever(
    postgres_only: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.db.postgres.POOL_WAIT_S_MAX", 0.05)
    database = Database(postgres_only.url, pool_size=1)
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.reading(1):
            inside.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    assert inside.wait(10)
    with pytest.raises(StorageUnavailableError), database.reading(1):
        pass
    done.set()
    holder.join()
    database.close()
