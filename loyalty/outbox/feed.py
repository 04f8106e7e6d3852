"""News for programs instead of people: kept in the act they tell, fetched by whoever follows.

An item gets its place in the feed after its act was kept, one act at a time: 1, 2, 3 … A
follower asks for what came after the last place it has, and whatever is kept late comes later.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared, insert_row
from loyalty.db.writes import hold, table_of
from loyalty.kernel.ids import new_id
from loyalty.outbox.models import OutboxMessage

OUTBOX: Final = table_of(OutboxMessage)
FEED: Final = "feed"
PLACED_AT_ONCE: Final = 1000
PAGE_LETTERS_MAX: Final = 256 * 1024
_PLACE: Final = Prepared(
    update(OUTBOX)
    .where(OUTBOX.c.program_id == bindparam("program"), OUTBOX.c.message_id == bindparam("message"))
    .values(place=bindparam("next_place"))
)


class FeedTopic(StrEnum):
    """What an item tells."""

    PERSON_MERGED = "person_merged"
    PERSON_SPLIT = "person_split"
    PERSON_RENAMED = "person_renamed"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One piece of news; `place` is where a follower goes on."""

    place: int
    item_id: UUID
    topic: FeedTopic
    facts: Mapping[str, Any]
    at: datetime


def post_feed(
    session: Session,
    program_id: int,
    topic: FeedTopic,
    facts: Mapping[str, object],
    *,
    subject: tuple[str, str],
    at: datetime,
) -> UUID:
    """Keep one piece of news, if this act is kept; `subject` is what it is about: kind and id."""
    item_id = new_id(at)
    row = {
        "program_id": program_id,
        "message_id": item_id,
        "channel": FEED,
        "topic": topic.value,
        "language": "",
        "recipient": "",
        "facts": json.dumps(dict(facts), ensure_ascii=False, sort_keys=True),
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "state": "kept",
        "attempts": 0,
        "created_at": at,
        "due_at": at,
        "sent_at": None,
        "last_error": "",
        "place": None,
    }
    insert_row(session, OUTBOX, row)
    return item_id


def place_feed(session: Session, program_id: int) -> int:
    """Give the next places to what was kept and has none yet; says how many, at most a thousand.

    One act at a time places, so whoever sees a place sees all before it.
    """
    hold(session, "feed", program_id, "")
    waiting = session.scalars(
        select(OUTBOX.c.message_id)
        .where(
            OUTBOX.c.program_id == program_id, OUTBOX.c.channel == FEED, OUTBOX.c.place.is_(None)
        )
        .order_by(OUTBOX.c.message_id)
        .limit(PLACED_AT_ONCE)
    ).all()
    if waiting:
        first = last_place(session, program_id) + 1
        rows = [
            {"program": program_id, "message": message_id, "next_place": place}
            for place, message_id in enumerate(waiting, first)
        ]
        _PLACE.write_all(session, rows)
    return len(waiting)


def has_unplaced(session: Session, program_id: int) -> bool:
    """Say whether news wait for their place."""
    query = (
        select(OUTBOX.c.message_id)
        .where(
            OUTBOX.c.program_id == program_id, OUTBOX.c.channel == FEED, OUTBOX.c.place.is_(None)
        )
        .limit(1)
    )
    return session.execute(query).first() is not None


def last_place(session: Session, program_id: int) -> int:
    """Say which place was given last; 0 before the first."""
    query = select(func.max(OUTBOX.c.place)).where(
        OUTBOX.c.program_id == program_id, OUTBOX.c.place.is_not(None)
    )
    return session.execute(query).scalar_one() or 0


def oldest_place(session: Session, program_id: int) -> int:
    """Say which place is the oldest that is still kept; 0 before the first."""
    query = select(func.min(OUTBOX.c.place)).where(
        OUTBOX.c.program_id == program_id, OUTBOX.c.place.is_not(None)
    )
    return session.execute(query).scalar_one() or 0


def read_feed(
    session: Session, program_id: int, *, after: int, limit: int = 100
) -> tuple[FeedItem, ...]:
    """Give the next news after a place, in their places; what has none yet comes later.

    Fewer than `limit` where they would be long: a person may bring thousands of identifiers.
    """
    upto = _upto(session, program_id, after=after, limit=limit)
    query = (
        select(
            OUTBOX.c.place,
            OUTBOX.c.message_id,
            OUTBOX.c.topic,
            OUTBOX.c.facts,
            OUTBOX.c.created_at,
        )
        .where(OUTBOX.c.program_id == program_id, OUTBOX.c.place > after, OUTBOX.c.place <= upto)
        .order_by(OUTBOX.c.place)
    )
    return tuple(
        FeedItem(
            row.place,
            row.message_id,
            FeedTopic(row.topic),
            json.loads(row.facts),
            row.created_at,
        )
        for row in session.execute(query)
    )


def _upto(session: Session, program_id: int, *, after: int, limit: int) -> int:
    """Say at which place a page ends; one item is on it however long it is."""
    sizes = session.execute(
        select(OUTBOX.c.place, func.length(OUTBOX.c.facts).label("size"))
        .where(OUTBOX.c.program_id == program_id, OUTBOX.c.place > after)
        .order_by(OUTBOX.c.place)
        .limit(limit)
    )
    upto, total = after, 0
    for row in sizes:
        total += row.size
        if total > PAGE_LETTERS_MAX and upto > after:
            break
        upto = row.place
    return upto


def forget_feed(session: Session, program_id: int, *, before: datetime) -> None:
    """Forget news from before a moment; the log of persons keeps what happened.

    The newest stays, so that its place is never given again.
    """
    session.execute(
        delete(OUTBOX).where(
            OUTBOX.c.program_id == program_id,
            OUTBOX.c.place < last_place(session, program_id),
            OUTBOX.c.created_at < before,
        )
    )
