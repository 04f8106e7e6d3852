"""Is all well: each till and what waits there, mail, networks, jobs, the clock; as facts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.leases import last_runs
from loyalty.journeys.seal_ledger import SEAL_LATE
from loyalty.journeys.store_opening import opening_of
from loyalty.journeys.tell_networks import ConnectionHealth, connections_health
from loyalty.journeys.tools import Tools
from loyalty.outbox.queries import OutboxFacts, outbox_facts
from loyalty.points.seals.standing import SealStanding, seal_standing
from loyalty.programs.opening_spans import Opening, open_now
from loyalty.programs.queries import TillFacts, stores_of, tills_of
from loyalty.programs.queues import QueueFacts, queue_of_each_till
from loyalty.programs.rules import local_day
from loyalty.sales.queries import newest_recorded_at

# What a till may take to empty its queue once it is heard of.
DRAIN_TIME: Final = timedelta(minutes=10)
# An agent is heard of four times a minute, a page each half minute; both are noted more rarely.
SILENCE: Final = timedelta(minutes=20)
UNUSED: Final = timedelta(days=7)
MAIL_LATE: Final = timedelta(minutes=3)
FAILED_SINCE: Final = timedelta(days=1)
# The outbox is swept each minute by whichever server runs the jobs.
JOB: Final = "sweep"
JOBS_LATE: Final = timedelta(minutes=5)
CLOCK_BACK: Final = timedelta(minutes=2)


class TillState(StrEnum):
    """How a till stands; the first that holds is told."""

    ASIDE = "aside"  # the service refused acts for ever: a person has to look at them
    CUT_OFF = "cut_off"  # silent, with sales that have not arrived
    STUCK = "stuck"  # heard of, but what waits does not arrive
    HOLES = "holes"  # later acts arrived, earlier ones did not
    COPIED = "copied"  # numbers came back with other acts: its queue exists twice
    SILENT = "silent"  # not heard of while its store is open
    UNUSED = "unused"  # not heard of for days, or never
    RESTING = "resting"  # not heard of, as it should be: the store is closed, or may be
    FINE = "fine"


WELL: Final = frozenset({TillState.FINE, TillState.RESTING, TillState.UNUSED})


@dataclass(frozen=True, slots=True)
class TillHealth:
    """A paired till; what a queue says is none of a browser's, which keeps its own.

    `since` is when the state began, as far as it is known.
    """

    till_id: UUID
    store_id: UUID
    name: str
    kind: str
    state: TillState
    since: datetime | None
    last_contact_at: datetime | None
    has_queue: bool
    waiting: int
    oldest_made_at: datetime | None
    aside: int
    holes: int
    version: str

    @property
    def is_well(self) -> bool:
        """Say whether nobody needs to look."""
        return self.state in WELL


@dataclass(frozen=True, slots=True)
class MailHealth:
    """The outbox, and since when it does not get rid of its messages; none while it does."""

    facts: OutboxFacts
    late_since: datetime | None
    failing_since: datetime | None

    @property
    def is_well(self) -> bool:
        """Say whether messages go out."""
        return self.late_since is None and self.failing_since is None


@dataclass(frozen=True, slots=True)
class SealHealth:
    """How far the points ledger is sealed, and since when its oldest row waits too long."""

    block: int
    sealed_at: datetime | None
    late_since: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """How a program stands at a moment.

    `jobs_at` is when the jobs last ran; `clock_ahead` by how much the newest sale lies in the
    future, which only a clock that went back explains.
    """

    at: datetime
    tills: tuple[TillHealth, ...]
    mail: MailHealth
    jobs_at: datetime | None
    are_jobs_well: bool
    clock_ahead: timedelta | None
    networks: tuple[ConnectionHealth, ...]
    seals: SealHealth


def tell_health(
    session: Session, program_id: int, store_ids: Collection[UUID], *, tools: Tools
) -> Health:
    """Tell how some stores of a program stand: their tills, and what they share."""
    at = tools.clock.now()
    jobs_at = last_runs(session).get(JOB)
    newest = newest_recorded_at(session, program_id)
    ahead = newest - at if newest is not None else timedelta()
    return Health(
        at=at,
        tills=_tills(session, program_id, store_ids, at=at),
        mail=judge_mail(outbox_facts(session, program_id, failed_since=at - FAILED_SINCE), at=at),
        jobs_at=jobs_at,
        are_jobs_well=jobs_at is not None and at - jobs_at <= JOBS_LATE,
        clock_ahead=ahead if ahead > CLOCK_BACK else None,
        networks=connections_health(session, program_id, store_ids, at=at),
        seals=judge_seals(seal_standing(session, program_id), at=at),
    )


def judge_mail(facts: OutboxFacts, *, at: datetime) -> MailHealth:
    """Say whether messages go out: none waits for long, none was given up since one went out."""
    late = facts.oldest_at is not None and at - facts.oldest_at > MAIL_LATE
    last_failed = max((one.last_at for one in facts.failures), default=None)
    fails = last_failed is not None and (
        facts.last_sent_at is None or facts.last_sent_at < last_failed
    )
    return MailHealth(
        facts=facts,
        late_since=facts.oldest_at if late else None,
        failing_since=last_failed if fails else None,
    )


def judge_seals(standing: SealStanding, *, at: datetime) -> SealHealth:
    """Say whether what was written is sealed in time."""
    since = standing.waits_since
    is_late = since is not None and at - since > SEAL_LATE
    return SealHealth(standing.block, standing.sealed_at, since if is_late else None)


def judge_till(
    till: TillFacts, queue: QueueFacts | None, opening: Opening, *, at: datetime
) -> TillHealth:
    """Say how a till stands, by what it told last and whether it should be there now."""
    heard = max(
        (moment for moment in (till.last_seen_at, queue and queue.last_contact_at) if moment),
        default=None,
    )
    state, since = _state(queue, opening, heard=heard, at=at)
    return TillHealth(
        till_id=till.till_id,
        store_id=till.store_id,
        name=till.name,
        kind=till.kind,
        state=state,
        since=since,
        last_contact_at=heard,
        has_queue=queue is not None,
        waiting=queue.waiting if queue else 0,
        oldest_made_at=queue.oldest_made_at if queue else None,
        aside=queue.aside if queue else 0,
        holes=queue.holes if queue else 0,
        version=queue.version if queue else "",
    )


def _tills(
    session: Session, program_id: int, store_ids: Collection[UUID], *, at: datetime
) -> tuple[TillHealth, ...]:
    openings = {
        store.store_id: opening_of(session, store, since=local_day(at, store.time_zone))
        for store in stores_of(session, program_id)
        if store.store_id in store_ids
    }
    queues = queue_of_each_till(session, program_id)
    found = [
        judge_till(till, queues.get(till.till_id), openings[till.store_id], at=at)
        for till in tills_of(session, program_id)
        if till.revoked_at is None and till.store_id in store_ids
    ]
    return tuple(sorted(found, key=lambda till: (till.is_well, till.name, str(till.till_id))))


def _state(
    queue: QueueFacts | None, opening: Opening, *, heard: datetime | None, at: datetime
) -> tuple[TillState, datetime | None]:
    is_silent = heard is None or at - heard > SILENCE
    told = _queue_state(queue, is_silent=is_silent, at=at) if queue is not None else None
    if told is not None:
        return told, heard if is_silent else queue.oldest_made_at if queue else None
    if not is_silent:
        return TillState.FINE, None
    if heard is None or at - heard > UNUSED:
        return TillState.UNUSED, heard
    if _is_open(opening, at) and _is_open(opening, at - SILENCE):
        return TillState.SILENT, heard
    return TillState.RESTING, heard


def _queue_state(queue: QueueFacts, *, is_silent: bool, at: datetime) -> TillState | None:
    """Say what is wrong with a queue; None when nothing is."""
    oldest = queue.oldest_made_at
    wrong = {
        TillState.ASIDE: queue.aside > 0,
        TillState.CUT_OFF: queue.waiting > 0 and is_silent,
        TillState.STUCK: queue.waiting > 0 and oldest is not None and at - oldest > DRAIN_TIME,
        TillState.HOLES: queue.holes > 0 and is_silent,
        TillState.COPIED: queue.clashes > 0,
    }
    return next((state for state, is_so in wrong.items() if is_so), None)


def _is_open(opening: Opening, at: datetime) -> bool:
    told = open_now(opening, at=at)
    return told is not None and told.is_open
