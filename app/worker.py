"""The jobs behind the pages: mail, networks, overdue orders, and old things tidied up.

Huey drives them, in threads of the serving process or in one of their own. Its queue is a file
of its own beside the keys, on both databases: on PostgreSQL it would have to own tables, which
the service's role may not. The queue only wakes; what is to be done stands in the database, so
losing it loses nothing: the outbox and the inbox are swept each minute anyway.
"""

import atexit
import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from typing import Final
from uuid import UUID

from huey import SqliteHuey, crontab
from huey.consumer import Consumer
from structlog.contextvars import bound_contextvars

from app.mastodon_polls import poll_connection, polls_due
from app.metrics import count_job
from app.network_reading import read_inbox, read_pages
from app.outbound import sender
from app.tally import begin_tally
from app.wiring import Services
from loyalty.db.leases import end_lease, take_lease
from loyalty.db.session import NO_PROGRAM
from loyalty.inbox.process import is_waiting
from loyalty.inbox.receive import NEWS as INBOX_NEWS
from loyalty.journeys.bonuses import tend_members, tend_referrals
from loyalty.journeys.release_orders import release_orders
from loyalty.journeys.seal_ledger import SEAL_JOB, seal_ledgers
from loyalty.journeys.send_outbox import send_due
from loyalty.journeys.tell_head import tell_heads
from loyalty.journeys.tend_points import tend_points
from loyalty.journeys.tidy_up import tidy_up
from loyalty.journeys.warn_of_expiry import warn_of_expiry
from loyalty.kernel.errors import StorageUnavailableError
from loyalty.outbox.post import NEWS
from loyalty.programs.queries import program_by_id, programs

log = logging.getLogger("enlaza.jobs")

# Mail, networks that answer slowly, and one to spare.
WORKERS: Final = 4
# How soon a mail starts after its act was kept, at most.
POLL_S_MAX: Final = 0.5
SWEEP_HOLD: Final = timedelta(minutes=5)
RELEASE_HOLD: Final = timedelta(minutes=5)
SEAL_HOLD: Final = timedelta(minutes=5)
SEAL_REST_HOLD: Final = timedelta(hours=1)
SEAL_REST_EVERY: Final = timedelta(hours=23)
TIDY_EVERY: Final = timedelta(minutes=55)
TIDY_HOLD: Final = timedelta(minutes=30)
WATCH_AGAIN_S: Final = 30
STOP_S_MAX: Final = 10


class _QuietConsumer(Consumer):  # type: ignore[misc]
    """A consumer whose process belongs to the server: it handles no signals."""

    def _set_signal_handlers(self) -> None:
        """Leave the signals to the server."""


