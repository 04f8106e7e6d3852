"""What was confirmed at the counter and the server has not answered yet, kept on the disk.

An act and its outbox row are one transaction, on the disk before `add` returns and before anything
is sent. The order is the order of confirming; the number an event is sent with has no gaps.
"""
# ruff: noqa: S608 - the pieces of SQL are constants of this file; values are always bound

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import uuid4

from pos_plugin.acts import (
    ACT_FORMAT,
    Act,
    ActState,
    Counts,
    Json,
    Kept,
    Result,
    Settled,
    canonical,
    digest_of,
)
from pos_plugin.queue_file import (
    QueueClosedError,
    QueueDamagedError,
    QueueError,
    QueueFullError,
)
from pos_plugin.queue_store import EVENTS, QueueStore, believed_state, state_of

__all__ = [
    "ActConflictError",
    "Queue",
    "QueueClosedError",
    "QueueDamagedError",
    "QueueError",
    "QueueFullError",
]

EXPORT_FORMAT: Final = "enlaza-till-queue/1"
BATCH_BYTES_MAX: Final = 400_000
STRANDED: Final = "other_store"


class ActConflictError(QueueError):
    """This id was confirmed before with other content; the first one counts."""

    def __init__(self, act_id: str) -> None:
        super().__init__(f"{act_id} was confirmed before with other content")
        self.act_id = act_id


