"""What a reader of deliveries writes: taken, understood, to be tried again, set aside."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from loyalty.db.writes import is_postgresql, rows_changed, table_of
from loyalty.inbox.models import InboxDelivery
from loyalty.inbox.rules import (
    ASIDE_KEPT,
    CLAIM,
    CLAIM_SIZE,
    DONE_KEPT,
    PROBLEM_LENGTH_MAX,
    READ_KEPT,
    next_try_at,
)

INBOX: Final = table_of(InboxDelivery)


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """A delivery that was taken to be read; `version` tells it from the same sent again."""

    connection_id: UUID
    key: str
    raw: bytes = field(repr=False)
    received_at: datetime
    version: int
    tries: int


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """What stands in the inbox of a connection."""

    waiting: int
    oldest_at: datetime | None
    aside: int


def claim_deliveries(
    session: Session,
    program_id: int,
    *,
    at: datetime,
    connection_ids: Collection[UUID] | None = None,
    limit: int = CLAIM_SIZE,
) -> tuple[DeliveryFacts, ...]:
    """Take deliveries that are due, oldest first; no other reader gets them for two minutes.

    Of some connections only, if they are named: what is quickly read does not wait behind pages
    that must be fetched.
    """
    due = [INBOX.c.program_id == program_id, INBOX.c.state == "waiting", INBOX.c.due_at <= at]
    if connection_ids is not None:
        due.append(INBOX.c.connection_id.in_(connection_ids))
    key = (INBOX.c.connection_id, INBOX.c.delivery_key)
    query = select(*key).where(*due).order_by(INBOX.c.due_at, *key).limit(limit)
    if is_postgresql(session):
        query = query.with_for_update(skip_locked=True)
    chosen = [tuple(row) for row in session.execute(query)]
    if not chosen:
        return ()
    rows = session.execute(
        update(INBOX)
        .where(*due, tuple_(*key).in_(chosen))
        .values(due_at=at + CLAIM, tries=INBOX.c.tries + 1)
        .returning(*INBOX.c)
    )
    found = (
        DeliveryFacts(
            connection_id=row.connection_id,
            key=row.delivery_key,
            raw=row.raw.encode(),
            received_at=row.received_at,
            version=row.version,
            tries=row.tries,
        )
        for row in rows
    )
    return tuple(sorted(found, key=lambda each: (each.received_at, each.key)))


def is_waiting(session: Session, program_id: int, *, at: datetime) -> bool:
    """Say whether anything in a program's inbox is to be read now."""
    found = select(INBOX.c.delivery_key).where(
        INBOX.c.program_id == program_id, INBOX.c.state == "waiting", INBOX.c.due_at <= at
    )
    return session.execute(found.limit(1)).first() is not None


def number_waiting(session: Session, program_id: int, connection_id: UUID) -> int:
    """Count what waits at a connection."""
    found = select(func.count()).where(
        INBOX.c.program_id == program_id,
        INBOX.c.connection_id == connection_id,
        INBOX.c.state == "waiting",
    )
    return session.execute(found).scalar_one()


def mark_understood(
    session: Session, program_id: int, delivery: DeliveryFacts, *, at: datetime
) -> bool:
    """End a delivery and forget what it said; False when it was sent again meanwhile."""
    return _end(session, program_id, delivery, {"state": "done", "raw": "", "ended_at": at})


def mark_failed(
    session: Session,
    program_id: int,
    delivery: DeliveryFacts,
    *,
    problem: str,
    at: datetime,
    wait_s: int = 0,
    is_final: bool = False,
) -> bool:
    """Keep why a delivery was not understood and when to try again; False when it is set aside.

    One that will never be understood must not hold up the others: it is set aside, told on the
    health page, and forgotten after a week.
    """
    again = None if is_final else next_try_at(tries=delivery.tries, at=at, wait_s=wait_s)
    changes: dict[str, object] = {"problem": problem[:PROBLEM_LENGTH_MAX]}
    if again is None:
        changes |= {"state": "aside", "ended_at": at}
    else:
        changes["due_at"] = again
    _end(session, program_id, delivery, changes)
    return again is not None


def retry_aside(session: Session, program_id: int, connection_id: UUID, *, at: datetime) -> int:
    """Try again what was set aside at a connection; say how many."""
    return rows_changed(
        session,
        update(INBOX)
        .where(
            INBOX.c.program_id == program_id,
            INBOX.c.connection_id == connection_id,
            INBOX.c.state == "aside",
            INBOX.c.raw != "",
        )
        .values(state="waiting", tries=0, due_at=at, ended_at=None),
    )


def forget_deliveries(
    session: Session, program_id: int, *, at: datetime, told_again: Collection[UUID] = ()
) -> None:
    """Forget what set-aside deliveries said after a week, and ended ones after their time.

    At connections in `told_again` a repetition is news; nothing must be known of what was read.
    """
    if told_again:
        session.execute(
            delete(INBOX).where(
                INBOX.c.program_id == program_id,
                INBOX.c.connection_id.in_(told_again),
                INBOX.c.state == "done",
                INBOX.c.ended_at < at - READ_KEPT,
            )
        )
    session.execute(
        update(INBOX)
        .where(
            INBOX.c.program_id == program_id,
            INBOX.c.state == "aside",
            INBOX.c.ended_at < at - ASIDE_KEPT,
        )
        .values(raw="")
    )
    session.execute(
        delete(INBOX).where(
            INBOX.c.program_id == program_id,
            INBOX.c.state != "waiting",
            INBOX.c.ended_at < at - DONE_KEPT,
        )
    )


def counts_of(session: Session, program_id: int, connection_id: UUID) -> InboxCounts:
    """Count what waits and what was set aside at a connection."""
    rows = session.execute(
        select(
            INBOX.c.state,
            func.count().label("number"),
            func.min(INBOX.c.received_at).label("oldest"),
        )
        .where(
            INBOX.c.program_id == program_id,
            INBOX.c.connection_id == connection_id,
            INBOX.c.state != "done",
        )
        .group_by(INBOX.c.state)
    ).all()
    found = {row.state: row for row in rows}
    waiting, aside = found.get("waiting"), found.get("aside")
    return InboxCounts(
        waiting=waiting.number if waiting else 0,
        oldest_at=waiting.oldest if waiting else None,
        aside=aside.number if aside else 0,
    )


def _end(
    session: Session, program_id: int, delivery: DeliveryFacts, changes: dict[str, object]
) -> bool:
    ended = (
        update(INBOX)
        .where(
            INBOX.c.program_id == program_id,
            INBOX.c.connection_id == delivery.connection_id,
            INBOX.c.delivery_key == delivery.key,
            INBOX.c.version == delivery.version,
            INBOX.c.state == "waiting",
        )
        .values(**changes)
    )
    return bool(rows_changed(session, ended))