class Jobs:
    """The jobs of one running service."""

    def __init__(self, parts: Services) -> None:
        self.parts = parts
        self.holder = f"{socket.gethostname()}:{os.getpid()}"
        self.huey = SqliteHuey(
            "enlaza",
            filename=str(parts.settings.home / "jobs.db"),
            results=False,
            utc=True,
            fsync=False,  # it only wakes
        )
        self._send = sender(parts)
        self.deliver = self.huey.task(name="deliver")(self.send_mail)
        self.read = self.huey.task(name="read")(self.read_what_came)
        self.pages = self.huey.task(name="pages")(self.read_pages_named)
        self.poll = self.huey.task(name="poll")(self.poll_network)
        self.look = self.huey.task(name="look")(self.watch_all)
        self.watch = self.huey.periodic_task(crontab(minute="*"), name="watch")(self.watch_twice)
        self._over = threading.Event()
        self.sweep = self.huey.periodic_task(crontab(minute="*"), name="sweep")(self.sweep_outbox)
        self.release = self.huey.periodic_task(crontab(minute="*"), name="release")(
            self.release_overdue
        )
        self.tend = self.huey.periodic_task(crontab(minute="*"), name="tend")(self.tend_points)
        self.settle = self.huey.periodic_task(crontab(minute="*"), name="settle")(
            self.settle_referrals
        )
        self.members = self.huey.periodic_task(crontab(minute="17"), name="members")(
            self.tend_members
        )
        self.seal = self.huey.periodic_task(crontab(minute="*"), name="seal")(self.seal_new)
        self.seal_rest = self.huey.periodic_task(crontab(minute="37"), name="seal_rest")(
            self.seal_all
        )
        self.tidy = self.huey.periodic_task(crontab(minute="7"), name="tidy")(self.tidy_all)
        self._consumer = _QuietConsumer(
            self.huey,
            workers=WORKERS,
            initial_delay=0.05,
            max_delay=POLL_S_MAX,
            check_worker_health=False,
            shutdown_timeout=STOP_S_MAX,
        )

    def start(self) -> None:
        """Start the threads, and send what waited while no server ran."""
        self.parts.database.listen(NEWS, self.wake)
        self.parts.database.listen(INBOX_NEWS, self.wake_reader)
        self._consumer.start()
        self.sweep()
        self.release()
        self.seal_rest()
        self.look()

    def stop(self) -> None:
        """End the threads; what they were doing is finished or done again later."""
        self._over.set()
        self._consumer.stop(graceful=True)
        self.huey.storage.close()

    def wake(self, program_id: int) -> None:
        """Have the mail of a program sent now; called after an act that posted some."""
        self.deliver(program_id)

    def send_mail(self, program_id: int) -> None:
        """Send what waits in one program's outbox."""
        self._guarded("deliver", lambda: self._send_due(program_id))

    def sweep_outbox(self) -> None:
        """Send what waits in any program's outbox."""
        self._guarded("sweep", lambda: self._leased("sweep", self._sweep, hold=SWEEP_HOLD))

    def release_overdue(self) -> None:
        """Let go of the orders nobody accepted, or nobody collected in time."""
        self._guarded(
            "release",
            lambda: self._leased(
                "release",
                lambda: release_orders(self.parts.database, tools=self.parts.tools),
                hold=RELEASE_HOLD,
            ),
        )

    def tend_points(self) -> None:
        """Let go of held points that ran out, and write off the lots that are past."""
        self._guarded(
            "tend",
            lambda: self._leased(
                "tend",
                lambda: tend_points(self.parts.database, tools=self.parts.tools),
                hold=RELEASE_HOLD,
            ),
        )

    def settle_referrals(self) -> None:
        """Reward friends brought along, and take back what was refunded."""
        self._guarded(
            "settle",
            lambda: self._leased(
                "settle",
                lambda: tend_referrals(self.parts.database, tools=self.parts.tools),
                hold=RELEASE_HOLD,
            ),
        )

    def tend_members(self) -> None:
        """Give birthdays their points, and move members whom time moves between tiers."""
        self._guarded(
            "members",
            lambda: self._leased(
                "members",
                lambda: tend_members(self.parts.database, tools=self.parts.tools),
                hold=TIDY_HOLD,
            ),
        )

    def seal_new(self) -> None:
        """Seal what was written into the ledgers lately; a row is sealed within a minute."""
        self._guarded(
            "seal",
            lambda: self._leased(
                SEAL_JOB,
                self._seal,
                hold=SEAL_HOLD,
            ),
        )

    def seal_all(self) -> None:
        """Once a day, seal whatever in the ledgers is in no block, however old it is."""
        self._guarded(
            "seal_rest",
            lambda: self._leased(
                "seal_rest",
                lambda: seal_ledgers(self.parts.database, tools=self.parts.tools, everything=True),
                hold=SEAL_REST_HOLD,
                every=SEAL_REST_EVERY,
            ),
        )

    def wake_reader(self, program_id: int) -> None:
        """Have what came into a program's inbox read now; called after an act that kept some."""
        self.read(program_id)
        self.pages(program_id)

    def read_what_came(self, program_id: int) -> None:
        """Read what waits in one program's inbox."""
        self._guarded("read", lambda: read_inbox(self.parts, program_id, is_over=self._over.is_set))

    def read_pages_named(self, program_id: int) -> None:
        """Fetch and read the pages that webmentions to one program speak of."""
        self._guarded(
            "pages", lambda: read_pages(self.parts, program_id, is_over=self._over.is_set)
        )

    def poll_network(self, program_id: int, connection_id: str) -> None:
        """Ask one connection's server what is new."""
        self._guarded(
            "poll",
            lambda: poll_connection(
                self.parts, program_id, UUID(connection_id), is_over=self._over.is_set
            ),
        )

    def watch_twice(self) -> None:
        """Watch the networks now and in half a minute: a like is to be seen within a minute."""
        self.look.schedule(delay=WATCH_AGAIN_S)
        self.watch_all()

    def watch_all(self) -> None:
        """Have every connection that is due asked, and every inbox read.

        Each poll and each delivery is claimed in the database, so several servers may watch.
        """
        self._guarded("watch", self._watch)

    def tidy_all(self) -> None:
        """Tidy up what nobody needs any more, and warn of points that end soon."""
        self._guarded(
            "tidy",
            lambda: self._leased(
                "tidy",
                self._tidy,
                hold=TIDY_HOLD,
                every=TIDY_EVERY,
            ),
        )

    def _tidy(self) -> None:
        tidy_up(self.parts.database, tools=self.parts.tools)
        warn_of_expiry(self.parts.database, tools=self.parts.tools)

    def _seal(self) -> None:
        seal_ledgers(self.parts.database, tools=self.parts.tools)
        tell_heads(self.parts.database, tools=self.parts.tools)

    def _sweep(self) -> None:
        with self.parts.database.reading(NO_PROGRAM) as session:
            known = programs(session)
        for program in known:
            self._send_due(program.program_id)

    def _watch(self) -> None:
        with self.parts.database.reading(NO_PROGRAM) as session:
            known = programs(session)
        for program in known:
            for connection_id in polls_due(self.parts, program.program_id):
                self.poll(program.program_id, str(connection_id))
            with self.parts.database.reading(program.program_id) as session:
                waits = is_waiting(session, program.program_id, at=self.parts.tools.clock.now())
            if waits:
                self.wake_reader(program.program_id)

    def _send_due(self, program_id: int) -> None:
        with self.parts.database.reading(NO_PROGRAM) as session:
            program = program_by_id(session, program_id)
        is_shown = program is not None and program.is_demo and self.parts.settings.demo
        send_due(
            self.parts.database,
            program_id,
            self._send,
            tools=self.parts.tools,
            keep_facts=is_shown,  # on the demo's outbox page
        )

    def _leased(
        self,
        job: str,
        work: Callable[[], object],
        *,
        hold: timedelta,
        every: timedelta = timedelta(0),
    ) -> None:
        """Do `work` unless another server does it at this moment or did it just now."""
        database, clock = self.parts.database, self.parts.tools.clock
        with database.unit_of_work(NO_PROGRAM) as session:
            is_ours = take_lease(
                session, job, holder=self.holder, at=clock.now(), hold=hold, every=every
            )
        if not is_ours:
            return
        work()
        with database.unit_of_work(NO_PROGRAM) as session:
            end_lease(session, job, holder=self.holder, at=clock.now())

    def _guarded(self, job: str, work: Callable[[], None]) -> None:
        """Do a job and count it; its lines and its statements carry its name."""
        began = perf_counter()
        begin_tally()
        result = "failed"
        with bound_contextvars(job=job):
            try:
                work()
                result = "done"
            except StorageUnavailableError:
                result = "postponed"
                log.warning("%s: the database is not available; it will be tried again", job)
            finally:
                count_job(job, result, perf_counter() - began)


_running: list[Jobs] = []
_guard = threading.Lock()


def start_jobs(parts: Services) -> Services:
    """Start the jobs in threads of this process; gives the parts back for the factory."""
    with _guard:
        jobs = Jobs(parts)
        jobs.start()
        _running.append(jobs)
    # Registered last, so it runs before whatever closes the database.
    atexit.register(stop_jobs)
    return parts


def stop_jobs() -> None:
    """End the jobs this process started, before the database is closed."""
    with _guard:
        while _running:
            _running.pop().stop()
