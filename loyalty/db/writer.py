"""The one writing connection of SQLite: acts of several threads share a commit.

A lone act is committed at once. While one act works others wait in line; then each works in
a savepoint of the same transaction, and the last of them commits for all. So full durability
costs one wait for the disk per group, not per act. The first act that a group keeps needs no
savepoint: until then there is nothing of others to be left alone.

The rules, each with a test in tests/loyalty/db/test_writer.py:

1. Nobody leaves before the commit of the group whose rows they could read; who failed waits too.
2. A commit that failed is an unknown outcome for the whole group.
3. Whoever holds the turn holds the open group: there is no moment without a leader.
4. When SQLite itself ended the transaction the whole group failed.
5. Only the leader commits or rolls back.
6. Blocks do not nest, and waiting for the turn has an end.
7. The connection is born in the process that uses it.
"""

import logging
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from loyalty.db.prepared import Line, keep_line, line_of
from loyalty.db.sqlite import GuardedConnection, say
from loyalty.db.watch import NO_WATCH, Watch
from loyalty.kernel.errors import StorageUnavailableError

GROUP_MEMBERS_MAX: Final = 64
GROUP_AGE_S_MAX: Final = 0.05
TURN_WAIT_S_MAX: Final = 10.0
# Longer than the leader can need: its own turn, and the commit.
OUTCOME_WAIT_S_MAX: Final = 30.0
# How long the end waits for readers before it leaves the log beside the file.
FOLD_WAIT_MS: Final = 500
BEGIN: Final = "BEGIN IMMEDIATE"
ACT: Final = "act"

log = logging.getLogger("enlaza.database")


class UnitSession(Session):
    """The session of one unit of work; it cannot be committed from inside."""

    def commit(self) -> None:
        """Refuse: the end of the block commits."""
        message = "only the unit of work commits"
        raise AssertionError(message)

    def rollback(self) -> None:
        """Refuse: raising an error undoes the block."""
        message = "only the unit of work rolls back; raise an error, or use begin_nested()"
        raise AssertionError(message)

    def keep(self) -> None:
        """Write what is pending; for the unit of work alone."""
        if self.in_transaction():  # else nothing but prepared statements was run
            super().commit()


class _Group:
    """Acts that stand or fall with one commit."""

    def __init__(self) -> None:
        self.opened = time.monotonic()
        self.members = 0
        self.kept = 0
        self.settled = False
        self.failure: BaseException | None = None
        self._tickets: list[threading.Lock] = []

    @property
    def is_full(self) -> bool:
        """Say whether the next act should not join any more."""
        age_s = time.monotonic() - self.opened
        return self.members >= GROUP_MEMBERS_MAX or age_s >= GROUP_AGE_S_MAX

    def ticket(self) -> threading.Lock:
        """Give what a member waits on for the outcome; asked for while it has the turn."""
        ticket = _closed_lock()
        self._tickets.append(ticket)
        return ticket

    def settle(self) -> None:
        """Let every member go; whoever leads says so once."""
        self.settled = True
        for ticket in self._tickets:
            ticket.release()


def _closed_lock() -> threading.Lock:
    # What an Event does with one lock and much Python around it (measured at 8 clients).
    lock = threading.Lock()
    lock.acquire()
    return lock


