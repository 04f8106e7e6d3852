"""What a queue stands on: one connection, one lock, all or nothing, and a few settings."""
# ruff: noqa: S608 - the pieces of SQL are constants of this file; values are always bound

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from loyalty.wire.messages import moment_text
from pos_plugin.acts import ACT_FORMAT, Act, ActState, digest_of
from pos_plugin.holds import Holds
from pos_plugin.queue_file import (
    Connect,
    Connection,
    Cursor,
    QueueClosedError,
    QueueDamagedError,
    QueueError,
    connect_sqlite,
    connect_to_look,
    told_apart,
)
from pos_plugin.queue_open import Damage, mend_file, open_file
from pos_plugin.rescue import committed_acts

_STATE_COLUMNS: Final = (
    "act.number, act.act_id, act.kind, act.sale_id, act.place, act.staff_id, act.made_at, act.body,"
    " act.shown, act.digest, event.seq, event.state, event.answer, event.problem, event.ended_at"
)
EVENTS: Final = f"SELECT {_STATE_COLUMNS} FROM event JOIN act USING (number)"


def wall_moment() -> str:
    """Write the moment by the machine's own clock."""
    return moment_text(datetime.fromtimestamp(time.time(), UTC))


class QueueStore:
    """A queue file that is open; every method may be called from any thread."""

    def __init__(
        self, path: Path, connection: Connection, *, connect: Connect, now: Callable[[], str]
    ) -> None:
        self.path = path
        self._connection: Connection | None = connection
        self._connect = connect
        self._now = now
        self._lock = threading.RLock()
        self._holds = Holds()
        self._closed = False
        # Something was read that cannot be; whoever keeps house mends it.
        self.is_doubtful = False

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        connect: Connect = connect_sqlite,
        now: Callable[[], str] = wall_moment,
    ) -> Self:
        """Open a queue, make it when there is none, and mend it when it is damaged.

        Errors: `QueueFullError` when the file cannot be written, now.
        """
        return cls(path, open_file(path, connect=connect, now=now), connect=connect, now=now)

    @classmethod
    def look(cls, path: Path, *, now: Callable[[], str] = wall_moment) -> Self:
        """Open a queue for reading only, also beside the agent that serves.

        Errors: `QueueFullError` when there is none, `QueueDamagedError`.
        """
        with told_apart():
            return cls(path, connect_to_look(path), connect=connect_sqlite, now=now)

    def close(self) -> None:
        """Let go of the file; doing it twice changes nothing."""
        with self._lock:
            self._closed = True
            self._disconnect()

    def use_clock(self, now: Callable[[], str]) -> None:
        """Write moments down by another clock than the machine's own."""
        self._now = now

    def mend(self) -> None:
        """Set a file aside that showed damage while it was used, and go on with what is readable.

        Errors: `QueueFullError`, and it is tried again with the next call.
        """
        with self._lock:
            if self._closed:
                raise QueueClosedError
            if not self.is_doubtful:
                return  # somebody else has mended it
            # What the log holds is read first: closing may throw the rest of a broken one away.
            logged, _ = committed_acts(self.path)
            self._disconnect()
            self._connection = mend_file(
                self.path, connect=self._connect, now=self._now, besides=logged
            )
            self._holds.clear()
            self.is_doubtful = False

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    @property
    def queue_id(self) -> str:
        """The id under which the server counts this queue's events."""
        return self.setting("queue_id") or ""

    def damage(self) -> Damage | None:
        """Say what a damaged file cost, until somebody has read it."""
        text = self.setting("damage")
        return Damage(**json.loads(text)) if text else None

    def dismiss_damage(self) -> None:
        """Put the notice of a damaged file away."""
        self.set_setting("damage", "")

    def setting(self, name: str) -> str | None:
        """Read one of the few things that must outlive the process."""
        with self._reading():
            return self._get(name)

    def set_setting(self, name: str, value: str) -> None:
        """Write one of the few things that must outlive the process. Errors: `QueueFullError`."""
        with self._writing():
            self._put(name, value)

    def _get(self, name: str) -> str | None:
        row = self._run("SELECT value FROM setting WHERE name = ?", name).fetchone()
        return None if row is None else str(row[0])

    def _put(self, name: str, value: str) -> None:
        self._run("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, value)

    def _run(self, sql: str, *values: object) -> Cursor:
        if self._connection is None:
            message = "the file could not be mended yet"
            raise QueueDamagedError(message)
        return self._connection.execute(sql, values)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise QueueClosedError
            try:
                with told_apart():
                    yield
            except QueueDamagedError:
                self.is_doubtful = True
                raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Do all of it or nothing; the end is a commit that is on the disk."""
        with self._reading():
            self._run("BEGIN IMMEDIATE")
            try:
                yield
                self._run("COMMIT")
            except BaseException:
                # After a failed commit SQLite may have gone back by itself.
                with suppress(sqlite3.Error, QueueError):
                    self._run("ROLLBACK")
                raise


def state_of(row: Sequence[Any]) -> ActState:
    """Read a row of `EVENTS`."""
    number, act_id, kind, sale_id, _, staff_id, made_at, body, shown, _, *standing = row
    seq, state, answer, problem, ended_at = standing
    return ActState(
        act=Act(act_id, kind, sale_id, json.loads(body), staff_id, made_at, json.loads(shown)),
        number=number,
        seq=seq,
        state=state,
        answer=None if answer is None else json.loads(answer),
        problem=None if problem is None else json.loads(problem),
        ended_at=ended_at,
    )


def believed_state(row: Sequence[Any]) -> ActState:
    """Take a row for what was confirmed only when nothing in it changed since."""
    number, act_id, kind, sale_id, place, staff_id, made_at, body, shown, digest = row[:10]
    columns = (ACT_FORMAT, act_id, kind, sale_id, place, staff_id, made_at, body, shown)
    if digest_of((number, *columns)) != digest:
        message = f"row {number} is not what was confirmed"
        raise QueueDamagedError(message)
    return state_of(row)
