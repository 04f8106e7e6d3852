"""News for programs instead of people: kept in the act they tell, fetched by whoever follows.

A follower asks for what came after the last item it has. An item is shown only once every act
that could have written an earlier one is over, so nothing is skipped.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_row
from loyalty.db.writes import table_of
from loyalty.kernel.ids import new_id
from loyalty.outbox.models import OutboxMessage

OUTBOX: Final = table_of(OutboxMessage)
FEED: Final = "feed"
# No act takes longer (PostgreSQL ends one after as much); SQLite writes one after the other.
SETTLES: Final = timedelta(seconds=30)


class FeedTopic(StrEnum):
    """What an item tells."""

    PERSON_MERGED = "person_merged"
    PERSON_SPLIT = "person_split"
    PERSON_RENAMED = "person_renamed"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One piece of news; `item_id` is where a follower goes on."""

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
    }
    insert_row(session, OUTBOX, row)
    return item_id


def read_feed(
    session: Session, program_id: int, *, after: UUID | None, at: datetime, limit: int = 100
) -> tuple[FeedItem, ...]:
    """Give the news after an item, oldest first; what is younger than half a minute waits."""
    query = (
        select(OUTBOX.c.message_id, OUTBOX.c.topic, OUTBOX.c.facts, OUTBOX.c.created_at)
        .where(
            OUTBOX.c.program_id == program_id,
            OUTBOX.c.channel == FEED,
            OUTBOX.c.created_at <= at - SETTLES,
        )
        .order_by(OUTBOX.c.message_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(OUTBOX.c.message_id > after)
    return tuple(
        FeedItem(row.message_id, FeedTopic(row.topic), json.loads(row.facts), row.created_at)
        for row in session.execute(query)
    )


def forget_feed(session: Session, program_id: int, *, before: datetime) -> None:
    """Forget news from before a moment; the log of persons keeps what happened."""
    session.execute(
        delete(OUTBOX).where(
            OUTBOX.c.program_id == program_id,
            OUTBOX.c.channel == FEED,
            OUTBOX.c.created_at < before,
        )
    )
