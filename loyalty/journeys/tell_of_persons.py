"""Persons merge, split or are called otherwise: programs that follow the shop hear of it.

An item names members and what is personal by their ids and says whose they are now and whose
they were; what came in with a former id is found by it for ever.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.lookup import whose_are
from loyalty.identity.told import PersonsChanged, hear_changes
from loyalty.outbox.feed import FeedTopic, post_feed, read_feed

TOPICS = {
    "merge": FeedTopic.PERSON_MERGED,
    "split": FeedTopic.PERSON_SPLIT,
    "rename": FeedTopic.PERSON_RENAMED,
}


def post_change(session: Session, change: PersonsChanged) -> None:
    """Keep one change of persons for those who follow, in the act that made it."""
    facts = {
        "cause": change.cause,
        "former_person_ids": list(change.before),
        "person_ids": list(change.after),
        "identifiers": [
            {
                "kind": moved.kind,
                "identifier_id": str(moved.identifier_id),
                "former_person_id": moved.former_person_id,
                "person_id": moved.person_id,
            }
            for moved in change.moved
        ],
    }
    post_feed(
        session,
        change.program_id,
        TOPICS[change.act],
        facts,
        subject=("person", change.after[0]),
        at=change.at,
    )


@dataclass(frozen=True, slots=True)
class Moved:
    """Something whose person changed: whose it was, whose it became, and whose it is now."""

    identifier_id: UUID
    kind: str
    former_person_id: str
    became_person_id: str
    person_id: str | None  # none for what was erased since


@dataclass(frozen=True, slots=True)
class ChangeTold:
    """One change of persons, as it was; of what moved also as it is at the time of asking."""

    item_id: UUID
    topic: FeedTopic
    at: datetime
    cause: str
    former_person_ids: tuple[str, ...]
    person_ids: tuple[str, ...]
    moved: tuple[Moved, ...]


def changes_after(
    session: Session, program_id: int, after: UUID | None, *, at: datetime, limit: int
) -> tuple[ChangeTold, ...]:
    """Tell who merged, split or is called otherwise since an item, oldest first."""
    items = read_feed(session, program_id, after=after, at=at, limit=limit)
    ends = {UUID(one["identifier_id"]) for item in items for one in item.facts["identifiers"]}
    now = whose_are(session, program_id, ends)
    return tuple(
        ChangeTold(
            item_id=item.item_id,
            topic=item.topic,
            at=item.at,
            cause=item.facts["cause"],
            former_person_ids=tuple(item.facts["former_person_ids"]),
            person_ids=tuple(item.facts["person_ids"]),
            moved=tuple(
                Moved(
                    identifier_id=end,
                    kind=one["kind"],
                    former_person_id=one["former_person_id"],
                    became_person_id=one["person_id"],
                    person_id=now[end].person_id if end in now else None,
                )
                for one in item.facts["identifiers"]
                for end in (UUID(one["identifier_id"]),)
            ),
        )
        for item in items
    )


hear_changes(post_change)
