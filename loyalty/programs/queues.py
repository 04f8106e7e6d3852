"""The queues of tills: their numbered acts, how far each has come, and what is missing.

A queue numbers its acts without gaps, so that what lies between two numbers and is not here has
not arrived yet. Everything is counted from the events themselves; `seen_to` of a queue only
remembers where to start counting.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared, insert_row
from loyalty.db.writes import hold, insert_new, table_of
from loyalty.programs.models import TillEvent, TillQueue

EVENT: Final = table_of(TillEvent)
QUEUE: Final = table_of(TillQueue)
SEQ_MAX: Final = 2_000_000_000
# A till that says nothing new is noted at most this often: a sign of life costs no write.
NOTED_EVERY: Final = timedelta(minutes=1)
# How many rows above `seen_to` are looked at in one statement.
LOOKED_AT: Final = 5_000

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class QueueKey:
    """Names one queue of one till."""

    program_id: int
    till_id: UUID
    queue_id: UUID


@dataclass(frozen=True, slots=True)
class EventRow:
    """One numbered act and what became of it; `facts` are those of its refusal."""

    seq: int
    kind: str
    act_id: str
    result: str
    request_hash: str
    refusal: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    staff_id: UUID | None = None
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a queue has come: all up to `seen_to`, of the rest up to `top_seq` not `missing`.

    `missing` are the first ranges only, both ends included.
    """

    seen_to: int
    top_seq: int
    missing: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class QueueReport:
    """What a till says about its queue: what waits there, and what a person must look at."""

    waiting: int
    oldest_made_at: datetime | None
    aside: int
    version: str


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """A till's queue as its owner may want to know it.

    `holes` counts the acts that were overtaken by later ones and have not arrived; `clashes`
    how often a number came back with another act, which a queue that was copied does.
    """

    till_id: UUID
    queue_id: UUID
    waiting: int
    oldest_made_at: datetime | None
    aside: int
    version: str
    seen_to: int
    holes: int
    clashes: int
    last_contact_at: datetime


def hold_queue(session: Session, queue: QueueKey) -> None:
    """Let one request at a time take acts of this queue."""
    hold(session, "till_queue", queue.program_id, f"{queue.till_id}/{queue.queue_id}")


_EVENT_COLUMNS: Final = tuple(column.name for column in fields(EventRow))
# Asked for every act of a queue: written once.
_EVENT_AT: Final = Prepared(
    select(*(EVENT.c[name] for name in _EVENT_COLUMNS)).where(
        EVENT.c.program_id == bindparam("program"),
        EVENT.c.till_id == bindparam("till"),
        EVENT.c.queue_id == bindparam("queue"),
        EVENT.c.seq == bindparam("seq"),
    )
)


def event_at(session: Session, queue: QueueKey, seq: int) -> EventRow | None:
    """Find what was kept under a number of a queue."""
    row = _EVENT_AT.first(
        session, program=queue.program_id, till=queue.till_id, queue=queue.queue_id, seq=seq
    )
    if row is None:
        return None
    named = dict(zip(_EVENT_COLUMNS, row, strict=True))
    return EventRow(**{**named, "facts": json.loads(named["facts"])})


def keep_event(session: Session, queue: QueueKey, event: EventRow, *, at: datetime) -> None:
    """Keep a numbered act that was not here before; the queue is held."""
    values = {
        "program_id": queue.program_id,
        "till_id": queue.till_id,
        "queue_id": queue.queue_id,
        "seq": event.seq,
        "kind": event.kind,
        "act_id": event.act_id,
        "result": event.result,
        "refusal": event.refusal,
        "facts": json.dumps(dict(event.facts)),
        "request_hash": event.request_hash,
        "staff_id": event.staff_id,
        "made_at": event.made_at,
        "received_at": at,
    }
    insert_row(session, EVENT, values)


def seqs_here(session: Session, queue: QueueKey, seqs: Collection[int]) -> frozenset[int]:
    """Say which of these numbers were kept before."""
    found = session.scalars(
        select(EVENT.c.seq).where(*_of(EVENT.c, queue), EVENT.c.seq.in_(sorted(seqs)))
    )
    return frozenset(found)


def progress_of(
    session: Session, queue: QueueKey, *, kept_from: int = 1, ranges_max: int = 10
) -> Progress:
    """Count how far a queue has come; what the till no longer keeps is not waited for."""
    stored = session.execute(
        select(QUEUE.c.seen_to, QUEUE.c.top_seq).where(*_of(QUEUE.c, queue))
    ).one_or_none()
    seen_to = max(stored.seen_to if stored else 0, kept_from - 1)
    top = session.scalar(select(func.max(EVENT.c.seq)).where(*_of(EVENT.c, queue))) or 0
    missing: list[Range] = []
    while seen_to < top and not missing:
        missing, last = _ranges_after(session, queue, seen_to, ranges_max)
        seen_to = missing[0][0] - 1 if missing else last
    return Progress(seen_to=seen_to, top_seq=max(top, seen_to), missing=tuple(missing))


