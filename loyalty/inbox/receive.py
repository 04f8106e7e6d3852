"""Keep deliveries as they come, once each; move a poll's cursor in the same act."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from loyalty.db.session import tell_when_kept
from loyalty.db.writes import insert_new, rows_changed
from loyalty.inbox.models import InboxDelivery, PollCursor
from loyalty.inbox.rules import RAW_LENGTH_MAX

NEWS = "inbox"


def receive(
    session: Session, program_id: int, connection_id: UUID, *, key: str, raw: bytes, at: datetime
) -> bool:
    """Keep a delivery to be read soon; say whether it is new, the same again is not."""
    is_new = insert_new(
        session, InboxDelivery, _row(program_id, connection_id, key=key, raw=raw, at=at)
    )
    if is_new:
        tell_when_kept(session, NEWS)
    return is_new


def receive_again(
    session: Session, program_id: int, connection_id: UUID, *, key: str, raw: bytes, at: datetime
) -> bool:
    """Keep a delivery whose repetition is news: what it speaks of may have changed."""
    if receive(session, program_id, connection_id, key=key, raw=raw, at=at):
        return True
    row = _row(program_id, connection_id, key=key, raw=raw, at=at)
    reopened = (
        update(InboxDelivery)
        .where(
            InboxDelivery.program_id == program_id,
            InboxDelivery.connection_id == connection_id,
            InboxDelivery.delivery_key == key,
            # One that still waits is read anew anyway.
            InboxDelivery.state != "waiting",
        )
        .values(
            raw=row["raw"],
            state="waiting",
            version=InboxDelivery.version + 1,
            tries=0,
            received_at=at,
            due_at=at,
            ended_at=None,
            problem="",
        )
        .execution_options(synchronize_session=False)
    )
    if not rows_changed(session, reopened):
        return False
    tell_when_kept(session, NEWS)
    return True


def receive_poll(
    session: Session,
    program_id: int,
    connection_id: UUID,
    *,
    name: str,
    deliveries: Iterable[tuple[str, bytes]],
    cursor: str,
    at: datetime,
) -> int:
    """Keep a page of a poll and how far it came, together; say how many were new."""
    new = sum(
        receive(session, program_id, connection_id, key=key, raw=raw, at=at)
        for key, raw in deliveries
    )
    row = {
        "program_id": program_id,
        "connection_id": connection_id,
        "name": name,
        "cursor": cursor,
        "changed_at": at,
    }
    if not insert_new(session, PollCursor, row):
        session.execute(
            update(PollCursor)
            .where(*_cursor(program_id, connection_id, name))
            .values(cursor=cursor, changed_at=at)
            .execution_options(synchronize_session=False)
        )
    return new


def cursor_of(session: Session, program_id: int, connection_id: UUID, name: str) -> str:
    """Say how far a poll has read; "" before the first."""
    found = select(PollCursor.cursor).where(*_cursor(program_id, connection_id, name))
    return session.execute(found).scalar_one_or_none() or ""


def _cursor(program_id: int, connection_id: UUID, name: str) -> tuple[ColumnElement[bool], ...]:
    return (
        PollCursor.program_id == program_id,
        PollCursor.connection_id == connection_id,
        PollCursor.name == name,
    )


def _row(
    program_id: int, connection_id: UUID, *, key: str, raw: bytes, at: datetime
) -> dict[str, object]:
    text = raw.decode("utf-8", errors="replace").replace("\0", "\ufffd")
    assert len(text) <= RAW_LENGTH_MAX, "who takes deliveries limits them"
    return {
        "program_id": program_id,
        "connection_id": connection_id,
        "delivery_key": key,
        "received_at": at,
        "raw": text,
        "state": "waiting",
        "version": 1,
        "tries": 0,
        "due_at": at,
        "ended_at": None,
        "problem": "",
    }
