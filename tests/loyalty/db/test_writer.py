"""Group commit on SQLite: what is acknowledged is on the disk, whatever the others did."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from loyalty.db import writer as writer_module
from loyalty.db.sqlite import GuardedConnection, writing_engine
from loyalty.db.writer import GroupWriter
from loyalty.kernel.errors import LoyaltyError, MalformedRequestError, StorageUnavailableError
from tests.support.counters import add_row, add_try, rows
from tests.support.places import copy_sqlite
from tests.support.sizes import SIZE

WAIT_S = 60


class Desk:
    """A writer on a fresh file, and threads that use it."""

    def __init__(self, path: Path, *, turn_wait_s: float = WAIT_S) -> None:
        self.path = path
        self.engine: Engine = writing_engine(make_url(f"sqlite:///{path}"))
        self.writer = GroupWriter(self.engine.connect, turn_wait_s=turn_wait_s)
        self.pool = ThreadPoolExecutor(max_workers=60)
        self.commits = 0
        event.listen(self.engine, "commit", self._count)

    def _count(self, _: Connection) -> None:
        self.commits += 1

    def on_disk(self) -> set[str]:
        """What another process would see."""
        other = sqlite3.connect(self.path)
        try:
            return {subject for (subject,) in other.execute("SELECT subject FROM rate_counter")}
        finally:
            other.close()

    def act(self, work: Callable[[Session], object]) -> "Future[None]":
        """Do `work` as one act in a thread."""

        def run() -> None:
            with self.writer.block() as session:
                work(session)

        return self.pool.submit(run)

    def line_of(self, waiting: int) -> None:
        """Wait until so many threads stand in line."""
        deadline = time.monotonic() + WAIT_S
        while len(self.writer._line) != waiting:
            assert time.monotonic() < deadline, "the line never became that long"
            time.sleep(0.001)

    def close(self) -> None:
        """End threads and connection."""
        self.pool.shutdown()
        self.writer.close()
        self.engine.dispose()


@pytest.fixture
def desk(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # A group that grows old is closed by itself: on a busy machine a held-up member would do that.
    monkeypatch.setattr(writer_module, "GROUP_AGE_S_MAX", WAIT_S)
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    made = Desk(tmp_path / "enlaza.db")
    yield made
    made.close()


class Gate:
    """An act that waits inside its block until it is let go on."""

    def __init__(self, then: Callable[[Session], object]) -> None:
        self.entered = threading.Event()
        self.go = threading.Event()
        self._then = then

    def __call__(self, session: Session) -> None:
        self._then(session)
        self.entered.set()
        assert self.go.wait(WAIT_S)


def row(name: str) -> Callable[[Session], None]:
    return lambda session: add_row(session, name)


def failing(session: Session) -> None:
    add_row(session, "never")
    raise MalformedRequestError


def ended_by_sqlite(session: Session) -> None:
    add_row(session, "never")
    driver = session.connection().connection.dbapi_connection
    assert isinstance(driver, GuardedConnection)
    driver.execute("ROLLBACK")  # what SQLite does by itself on a full disk
    add_row(session, "outside every transaction")


def test_a_lone_act_is_on_the_disk_when_its_block_ends(desk: Desk) -> None:
    with desk.writer.block() as session:
        add_row(session, "a")
        assert desk.on_disk() == set()
    assert desk.on_disk() == {"a"}
    assert desk.commits == 1


def test_acts_that_wait_share_one_commit(desk: Desk) -> None:
    gate = Gate(row("first"))
    acts = [desk.act(gate)]
    assert gate.entered.wait(WAIT_S)
    acts += [desk.act(row(name)) for name in "abc"]
    desk.line_of(3)
    gate.go.set()
    for act in acts:
        act.result(WAIT_S)
    assert desk.on_disk() == {"first", "a", "b", "c"}
    assert desk.commits == 1


def test_nobody_leaves_before_the_commit_of_the_group(desk: Desk) -> None:
    first, second = Gate(row("first")), Gate(row("second"))
    first_act = desk.act(first)
    assert first.entered.wait(WAIT_S)
    failing_act = desk.act(failing)
    desk.line_of(1)
    second_act = desk.act(second)
    desk.line_of(2)
    first.go.set()
    assert second.entered.wait(WAIT_S)
    # The first has done its work and the failing one has failed: both wait for the second.
    time.sleep(0.05)
    assert not first_act.done()
    assert not failing_act.done()
    assert desk.on_disk() == set()
    second.go.set()
    second_act.result(WAIT_S)
    first_act.result(WAIT_S)
    with pytest.raises(MalformedRequestError):
        failing_act.result(WAIT_S)
    assert desk.on_disk() == {"first", "second"}


def test_an_act_that_fails_undoes_itself_and_no_other(desk: Desk) -> None:
    gate = Gate(row("first"))
    acts = [desk.act(gate)]
    assert gate.entered.wait(WAIT_S)
    acts.append(desk.act(failing))
    desk.line_of(1)
    acts.append(desk.act(row("last")))
    desk.line_of(2)
    gate.go.set()
    assert [type(act.exception(WAIT_S)) for act in acts] == [
        type(None),
        MalformedRequestError,
        type(None),
    ]
    assert desk.on_disk() == {"first", "last"}


def test_an_act_that_fails_first_is_undone_and_those_who_waited_are_kept(desk: Desk) -> None:
    gate = Gate(row("never"))

    def failing_late(session: Session) -> None:
        gate(session)
        raise MalformedRequestError

    acts = [desk.act(failing_late)]
    assert gate.entered.wait(WAIT_S)
    acts += [desk.act(failing), desk.act(row("a")), desk.act(failing), desk.act(row("b"))]
    desk.line_of(4)
    gate.go.set()
    kept = [act.exception(WAIT_S) is None for act in acts]
    assert kept == [False, False, True, False, True]
    assert all(isinstance(act.exception(), MalformedRequestError | None) for act in acts)
    assert desk.on_disk() == {"a", "b"}
    assert desk.commits == 1


def test_a_failed_commit_is_told_to_everybody_and_the_next_act_works(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    gate = Gate(row("first"))
    acts = [desk.act(gate)]
    assert gate.entered.wait(WAIT_S)
    acts += [desk.act(row("a")), desk.act(failing)]
    desk.line_of(2)
    monkeypatch.setattr(GuardedConnection, "commit", broken)
    gate.go.set()
    for act in acts:
        assert isinstance(act.exception(WAIT_S), StorageUnavailableError)
    monkeypatch.undo()
    desk.act(row("after")).result(WAIT_S)
    assert desk.on_disk() == {"after"}


def test_when_sqlite_ended_the_transaction_the_whole_group_failed(desk: Desk) -> None:
    gate = Gate(row("first"))
    acts = [desk.act(gate)]
    assert gate.entered.wait(WAIT_S)
    acts.append(desk.act(ended_by_sqlite))
    desk.line_of(1)
    gate.go.set()
    for act in acts:
        assert isinstance(act.exception(WAIT_S), StorageUnavailableError)
    desk.act(row("after")).result(WAIT_S)
    assert "first" not in desk.on_disk()
    assert "after" in desk.on_disk()


def test_a_full_disk_is_refused_and_what_was_kept_stays(desk: Desk) -> None:
    def fill(session: Session) -> None:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
        session.execute(text(f"PRAGMA max_page_count={pages + 2}"))
        for number in range(1000):
            add_row(session, f"{number:0500}")

    desk.act(row("kept")).result(WAIT_S)
    error = desk.act(fill).exception(WAIT_S)
    assert isinstance(error, StorageUnavailableError | OperationalError)
    assert "full" in str(error.__cause__ or error)
    assert desk.on_disk() == {"kept"}

    def make_room(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count=1000000"))
        add_row(session, "after")

    desk.act(make_room).result(WAIT_S)
    assert desk.on_disk() == {"kept", "after"}


@pytest.mark.parametrize(
    "deed",
    [
        lambda session: session.commit(),
        lambda session: session.rollback(),
        lambda session: session.connection().get_transaction().commit(),
        lambda session: session.connection().commit(),
        lambda session: session.connection().rollback(),
    ],
    ids=["session commit", "session rollback", "transaction", "connection", "connection back"],
)
def test_nobody_ends_the_transaction_from_inside(
    desk: Desk, deed: Callable[[Session], None]
) -> None:
    def rogue(session: Session) -> None:
        add_row(session, "rogue")
        deed(session)

    error = desk.act(rogue).exception(WAIT_S)
    assert isinstance(error, AssertionError | StorageUnavailableError)
    assert desk.on_disk() == set()
    desk.act(row("after")).result(WAIT_S)
    assert desk.on_disk() == {"after"}


def test_waiting_for_the_turn_has_an_end(sqlite_template: Path, tmp_path: Path) -> None:
    copy_sqlite(sqlite_template, tmp_path / "enlaza.db")
    desk = Desk(tmp_path / "enlaza.db", turn_wait_s=0.1)
    try:
        gate = Gate(row("first"))
        first = desk.act(gate)
        assert gate.entered.wait(WAIT_S)
        late = desk.act(row("late"))
        error = late.exception(WAIT_S)
        assert isinstance(error, StorageUnavailableError)
        assert error.retryable
        gate.go.set()
        # The one who gave up was the only one in line: the group is not left without a leader.
        first.result(WAIT_S)
        desk.act(row("after")).result(WAIT_S)
        assert desk.on_disk() == {"first", "after"}
    finally:
        desk.close()


def test_a_group_that_is_full_commits_before_the_next_joins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "GROUP_MEMBERS_MAX", 2)
    monkeypatch.setattr(writer_module, "GROUP_AGE_S_MAX", WAIT_S)
    gate = Gate(row("first"))
    acts = [desk.act(gate)]
    assert gate.entered.wait(WAIT_S)
    acts += [desk.act(row(name)) for name in "abc"]
    desk.line_of(3)
    gate.go.set()
    for act in acts:
        act.result(WAIT_S)
    assert desk.commits == 2


def test_the_writer_is_not_carried_into_another_process(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: here + 1)
    with pytest.raises(AssertionError, match="another process"), desk.writer.block():
        pass


def test_a_unique_key_can_be_lost_and_the_act_goes_on(desk: Desk) -> None:
    desk.act(row("a")).result(WAIT_S)

    def second_try(session: Session) -> None:
        with pytest.raises(IntegrityError), session.begin_nested():
            add_row(session, "a")
        add_row(session, "b")

    desk.act(second_try).result(WAIT_S)
    assert desk.on_disk() == {"a", "b"}


@pytest.mark.race
def test_fifty_threads_lose_no_act(desk: Desk) -> None:
    desk.act(row("count")).result(WAIT_S)

    def attempt(number: int) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            add_try(session, "count")
            add_row(session, f"act {number}")
            if number % 5 == 0:
                raise MalformedRequestError

        return work

    count = SIZE.clients * SIZE.rounds
    acts = {number: desk.act(attempt(number)) for number in range(count)}
    failed = {number for number, act in acts.items() if act.exception(WAIT_S) is not None}
    assert failed == set(range(0, count, 5))
    assert all(isinstance(acts[number].exception(), LoyaltyError) for number in failed)
    kept = {f"act {number}" for number in acts if number not in failed}
    assert desk.on_disk() == {"count"} | kept
    with desk.writer.block() as session:
        assert rows(session) == {"count"} | kept
        assert session.scalar(text("SELECT tries FROM rate_counter WHERE subject='count'")) == len(
            kept
        )
    assert desk.commits < len(kept)


def test_closing_beside_an_act_keeps_the_act(desk: Desk) -> None:
    last = Gate(row("last"))
    act = desk.act(last)
    assert last.entered.wait(WAIT_S)
    closing = desk.pool.submit(desk.writer.close)
    desk.line_of(1)
    last.go.set()
    act.result(WAIT_S)
    closing.result(WAIT_S)
    assert desk.on_disk() == {"last"}


def test_closing_with_a_half_read_answer_is_quiet_and_the_next_act_goes_on(desk: Desk) -> None:
    with desk.writer.block() as session:
        add_row(session, "a")
        add_row(session, "b")
        half_read = session.execute(text("SELECT subject FROM rate_counter"))
        assert half_read.fetchone() is not None
    desk.writer.close()
    desk.act(row("c")).result(WAIT_S)
    assert desk.on_disk() == {"a", "b", "c"}


def test_closing_beside_a_reader_leaves_the_log_and_loses_nothing(desk: Desk) -> None:
    desk.act(row("a")).result(WAIT_S)
    reader = sqlite3.connect(desk.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM rate_counter").fetchone()
    desk.act(row("b")).result(WAIT_S)
    desk.writer.close()
    reader.close()
    assert desk.on_disk() == {"a", "b"}