def note_contact(
    session: Session,
    queue: QueueKey,
    report: QueueReport,
    progress: Progress,
    *,
    clashes: int,
    at: datetime,
) -> None:
    """Note that a queue was heard of and what it said; its progress never goes back."""
    said = {
        "waiting": report.waiting,
        "oldest_made_at": report.oldest_made_at,
        "aside": report.aside,
        "version": report.version,
        "last_contact_at": at,
    }
    first = {
        "program_id": queue.program_id,
        "till_id": queue.till_id,
        "queue_id": queue.queue_id,
        "seen_to": progress.seen_to,
        "top_seq": progress.top_seq,
        "clashes": clashes,
        "first_contact_at": at,
    }
    if insert_new(session, TillQueue, {**first, **said}):
        return
    session.execute(
        update(QUEUE)
        .where(*_of(QUEUE.c, queue))
        .values(
            seen_to=_greater(QUEUE.c.seen_to, progress.seen_to),
            top_seq=_greater(QUEUE.c.top_seq, progress.top_seq),
            clashes=QUEUE.c.clashes + clashes,
            **said,
        )
    )


def is_news(
    session: Session, queue: QueueKey, report: QueueReport, progress: Progress, *, at: datetime
) -> bool:
    """Say whether a sign of life tells anything that is not noted yet."""
    row = session.execute(
        select(
            QUEUE.c.waiting,
            QUEUE.c.oldest_made_at,
            QUEUE.c.aside,
            QUEUE.c.version,
            QUEUE.c.seen_to,
            QUEUE.c.last_contact_at,
        ).where(*_of(QUEUE.c, queue))
    ).one_or_none()
    if row is None or QueueReport(*row[:4]) != report or row.seen_to < progress.seen_to:
        return True
    return bool(row.last_contact_at <= at - NOTED_EVERY)


def queues_of_tills(session: Session, program_id: int) -> tuple[QueueFacts, ...]:
    """List the queues that tills of a program have told of, last heard first; revoked tills too."""
    rows = session.execute(
        select(QUEUE)
        .where(QUEUE.c.program_id == program_id)
        .order_by(QUEUE.c.last_contact_at.desc(), QUEUE.c.till_id, QUEUE.c.queue_id)
    ).all()
    return tuple(
        QueueFacts(
            till_id=row.till_id,
            queue_id=row.queue_id,
            waiting=row.waiting,
            oldest_made_at=row.oldest_made_at,
            aside=row.aside,
            version=row.version,
            seen_to=row.seen_to,
            holes=_holes(session, QueueKey(program_id, row.till_id, row.queue_id), row.seen_to),
            clashes=row.clashes,
            last_contact_at=row.last_contact_at,
        )
        for row in rows
    )


def queue_of_each_till(session: Session, program_id: int) -> dict[UUID, QueueFacts]:
    """Give the queue that each till speaks of now.

    A till whose file was damaged began a new one and took over what waited: what the old one
    said last will never change, and is true no more.
    """
    found: dict[UUID, QueueFacts] = {}
    for queue in queues_of_tills(session, program_id):
        found.setdefault(queue.till_id, queue)
    return found


def _holes(session: Session, queue: QueueKey, seen_to: int) -> int:
    above = session.execute(
        select(func.count(), func.max(EVENT.c.seq)).where(
            *_of(EVENT.c, queue), EVENT.c.seq > seen_to
        )
    ).one()
    return 0 if above[1] is None else int(above[1] - seen_to - above[0])


def _ranges_after(
    session: Session, queue: QueueKey, seen_to: int, ranges_max: int
) -> tuple[list[Range], int]:
    """Find the first gaps above a number, and the last number that was looked at."""
    looked_at = (
        select(EVENT.c.seq)
        .where(*_of(EVENT.c, queue), EVENT.c.seq > seen_to)
        .order_by(EVENT.c.seq)
        .limit(LOOKED_AT)
        .subquery()
    )
    before = func.lag(looked_at.c.seq, 1, seen_to).over(order_by=looked_at.c.seq)
    pairs = select(looked_at.c.seq, before.label("before")).subquery()
    gaps = session.execute(
        select(pairs.c.before, pairs.c.seq)
        .where(pairs.c.seq - pairs.c.before > 1)
        .order_by(pairs.c.seq)
        .limit(ranges_max)
    ).all()
    last = session.execute(select(func.max(looked_at.c.seq))).scalar_one()
    return [(gap.before + 1, gap.seq - 1) for gap in gaps], int(last)


def _greater(column: ColumnElement[int], told: int) -> ColumnElement[int]:
    return case((column < told, told), else_=column)


def _of(columns: Any, queue: QueueKey) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401  of either table
    return (
        columns.program_id == queue.program_id,
        columns.till_id == queue.till_id,
        columns.queue_id == queue.queue_id,
    )
