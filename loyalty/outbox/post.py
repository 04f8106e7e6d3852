"""Put news for the world into the outbox, in the transaction of what it tells."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from loyalty.db.session import tell_when_kept
from loyalty.db.writes import table_of
from loyalty.kernel.ids import new_id
from loyalty.outbox.models import OutboxMessage
from loyalty.outbox.rules import Topic

OUTBOX: Final = table_of(OutboxMessage)
# What is told once the act is on the disk, so that the message goes out at once.
NEWS: Final = "outbox"


def post_mail(  # noqa: PLR0913  each is one column of the row
    session: Session,
    program_id: int,
    *,
    topic: Topic,
    language: str,
    recipient: str,
    facts: Mapping[str, str | int],
    subject_kind: str,
    subject_id: str,
    at: datetime,
) -> UUID:
    """Post one mail; it is sent after this act was kept, and not at all when it was undone.

    `facts` are what the text needs and are forgotten once it was sent. The subject is whom
    the message is about ("member", "staff"), for the question "what did we tell them".
    """
    message_id = new_id(at)
    session.execute(
        insert(OUTBOX).values(
            program_id=program_id,
            message_id=message_id,
            channel="mail",
            topic=Topic(topic),
            language=language,
            recipient=recipient,
            facts=json.dumps(dict(facts), ensure_ascii=False, sort_keys=True),
            subject_kind=subject_kind,
            subject_id=subject_id,
            state="waiting",
            attempts=0,
            created_at=at,
            due_at=at,
            sent_at=None,
            last_error="",
        )
    )
    tell_when_kept(session, NEWS)
    return message_id