class GroupWriter:
    """Gives threads their turn on the writing connection and commits for groups of them."""

    def __init__(
        self, connect: Callable[[], Connection], *, turn_wait_s: float = TURN_WAIT_S_MAX
    ) -> None:
        self.watch: Watch = NO_WATCH
        self._connect = connect
        self._turn_wait_s = turn_wait_s
        self._mutex = threading.Lock()  # guards _taken and _line, for moments only
        self._taken = False
        self._line: deque[threading.Lock] = deque()
        # Touched only by who has the turn:
        self._connection: Connection | None = None
        self._driver_line: Line | None = None
        self._group: _Group | None = None
        self._process = os.getpid()

    @contextmanager
    def block(self) -> Iterator[Session]:
        """Do one act: kept when the block ends, undone when it raises; either way settled.

        Errors: `StorageUnavailableError` when the turn did not come, when the storage failed,
        or when it is not known whether the group was kept.
        """
        assert os.getpid() == self._process, "the writer was carried into another process"
        self._take_turn()
        try:
            group = self._join_group()
        except BaseException:
            self._end_turn()
            raise
        session = UnitSession(
            bind=self._connection,
            join_transaction_mode="create_savepoint",
            expire_on_commit=False,
        )
        failure: BaseException | None = None
        is_saved = group.kept > 0
        try:
            self._open_act(session, is_saved=is_saved)
            yield session
            session.keep()
            group.kept += 1
        except BaseException as error:  # noqa: BLE001  it is raised again below
            failure = error
        self._close_act(session, group, failure, is_saved=is_saved)
        ticket = group.ticket()
        self._end_turn()
        self._await_outcome(group, ticket)
        if failure is not None:
            raise failure

    def close(self) -> None:
        """End the connection, folding the log into the file, when no act is under way.

        Who worked before us may have handed on an open group: it is committed first. Folding
        is tidiness, nothing rests on it: with a reader still open the log stays beside the
        file, and whoever opens it next reads both.
        """
        self._take_turn()
        try:
            if self._group is not None:
                self._settle(self._group)
            if self._connection is not None:
                _fold_log(_driver(self._connection))
        finally:
            self._drop_connection()
            self._end_turn()

    def _ran(self, statement: str, seconds: float) -> None:
        self.watch.ran(statement, seconds)

    def _take_turn(self) -> None:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            ticket = _closed_lock()
            self._line.append(ticket)
        began = time.monotonic()
        try:
            granted = ticket.acquire(timeout=self._turn_wait_s)
            self.watch.waited(time.monotonic() - began)
        except BaseException:
            if not self._leave_line(ticket):
                self._end_turn()
            raise
        if not granted and self._leave_line(ticket):
            raise StorageUnavailableError(reason="busy")

    def _leave_line(self, ticket: threading.Lock) -> bool:
        """Stop waiting; False when the turn was given in this very moment."""
        with self._mutex:
            if ticket in self._line:
                self._line.remove(ticket)
                return True
            return False

    def _end_turn(self) -> None:
        """Give the turn, and with it the open group, to the next in line; or commit and rest."""
        group = self._group
        if (group is None or not group.is_full) and self._pass_turn():
            return
        if group is not None:
            self._settle(group)
        if not self._pass_turn(rest=True):
            return

    def _pass_turn(self, *, rest: bool = False) -> bool:
        with self._mutex:
            if self._line:
                self._line.popleft().release()
                return True
            if rest:
                self._taken = False
            return False

    def _join_group(self) -> _Group:
        if self._group is None:
            self._begin()
            self._group = _Group()
        self._group.members += 1
        return self._group

    def _begin(self) -> None:
        try:
            if self._connection is None:
                self._connection = self._connect()
                self._driver_line = line_of(self._connection, self._ran)
            self._connection.begin()
            began = time.monotonic()
            say(self._connection, BEGIN)
            self._ran(BEGIN, time.monotonic() - began)
        except BaseException:
            self._drop_connection()
            raise

    def _open_act(self, session: Session, *, is_saved: bool) -> None:
        """Open the savepoint of one act; what the session opens for its objects lies inside."""
        assert self._connection is not None
        assert self._driver_line is not None
        keep_line(session, self._driver_line)
        if is_saved:
            say(self._connection, f"SAVEPOINT {ACT}")

    def _close_act(
        self, session: Session, group: _Group, failure: BaseException | None, *, is_saved: bool
    ) -> None:
        """End the savepoint of one act and look whether the transaction still stands.

        An act that failed without one is undone with the transaction, which held it alone.
        """
        connection = self._connection
        assert connection is not None
        try:
            # Where only prepared statements ran it holds nothing.
            if session.in_transaction() or session.identity_map:
                session.close()
            if is_saved and failure is not None:
                say(connection, f"ROLLBACK TO {ACT}")
            if is_saved:
                say(connection, f"RELEASE {ACT}")
        except BaseException as error:  # noqa: BLE001  every member is told
            self._fail(group, failure or error)
            return
        if not (connection.in_transaction() and _driver(connection).in_transaction):
            self._fail(group, failure or AssertionError("the transaction was ended from inside"))
        elif failure is not None and not is_saved:
            self._settle(group)

    def _settle(self, group: _Group) -> None:
        """Commit for everybody in the group; with nothing kept there is nothing to commit."""
        connection = self._connection
        assert connection is not None
        driver = _driver(connection)
        driver.leading = True
        began = time.monotonic()
        try:
            if group.kept:
                connection.commit()
                self.watch.kept(group.kept, time.monotonic() - began)
            else:
                connection.rollback()
        except BaseException as error:  # noqa: BLE001  every member is told
            self._fail(group, error)
            return
        finally:
            driver.leading = False
        self._group = None
        group.settle()

    def _fail(self, group: _Group, failure: BaseException) -> None:
        """Fail the whole group; the next act starts on a new connection."""
        group.failure = failure
        self._group = None
        self._drop_connection()
        group.settle()

    def _await_outcome(self, group: _Group, ticket: threading.Lock) -> None:
        if not group.settled and not ticket.acquire(timeout=OUTCOME_WAIT_S_MAX):
            raise StorageUnavailableError(reason="slow")
        if group.failure is not None:
            raise StorageUnavailableError(reason="not_kept") from group.failure

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def _fold_log(driver: GuardedConnection) -> None:
    try:
        driver.execute(f"PRAGMA busy_timeout={FOLD_WAIT_MS}")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        log.info("the log stays beside the database: %s", error)


def _driver(connection: Connection) -> GuardedConnection:
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, GuardedConnection)
    return driver
