"""Sends what waits to the server, and listens to what the server says of it.

One thread, one request at a time: the order of confirming is the order of arriving. Nothing is
forgotten here; what is not answered stays in the queue and goes again.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from loyalty.wire.messages import moment_text
from loyalty.wire.trust import SignedTrust, UntrustedListError
from pos_plugin.acts import ActState, Json, Settled
from pos_plugin.client import SESSION_NEEDS, NoAnswerError, RefusedError, Service
from pos_plugin.clock import TillClock
from pos_plugin.known import KnownBooks
from pos_plugin.line import SLOW_S
from pos_plugin.queue import Queue, QueueClosedError, QueueError, QueueFullError

log = logging.getLogger("enlaza_till.sync")

BATCH_MAX: Final = 50
HEARTBEAT_S: Final = 15.0
REFUSED_BEAT_S: Final = 60.0
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 15.0
# An act that was just confirmed may try the line this soon after the last failure.
NUDGE_S: Final = 1.0
TIMEOUT_S: Final = 5.0
TIMEOUT_PER_EVENT_S: Final = 0.2
# What a server may take for each event before its line counts as slow.
SLOW_PER_EVENT_S: Final = 0.1
SESSION_EVERY_S: Final = 600.0
TIDY_EVERY_S: Final = 600.0
ORDERS_EVERY_S: Final = 10.0
TRUST_EVERY_S: Final = 3600.0
# A hole that the server goes on naming after it was filled is asked about this often.
REFILL_EVERY_S: Final = 300.0
_RESULTS: Final = frozenset({"created", "duplicate", "conflict", "rejected", "later"})


class Drainer:
    """The thread that speaks to the server."""

    def __init__(
        self,
        service: Service,
        queue: Queue,
        books: KnownBooks,
        clock: TillClock,
        *,
        version: str,
        chore: Callable[[], None] = lambda: None,
    ) -> None:
        self.service = service
        self._queue = queue
        self._books = books
        self._clock = clock
        self._version = version
        self._chore = chore
        self.language: str | None = None
        self._news = threading.Condition()
        self._nudged = False
        self._stopping = False
        self._batch = BATCH_MAX
        self._pause_s = 0.0
        self._due = _Due()
        self._refilled: tuple[object, float] = (None, 0.0)
        self._thread = threading.Thread(target=self._run, name="enlaza-sync", daemon=True)

    def start(self) -> None:
        """Begin to send and to listen."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End after the request that is under way; what waits stays in the queue."""
        with self._news:
            self._stopping = True
            self._news.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def wake(self) -> None:
        """Say that there is something to send."""
        with self._news:
            self._nudged = True
            self._news.notify_all()

    def wait_for(self, act_id: str, timeout_s: float) -> ActState | None:
        """Wait until an act is answered, at most so long; None when it still waits."""
        until = time.monotonic() + timeout_s
        with self._news:
            while True:
                state = self._queue.act(act_id)
                if state is not None and state.state != "waiting":
                    return state
                left = until - time.monotonic()
                if left <= 0 or self._stopping:
                    return None
                self._news.wait(left)

    def _run(self) -> None:
        while not self._stopping:
            try:
                more = self.beat()
            except QueueClosedError:
                return
            except QueueError as error:
                log.warning("the queue could not be read or written (%s); trying again", error)
                more = False
                self._slow_down()
            except Exception:
                # Whatever it is, the queue is safe and the till goes on.
                log.exception("a round of sending failed; trying again")
                more = False
                self._slow_down()
            if not more:
                self._rest()

    def _rest(self) -> None:
        """Sleep until the next heartbeat, or until somebody confirms something."""
        failing = self._pause_s > 0
        wait_s = self._pause_s if failing else HEARTBEAT_S
        if self.service.line.state == "refused":
            wait_s = REFUSED_BEAT_S
        wait_s *= random.uniform(0.8, 1.2)  # noqa: S311 - so that tills do not come in step
        began = time.monotonic()
        with self._news:
            while not self._stopping:
                passed = time.monotonic() - began
                if self._nudged and (not failing or passed >= NUDGE_S):
                    break
                left = (min(NUDGE_S, wait_s) if self._nudged and failing else wait_s) - passed
                if left <= 0:
                    break
                self._news.wait(left)
            self._nudged = False

    def beat(self) -> bool:
        """Make one round: send a batch or say hello; True when there is more to send at once."""
        if self._queue.is_doubtful:
            self._queue.mend()
        if self._due.now("tidy", TIDY_EVERY_S):
            self.tidy()
        refused = self.service.line.state == "refused"
        batch = [] if refused else self._queue.waiting(self._batch)
        answer = self._send(batch)
        if answer is None:
            return False
        self._pause_s = 0.0
        # First what the server lacks, so that the queue never looks empty before it is.
        self._fill_holes(answer)
        all_later = self._take_results(batch, answer.get("results"))
        self._keep_house(answer)
        if all_later:
            self._slow_down()
            return False
        self._batch = min(2 * self._batch, BATCH_MAX)
        return bool(batch) or refused

    def _send(self, batch: Sequence[ActState]) -> Json | None:
        counts = self._queue.counts()
        body: Json = {
            "queue_id": self._queue.queue_id,
            "version": self._version,
            "state": {
                "waiting": counts.waiting,
                "oldest_made_at": counts.oldest_made_at,
                "aside": counts.aside,
            },
            "kept_from": self._queue.kept_from(),
            "events": [state.event() for state in batch],
        }
        asked = self._clock.steady()
        try:
            told = self.service.call(
                "POST",
                "/sync",
                body=body,
                timeout_s=TIMEOUT_S + TIMEOUT_PER_EVENT_S * len(batch),
                language=self.language,
                slow_s=SLOW_S + SLOW_PER_EVENT_S * len(batch),
                needs=("server_time", "results", "seen_to"),
            ).body
        except NoAnswerError as silence:
            log.info("no answer (%s)", silence.reason)
            # A shorter batch gets through a slow line, and finds the one that cannot.
            self._batch = max(1, len(batch) // 2)
            self._slow_down()
            return None
        except RefusedError as refusal:
            self._refused(batch, refusal)
            return None
        self._clock.hear(str(told.get("server_time")), asked_steady=asked)
        return told

    def _refused(self, batch: Sequence[ActState], refusal: RefusedError) -> None:
        """Deal with a no to the whole batch: half of it goes next, a single one waits apart."""
        log.warning("a batch of %d was refused: %s", len(batch), refusal.code)
        self._slow_down()
        if self.service.line.state == "refused":
            self._forget_persons()
            return
        if refusal.retryable:
            return
        if len(batch) > 1:
            self._batch = len(batch) // 2
            self._pause_s = FIRST_PAUSE_S
        elif batch and refusal.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            self._settle([Settled(_seq(batch[0]), "rejected", problem=dict(refusal.problem))])
        elif batch:
            self._queue.hold(_seq(batch[0]))
            self._pause_s = FIRST_PAUSE_S

    def _take_results(self, batch: Sequence[ActState], results: object) -> bool:
        """Write down what came of a batch; True when all of it has to come later."""
        sent = {_seq(state) for state in batch}
        read = [one for one in map(_read_result, _list(results)) if one and one.seq in sent]
        answered = {one.seq for one in read}
        # What the answer does not mention is not answered.
        read += [Settled(seq, "later") for seq in sorted(sent - answered)]
        later = [one for one in read if one.result == "later"]
        if read and len(later) == len(read):
            # The server cannot just now; only the first waits apart, in case it is the cause.
            self._settle(later[:1])
            return True
        self._settle(read)
        return False

    def _settle(self, results: Sequence[Settled]) -> None:
        if not results:
            return
        settled = self._queue.settle_all(results)
        for state in settled:
            if state.state == "aside":
                code = (state.problem or {}).get("code")
                log.warning("event %s (%s) was set aside: %s", state.seq, state.act.kind, code)
        with self._news:
            self._news.notify_all()

    def _fill_holes(self, answer: Mapping[str, Any]) -> None:
        """Send again what the server has lost, after it was restored from an older backup."""
        seen_to, top_seq = answer.get("seen_to"), answer.get("top_seq")
        if not isinstance(seen_to, int):
            return
        settled = self._queue.settled_above(seen_to)
        if settled is None:
            return
        ranges = [pair for pair in _list(answer.get("missing")) if _is_range(pair)]
        top = top_seq if isinstance(top_seq, int) else seen_to
        if settled[1] > top:
            ranges.append([max(top + 1, settled[0]), settled[1]])
        if not ranges:
            return
        mark = (seen_to, str(ranges))
        if mark == self._refilled[0] and time.monotonic() - self._refilled[1] < REFILL_EVERY_S:
            return
        self._refilled = (mark, time.monotonic())
        again = self._queue.wait_again(ranges)
        if again:
            log.warning("the server has lost %d events above %d; sending again", again, seen_to)
            self.wake()

    def _keep_house(self, answer: Mapping[str, Any]) -> None:
        """Keep trust list and session fresh while the line is there anyway."""
        trust = self._books.trust()
        sequence = answer.get("trust_sequence")
        if trust is None or trust.sequence != sequence or self._due.now("trust", TRUST_EVERY_S):
            self._fetch_trust()
        # Whoever confirms something meanwhile waits for this thread.
        if not self._nudged and self._due.now("orders", ORDERS_EVERY_S):
            self._fetch_orders()
        if self._due.now("session", SESSION_EVERY_S):
            self._fetch_session()
            self._chore()

    def tidy(self) -> None:
        """Keep no person beyond the store's day, with or without a line."""
        self._books.forget_yesterday()
        try:
            self._queue.forget_persons(ended_before=moment_text(self._books.day_start()))
        except QueueFullError as error:
            log.warning("yesterday's names are still there (%s)", error)

    def _forget_persons(self) -> None:
        """Keep no person at all: a till that was taken off may be in anybody's hands."""
        self._books.forget_persons()
        try:
            self._queue.forget_persons(ended_before=None)
        except QueueFullError as error:
            log.warning("names are still there (%s)", error)

    def _fetch_trust(self) -> None:
        if not self._due.now("trust_tried", HEARTBEAT_S / 2):
            return
        try:
            told = self.service.call(
                "GET", "/till/trust", timeout_s=TIMEOUT_S, needs=("payload", "signature")
            ).body
            self._books.keep_trust(SignedTrust(str(told["payload"]), str(told["signature"])))
            self._due.done("trust")
        except (NoAnswerError, RefusedError) as error:
            log.info("the trust list was not fetched (%s)", type(error).__name__)
        except UntrustedListError as error:
            log.warning("a trust list was refused: %s", error)

    def _fetch_orders(self) -> None:
        """Copy what waits at this store, so that it can be handed over without a line."""
        try:
            told = self.service.call("GET", "/till/orders", timeout_s=TIMEOUT_S, needs=("orders",))
            self._books.keep("orders", told.body)
        except (NoAnswerError, RefusedError) as error:
            log.info("the orders were not copied (%s)", type(error).__name__)

    def _fetch_session(self) -> None:
        try:
            answer = self.service.call(
                "GET",
                "/till/session",
                timeout_s=TIMEOUT_S,
                language=self.language,
                needs=SESSION_NEEDS,
            )
            self._books.keep("session", answer.body)
        except (NoAnswerError, RefusedError) as error:
            log.info("the session was not fetched (%s)", type(error).__name__)
            self._due.forget("session")

    def _slow_down(self) -> None:
        self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)


class _Due:
    """Says once in a while that something is due."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}

    def now(self, name: str, every_s: float) -> bool:
        at = self._at.get(name)
        due = at is None or time.monotonic() - at >= every_s
        if due:
            self.done(name)
        return due

    def done(self, name: str) -> None:
        self._at[name] = time.monotonic()

    def forget(self, name: str) -> None:
        self._at.pop(name, None)


def _seq(state: ActState) -> int:
    assert state.seq is not None, "only numbered events are sent"
    return state.seq


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_range(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(n, int) for n in value)  # noqa: PLR2004


def _read_result(told: object) -> Settled | None:
    """Read one item of the answer; anything unknown is no answer to that event."""
    if not isinstance(told, dict) or told.get("result") not in _RESULTS:
        return None
    seq, answer, problem = told.get("seq"), told.get("answer"), told.get("problem")
    if not isinstance(seq, int):
        return None
    if told.get("clash") is True:
        log.warning("event %d clashes with another act of the same number at the server", seq)
    return Settled(
        seq,
        told["result"],
        answer if isinstance(answer, dict) else None,
        problem if isinstance(problem, dict) else None,
    )
