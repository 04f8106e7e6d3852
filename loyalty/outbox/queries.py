"""What we told people, and what still waits to be told."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from loyalty.db.writes import table_of
from loyalty.outbox.models import OutboxMessage
from loyalty.outbox.rules import Topic

OUTBOX: Final = table_of(OutboxMessage)


@dataclass(frozen=True, slots=True)
class Message:
    """One message: to whom, what, and what became of it."""

    program_id: int
    message_id: UUID
    topic: Topic
    language: str
    recipient: str = field(repr=False)
    facts: dict[str, str | int] = field(repr=False)  # empty once forgotten
    subject_kind: str
    subject_id: str
    state: str  # "waiting", "sent", "failed"
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    last_error: str


def read_message(row: Row[Any]) -> Message:
    """Make a message of its row."""
    return Message(
        program_id=row.program_id,
        message_id=row.message_id,
        topic=Topic(row.topic),
        language=row.language,
        recipient=row.recipient,
        facts=json.loads(row.facts),
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
        last_error=row.last_error,
    )


def messages_about(
    session: Session, program_id: int, subject_kind: str, subject_id: str, *, limit: int = 50
) -> tuple[Message, ...]:
    """List what we told somebody, newest first."""
    query = (
        select(OUTBOX)
        .where(
            OUTBOX.c.program_id == program_id,
            OUTBOX.c.subject_kind == subject_kind,
            OUTBOX.c.subject_id == subject_id,
        )
        .order_by(OUTBOX.c.created_at.desc(), OUTBOX.c.message_id.desc())
        .limit(limit)
    )
    return tuple(read_message(row) for row in session.execute(query))


def latest_messages(session: Session, program_id: int, *, limit: int = 50) -> tuple[Message, ...]:
    """List the newest mails of a program (the demo's outbox page)."""
    query = (
        select(OUTBOX)
        .where(OUTBOX.c.program_id == program_id, OUTBOX.c.channel == "mail")
        .order_by(OUTBOX.c.message_id.desc())
        .limit(limit)
    )
    return tuple(read_message(row) for row in session.execute(query))


def has_due(session: Session, program_id: int, *, at: datetime) -> bool:
    """Say whether a message should go out now; cheaper than taking one to find none."""
    query = (
        select(OUTBOX.c.message_id)
        .where(
            OUTBOX.c.program_id == program_id, OUTBOX.c.state == "waiting", OUTBOX.c.due_at <= at
        )
        .limit(1)
    )
    return session.execute(query).first() is not None


@dataclass(frozen=True, slots=True)
class FailedMail:
    """Why messages were given up lately, how many, and when the last of them was posted."""

    reason: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxFacts:
    """What waits to be sent and since when, what was given up lately, what went out last."""

    waiting: int
    oldest_at: datetime | None
    waiting_reason: str  # why the last try of something that still waits failed; "" for none
    failures: tuple[FailedMail, ...]
    last_sent_at: datetime | None

    @property
    def failed(self) -> int:
        """How many messages were given up lately."""
        return sum(one.count for one in self.failures)


def outbox_facts(session: Session, program_id: int, *, failed_since: datetime) -> OutboxFacts:
    """Tell how a program's outbox stands; failures count from a moment on."""
    mine = OUTBOX.c.program_id == program_id
    waits = (mine, OUTBOX.c.state == "waiting")
    waiting, oldest = session.execute(
        select(func.count(), func.min(OUTBOX.c.created_at)).where(*waits)
    ).one()
    tried = session.scalar(
        select(OUTBOX.c.last_error)
        .where(*waits, OUTBOX.c.last_error != "")
        .order_by(OUTBOX.c.created_at.desc())
        .limit(1)
    )
    failed = session.execute(
        select(OUTBOX.c.last_error, func.count(), func.max(OUTBOX.c.created_at))
        .where(mine, OUTBOX.c.state == "failed", OUTBOX.c.created_at >= failed_since)
        .group_by(OUTBOX.c.last_error)
        .order_by(func.max(OUTBOX.c.created_at).desc())
    )
    return OutboxFacts(
        waiting=waiting,
        oldest_at=oldest,
        waiting_reason=tried or "",
        failures=tuple(FailedMail(*row) for row in failed),
        last_sent_at=session.scalar(
            select(func.max(OUTBOX.c.sent_at)).where(mine, OUTBOX.c.state == "sent")
        ),
    )


def count_waiting(session: Session, program_id: int) -> int:
    """Count the messages that were not sent yet."""
    query = (
        select(func.count())
        .select_from(OUTBOX)
        .where(OUTBOX.c.program_id == program_id, OUTBOX.c.state == "waiting")
    )
    return session.execute(query).scalar_one()
