"""What a sender writes: taken, sent, not sent.

Sending happens between two acts. A sender that dies in between leaves a message that another
takes later: it may arrive twice, it is never lost.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import is_postgresql, table_of
from loyalty.outbox.errors import NotSentError
from loyalty.outbox.models import OutboxMessage
from loyalty.outbox.queries import Message, read_message
from loyalty.outbox.rules import CLAIM, CLAIM_SIZE, ERROR_LENGTH_MAX, next_try_at

OUTBOX: Final = table_of(OutboxMessage)
FORGOTTEN: Final = "{}"


def claim_due(
    session: Session, program_id: int, *, at: datetime, limit: int = CLAIM_SIZE
) -> tuple[Message, ...]:
    """Take messages that are due, oldest first; no other sender gets them for two minutes."""
    due = (
        OUTBOX.c.program_id == program_id,
        OUTBOX.c.state == "waiting",
        OUTBOX.c.due_at <= at,
    )
    query = select(OUTBOX.c.message_id).where(*due).order_by(OUTBOX.c.due_at).limit(limit)
    if is_postgresql(session):
        query = query.with_for_update(skip_locked=True)
    chosen = session.scalars(query).all()
    if not chosen:
        return ()
    taken = session.execute(
        update(OUTBOX)
        .where(*due, OUTBOX.c.message_id.in_(chosen))
        .values(due_at=at + CLAIM, attempts=OUTBOX.c.attempts + 1)
        .returning(*OUTBOX.c)
    )
    return tuple(sorted(map(read_message, taken), key=lambda message: message.message_id))


def mark_sent(
    session: Session, program_id: int, message_id: UUID, *, at: datetime, keep_facts: bool
) -> None:
    """Say that a message was taken by the mail server, and forget its codes.

    The demo keeps them: its outbox page is where the mail is read.
    """
    changes = {"state": "sent", "sent_at": at, "last_error": ""}
    if not keep_facts:
        changes["facts"] = FORGOTTEN
    session.execute(
        update(OUTBOX)
        .where(OUTBOX.c.program_id == program_id, OUTBOX.c.message_id == message_id)
        .values(**changes)
    )


def mark_not_sent(
    session: Session, message: Message, failure: NotSentError, *, at: datetime
) -> bool:
    """Keep why a message was not sent, and when to try again; False when it is given up."""
    again = (
        None
        if failure.is_final
        else next_try_at(
            message.topic, attempts=message.attempts, created_at=message.created_at, at=at
        )
    )
    changes: dict[str, object] = {"last_error": failure.reason[:ERROR_LENGTH_MAX]}
    if again is None:
        changes |= {"state": "failed", "facts": FORGOTTEN}
    else:
        changes["due_at"] = again
    session.execute(
        update(OUTBOX)
        .where(
            OUTBOX.c.program_id == message.program_id,
            OUTBOX.c.message_id == message.message_id,
            OUTBOX.c.state == "waiting",
        )
        .values(**changes)
    )
    return again is not None


def forget_facts(session: Session, program_id: int, *, before: datetime) -> None:
    """Forget the codes in messages posted before a moment, whatever became of them."""
    session.execute(
        update(OUTBOX)
        .where(
            OUTBOX.c.program_id == program_id,
            OUTBOX.c.created_at < before,
            OUTBOX.c.channel == "mail",
            OUTBOX.c.state != "waiting",
            OUTBOX.c.facts != FORGOTTEN,
        )
        .values(facts=FORGOTTEN)
    )