class Queue(QueueStore):
    """One queue file, used by one process; every method may be called from any thread."""

    # Confirming.

    def add(self, act: Act, *, before: Act | None = None) -> Kept:
        """Keep an act, and what goes `before` it, at once; when this returns it is on the disk.

        The same act again is not new, and then nothing goes before it. Errors:
        `ActConflictError`, `QueueFullError` (nothing was kept), `QueueDamagedError`.
        """
        body = canonical(act.body)
        with self._writing():
            known = self._run(
                "SELECT kind, sale_id, body, seq FROM act JOIN event USING (number)"
                " WHERE act.act_id = ?",
                act.act_id,
            ).fetchone()
            if known is not None:
                if tuple(known[:3]) != (act.kind, act.sale_id, body):
                    raise ActConflictError(act.act_id)
                return Kept(known[3], is_new=False)
            if before is not None:
                self._insert(before, canonical(before.body))
            return Kept(self._insert(act, body), is_new=True)

    def _insert(self, act: Act, body: str) -> int:
        number, seq, place = self._run(
            "SELECT (SELECT coalesce(max(number), 0) + 1 FROM act),"
            " (SELECT coalesce(max(seq), 0) + 1 FROM event),"
            " (SELECT value FROM setting WHERE name = 'place')"
        ).fetchone()
        columns = (
            ACT_FORMAT,
            act.act_id,
            act.kind,
            act.sale_id,
            place or "",
            act.staff_id,
            act.made_at,
            body,
            canonical(act.shown),
        )
        digest = digest_of((number, *columns))
        marks = ", ".join("?" * (len(columns) + 2))
        self._run(f"INSERT INTO act VALUES ({marks})", number, *columns, digest)
        self._run(
            "INSERT INTO event (number, act_id, seq, state) VALUES (?, ?, ?, 'waiting')",
            number,
            act.act_id,
            seq,
        )
        return int(seq)

    # Sending.

    def waiting(self, limit: int = 50, *, bytes_max: int = BATCH_BYTES_MAX) -> list[ActState]:
        """List what is to be sent next, in order; an act waits behind a held one of its sale.

        Errors: `QueueDamagedError` when a row is not what was confirmed.
        """
        found: list[ActState] = []
        size = 0
        with self._reading():
            rows = self._run(
                f"{EVENTS} WHERE event.state = 'waiting' AND event.seq IS NOT NULL"
                " AND act.sale_id NOT IN (SELECT value FROM json_each(?))"
                " ORDER BY event.seq LIMIT ?",
                json.dumps(self._holds.sales()),
                limit,
            )
            for row in rows:
                size += len(row[7])
                if found and size > bytes_max:
                    break
                found.append(believed_state(row))
        return found

    def settle(self, seq: int, result: Result, told: Json | None = None) -> ActState | None:
        """Write down what the server said of one event; `told` is its answer or its problem."""
        refused = result in {"conflict", "rejected", "later"}
        one = Settled(seq, result, None if refused else told, told if refused else None)
        states = self.settle_all([one])
        return states[0] if states else None

    def settle_all(self, results: Iterable[Settled]) -> list[ActState]:
        """Write down what the server said of a batch, in one transaction; only what waits moves.

        Errors: `QueueFullError`, and everything goes on waiting.
        """
        settled: list[ActState] = []
        ended_at = self._now()
        with self._writing():
            for one in results:
                if one.result == "later":
                    self._hold(one.seq)
                elif self._end(one, ended_at):
                    row = self._run(f"{EVENTS} WHERE event.seq = ?", one.seq).fetchone()
                    settled.append(state_of(row))
        self._holds.release(state.act.sale_id for state in settled)
        return settled

    def _end(self, one: Settled, ended_at: str) -> bool:
        # What a person has put away once stays away when it is refused again.
        state = (
            "'done'"
            if one.result in {"created", "duplicate"}
            else "CASE WHEN dismissed_at IS NULL THEN 'aside' ELSE 'dismissed' END"
        )
        changed = self._run(
            f"UPDATE event SET state = {state}, answer = ?, problem = ?, ended_at = ?"
            " WHERE seq = ? AND state = 'waiting'",
            None if one.answer is None else canonical(one.answer),
            None if one.problem is None else canonical(one.problem),
            ended_at,
            one.seq,
        )
        return changed.rowcount == 1

    def _hold(self, seq: int) -> None:
        row = self._run(
            "SELECT sale_id FROM act JOIN event USING (number) WHERE seq = ?", seq
        ).fetchone()
        if row is not None:
            self._holds.hold(row[0])

    def hold(self, seq: int) -> None:
        """Let an event and what follows for its sale wait apart; nothing waits behind them."""
        with self._reading():
            self._hold(seq)

    def held(self) -> int:
        """Count the sales that wait apart."""
        return len(self._holds.sales())

    def wait_again(self, ranges: Iterable[Sequence[int]]) -> int:
        """Send settled events again that the server has lost; gives how many.

        Errors: `QueueFullError`.
        """
        with self._writing():
            return sum(
                self._run(
                    "UPDATE event SET state = 'waiting', answer = NULL, problem = NULL,"
                    " ended_at = NULL WHERE seq BETWEEN ? AND ? AND state <> 'waiting'",
                    first,
                    last,
                ).rowcount
                for first, last in ranges
            )

    def settled_above(self, seq: int) -> tuple[int, int] | None:
        """Name the first and the last settled event above `seq`, if any."""
        with self._reading():
            first, last = self._run(
                "SELECT min(seq), max(seq) FROM event WHERE seq > ? AND state <> 'waiting'", seq
            ).fetchone()
        return None if first is None else (int(first), int(last))

    def kept_from(self) -> int:
        """Name the lowest number that is still here; what was pruned is not asked for again."""
        with self._reading():
            found = self._run("SELECT min(seq) FROM event").fetchone()
        return int(found[0] or 1)

    # Looking.

    def act(self, act_id: str) -> ActState | None:
        """Say how an act stands."""
        with self._reading():
            row = self._run(f"{EVENTS} WHERE act.act_id = ?", act_id).fetchone()
        return None if row is None else state_of(row)

    def counts(self) -> Counts:
        """Count what waits and what was set aside."""
        with self._reading():
            waiting, aside, oldest = self._run(
                "SELECT (SELECT count(*) FROM event WHERE state = 'waiting'),"
                " (SELECT count(*) FROM event WHERE state = 'aside'),"
                " (SELECT made_at FROM act WHERE number ="
                "  (SELECT number FROM event WHERE state = 'waiting' ORDER BY seq LIMIT 1))"
            ).fetchone()
        return Counts(waiting, oldest, aside)

    def is_far_behind(self, seq: int, *, by: int) -> bool:
        """Say whether at least so many events are to be sent before this one."""
        with self._reading():
            found = self._run(
                "SELECT count(*) FROM (SELECT 1 FROM event"
                " WHERE state = 'waiting' AND seq < ? LIMIT ?)",
                seq,
                by,
            ).fetchone()
        return int(found[0]) >= by

    def unsent_above(self, number: int, *, with_aside: bool = True) -> int:
        """Count what waits or was set aside, of what was confirmed after `number`."""
        with self._reading():
            found = self._run(
                "SELECT count(*) FROM event WHERE state IN ('waiting', ?) AND number > ?",
                "aside" if with_aside else "waiting",
                number,
            ).fetchone()
        return int(found[0])

    def aside(self) -> list[ActState]:
        """List what the server refused for ever: a person has to look at it."""
        return self._listed("WHERE event.state = 'aside' ORDER BY act.number")

    def recent(self, limit: int = 50) -> list[ActState]:
        """List what was confirmed last, newest first."""
        return self._listed("ORDER BY act.number DESC LIMIT ?", limit)

    def handoffs(self, limit: int = 500) -> list[ActState]:
        """List the orders that were handed over here last, newest first."""
        return self._listed("WHERE act.kind = 'handoff' ORDER BY act.number DESC LIMIT ?", limit)

    def redemptions(self, limit: int = 500) -> list[ActState]:
        """List the rewards that were given here without a line last, newest first."""
        return self._listed("WHERE act.kind = 'redemption' ORDER BY act.number DESC LIMIT ?", limit)

    def export(self) -> Json:
        """Write down all that the server has not accepted, for a file."""
        unsent = "WHERE event.state IN ('waiting', 'aside') ORDER BY act.number"
        return {
            "format": EXPORT_FORMAT,
            "queue_id": self.queue_id,
            "made_at": self._now(),
            "acts": [state.document() for state in self._listed(unsent)],
        }

    def _listed(self, clause: str, *values: object) -> list[ActState]:
        with self._reading():
            return [state_of(row) for row in self._run(f"{EVENTS} {clause}", *values)]

    # Keeping house.

    def dismiss(self, act_id: str) -> bool:
        """Put an act away that was set aside, after a person has read why."""
        with self._writing():
            changed = self._run(
                "UPDATE event SET state = 'dismissed', dismissed_at = ?"
                " WHERE act_id = ? AND state = 'aside'",
                self._now(),
                act_id,
            )
            return changed.rowcount == 1

    def prune(self, before: str) -> int:
        """Forget acts that were done before a moment; never the newest, whose number counts on."""
        with self._writing():
            old = (
                "SELECT number FROM event WHERE state = 'done' AND ended_at < ?"
                " AND number < (SELECT max(number) FROM event)"
            )
            last = self._run(f"SELECT max(number) FROM ({old})", before).fetchone()[0]
            if last is None:
                return 0
            changed = self._run(f"DELETE FROM act WHERE number IN ({old})", before)
            # A log may still hold them; what it holds up to here is not lost.
            self._put("pruned", str(max(int(last), int(self._get("pruned") or 0))))
            return changed.rowcount

    def forget_persons(self, *, ended_before: str | None) -> int:
        """Take names and balances out of what ended before a moment; None: out of everything.

        What was confirmed stays as it was sent. Errors: `QueueFullError`.
        """
        ended = "event.state IN ('done', 'dismissed') AND event.ended_at < ?"
        which, values = ("1", ()) if ended_before is None else (ended, (ended_before,))
        with self._writing():
            named = self._run(
                f"{EVENTS} WHERE {which}"
                " AND (event.answer IS NOT NULL OR act.shown ->> 'person' IS NOT NULL)",
                *values,
            ).fetchall()
            for row in named:
                self._forget_person(row)
        if named:
            # The log would go on showing them until it is written over.
            with self._reading():
                self._run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return len(named)

    def _forget_person(self, row: Sequence[Any]) -> None:
        number, act_id, kind, sale_id, place, staff_id, made_at, body = row[:8]
        shown = canonical({**believed_state(row).act.shown, "person": None})
        columns = (ACT_FORMAT, act_id, kind, sale_id, place, staff_id, made_at, body, shown)
        digest = digest_of((number, *columns))
        self._run("UPDATE act SET shown = ?, digest = ? WHERE number = ?", shown, digest, number)
        self._run("UPDATE event SET answer = NULL WHERE number = ?", number)

    def belong_to(self, place: str, *, sender: str, problem: Json) -> None:
        """Say which store the queue is confirmed for, and which till sends it.

        A new till counts from 1 again, under a new queue id, and counts what was answered too:
        a service that was put back to a day before the last pairing misses it, and says so.
        What was confirmed for another store is set aside with `problem`, and waits again when
        its store is back.
        Errors: `QueueFullError`.
        """
        with self._writing():
            if (self._get("place"), self._get("sender")) == (place, sender):
                return
            self._put("place", place)
            self._put("sender", sender)
            self._put("queue_id", str(uuid4()))
            self._run("UPDATE event SET seq = NULL")
            elsewhere = "number IN (SELECT number FROM act WHERE place NOT IN ('', ?))"
            self._run(
                "UPDATE event SET state = 'aside', problem = ?, ended_at = ?"
                f" WHERE state = 'waiting' AND {elsewhere}",
                canonical(problem),
                self._now(),
                place,
            )
            self._run(
                "UPDATE event SET state = 'waiting', problem = NULL, ended_at = NULL"
                f" WHERE state = 'aside' AND problem ->> 'code' = ? AND NOT {elsewhere}",
                STRANDED,
                place,
            )
            self._run(
                "UPDATE event SET seq = ours.place_in_line FROM"
                " (SELECT number, row_number() OVER (ORDER BY number) AS place_in_line"
                f"  FROM event WHERE NOT {elsewhere}) AS ours"
                " WHERE event.number = ours.number",
                place,
            )
