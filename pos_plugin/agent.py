"""The agent at the counter: takes what is confirmed, keeps it, sends it, and says how it stands."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from importlib import metadata
from pathlib import Path
from typing import Final

from loyalty.wire.messages import moment_text
from pos_plugin.acts import Act, ActState, Json
from pos_plugin.client import NoAnswerError, Paired, RefusedError, Service
from pos_plugin.clock import TillClock
from pos_plugin.home import Home
from pos_plugin.known import KnownBooks
from pos_plugin.line import Line, LineState, Reason
from pos_plugin.lock import HomeLock
from pos_plugin.queue import (
    STRANDED,
    Queue,
    QueueClosedError,
    QueueDamagedError,
    QueueFullError,
)
from pos_plugin.sentences import language_of, sentence
from pos_plugin.shell import Shell, ShellError
from pos_plugin.sync import BATCH_MAX, Drainer

log = logging.getLogger("enlaza_till")

KEEP_DONE: Final = timedelta(days=90)
CHORES_END_S: Final = 10.0
_CLOCK: Final = "clock"
_EXPORTED: Final = "exported"


class QueueNotEmptyError(Exception):
    """What waits or was set aside would be left behind without a copy."""

    def __init__(self, unsent: int) -> None:
        super().__init__(unsent)
        self.unsent = unsent


@dataclass(frozen=True, slots=True)
class AgentState:
    """How the agent stands, for the page, for `status`, for whoever asks."""

    line: LineState
    since: str | None
    reason: Reason | None
    waiting: int
    oldest_made_at: str | None
    aside: int
    trust_at: str | None
    copy_at: str | None
    damaged: Json | None
    version: str

    def to_json(self) -> Json:
        """Write it as the page reads it."""
        return {
            "line": self.line,
            "since": self.since,
            "reason": self.reason,
            "queue": {
                "waiting": self.waiting,
                "oldest_made_at": self.oldest_made_at,
                "aside": self.aside,
            },
            "knows": {"trust_at": self.trust_at, "copy_at": self.copy_at},
            "damaged": self.damaged,
            "version": self.version,
        }


def agent_version() -> str:
    """Name the version of this program."""
    try:
        return metadata.version("enlaza")
    except metadata.PackageNotFoundError:
        return "0"


class Agent:
    """Everything of one till that runs; one for each home, which it locks while it lives."""

    def __init__(self, home: Home | Path, *, open_queue: Callable[..., Queue] = Queue.open) -> None:
        """Open the home.

        Errors: `NotPairedError`, `AlreadyServedError`, `QueueFullError`, `HomeError`.
        """
        self.home = home if isinstance(home, Home) else Home(home)
        self.home.make()
        self.paired: Paired = self.home.read_paired()
        self._lock = HomeLock(self.home.lock_file)
        try:
            self.queue = open_queue(self.home.queue_file)
            self._belong()
            self.clock = TillClock(self.queue.setting(_CLOCK), save=self._save_clock)
            self.queue.use_clock(self.clock.moment)
            self.line = Line()
            self.service = Service(self.paired, line=self.line)
            self.books = KnownBooks(self.home.books_file, self.paired, clock=self.clock)
        except BaseException:
            self._lock.release()
            raise
        self.shell = Shell(self.home.shell)
        self._refreshing = threading.Lock()
        self._chores: threading.Thread | None = None
        self._ending = threading.Event()
        self.version = agent_version()
        self.drainer = Drainer(
            self.service,
            self.queue,
            self.books,
            self.clock,
            version=self.version,
            chore=self._begin_chores,
        )

    def start(self) -> None:
        """Begin to send what waits and to listen to the server."""
        self.drainer.start()

    def stop(self) -> None:
        """End; everything that waits stays on the disk. Doing it twice changes nothing."""
        self._ending.set()
        self.drainer.stop()
        if self._chores is not None:
            self._chores.join(CHORES_END_S)
        self.service.close()
        self.books.close()
        self.queue.close()
        self._lock.release()

    def take(
        self, act: Act, patience_s: float | None = None, *, before: Act | None = None
    ) -> ActState:
        """Keep an act and wait for the server's answer as long as the line is worth it.

        When this returns the act is on the disk, together with what goes `before` it; its
        `state` says whether it was answered.
        Errors: `QueueFullError` (nothing was kept), `ActConflictError`.
        """
        began = time.monotonic()
        try:
            kept = self.queue.add(act, before=before)
        except QueueDamagedError:
            self.queue.mend()
            kept = self.queue.add(act, before=before)
        self.drainer.wake()
        patience = self.line.patience_s() if patience_s is None else patience_s
        if kept.seq is not None and self.queue.is_far_behind(kept.seq, by=BATCH_MAX):
            patience = 0.0  # its turn comes after others
        # A slow disk has used up some of the cashier's time already.
        patience -= time.monotonic() - began
        asked = time.monotonic()
        state = self.drainer.wait_for(act.act_id, patience) or self.queue.act(act.act_id)
        if patience_s is None:
            self.line.waited(time.monotonic() - asked)
        assert state is not None, "what was kept is there"
        return state

    def state(self) -> AgentState:
        """Say how the agent stands."""
        line = self.line.facts()
        counts = self.queue.counts()
        damage = self.queue.damage()
        session = self.books.last("session")
        since = None if line.since_s is None else self.clock.now() - timedelta(seconds=line.since_s)
        return AgentState(
            line=line.state,
            since=_text(since),
            reason=line.reason,
            waiting=counts.waiting,
            oldest_made_at=counts.oldest_made_at,
            aside=counts.aside,
            trust_at=_text(self.books.trust_at()),
            copy_at=_text(session[1] if session else None),
            damaged=None if damage is None else asdict(damage),
            version=self.version,
        )

    def export(self) -> Json:
        """Write down all that the server has not accepted; with it the till may be let go."""
        # Asked first: what is confirmed meanwhile may not be in the file.
        last = max((one.number for one in self.queue.recent(1)), default=0)
        told = self.queue.export()
        self.queue.set_setting(_EXPORTED, str(last))
        return told

    def unpair(self) -> bool:
        """Let the till go, here and at the server; False when the server was not reached.

        Errors: `QueueNotEmptyError` while the queue holds what no export has.
        """
        self.need_empty()
        told = True
        try:
            self.service.call("DELETE", "/till/session")
        except NoAnswerError:
            told = False
        except RefusedError as refusal:
            log.info("the server knew this till no more (%s)", refusal.code)
        self.stop()
        self.home.forget_paired()
        return told

    def need_empty(self, *, with_aside: bool = True) -> None:
        """Refuse to let the till, or who works at it, go while it holds what no export has.

        Errors: `QueueNotEmptyError`.
        """
        exported = int(self.queue.setting(_EXPORTED) or 0)
        unsent = self.queue.unsent_above(exported, with_aside=with_aside)
        if unsent:
            raise QueueNotEmptyError(unsent)

    def _belong(self) -> None:
        language = language_of(str(self.paired.store.get("language", "")))
        problem = {
            "code": STRANDED,
            "title": sentence("other_store", language),
            "detail": sentence("other_store_detail", language),
            "retryable": False,
        }
        sender = f"{self.paired.program_id}/{self.paired.till_id}"
        self.queue.belong_to(self.paired.place, sender=sender, problem=problem)

    def refresh_shell(self) -> bool:
        """Fetch the page when the service has another version; False when there is none to serve.

        The old one stays while the new one cannot be had whole.
        """
        with self._refreshing:
            try:
                self.shell.refresh(self.fetch_page)
            except (ShellError, OSError) as error:
                log.warning("the page was not fetched (%s)", error)
        return self.shell.release is not None

    def fetch_page(self, address: str) -> bytes:
        """Fetch one file of the page. Errors: `ShellError`."""
        if self._ending.is_set():
            message = "the program ends"
            raise ShellError(message)
        try:
            raw = self.service.fetch(address)
        except NoAnswerError as silence:
            raise ShellError(silence.reason) from silence
        if raw.status != HTTPStatus.OK:
            message = f"{address}: status {raw.status}"
            raise ShellError(message)
        return raw.data

    def _begin_chores(self) -> None:
        """Fetch a page and tidy beside the sending: no sale waits behind a page's files."""
        if self._chores is None or not self._chores.is_alive():
            self._chores = threading.Thread(target=self._do_chores, name="enlaza-chores")
            self._chores.daemon = True
            self._chores.start()

    def _do_chores(self) -> None:
        try:
            self.refresh_shell()
            if not self._ending.is_set():
                self.queue.prune(moment_text(self.clock.now() - KEEP_DONE))
        except QueueClosedError:
            return
        except Exception:
            # The next round does them.
            log.exception("the chores failed")

    def _save_clock(self, kept: str) -> None:
        try:
            self.queue.set_setting(_CLOCK, kept)
        except QueueFullError as error:
            log.warning("the clock was not kept (%s)", error)


def _text(at: datetime | None) -> str | None:
    return None if at is None else moment_text(at)
