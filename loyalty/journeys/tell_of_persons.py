"""Persons merge, split or are called otherwise: programs that follow the shop hear of it.

An item names members and what is personal by their ids and says whose they are now and whose
they were; what came in with a former id is found by it for ever.
"""

from sqlalchemy.orm import Session

from loyalty.identity.told import PersonsChanged, hear_changes
from loyalty.outbox.feed import FeedTopic, post_feed

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


hear_changes(post_change)
