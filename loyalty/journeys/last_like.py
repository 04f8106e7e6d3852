"""The one quiet line at the counter: what this person liked last."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import PersonFacts, identifiers_of_person
from loyalty.journeys.take_engagement import KIND, is_linked
from loyalty.social.queries import EngagementFacts, engagements_of


@dataclass(frozen=True, slots=True)
class LastLike:
    """A like that stands: where, of what, and when."""

    network: str
    target: str
    url: str
    at: datetime


def last_like(session: Session, program_id: int, person: PersonFacts) -> LastLike | None:
    """Find what a person liked last and still likes, of the accounts that are linked now."""
    identifiers = identifiers_of_person(session, program_id, person.cluster_id)
    accounts = [each.identifier_id for each in identifiers if each.kind == KIND]
    for told in linked_engagements(session, program_id, accounts):
        if told.action == "like" and told.state == "there":
            return LastLike(told.network, told.target, told.url, told.occurred_at)
    return None


def linked_engagements(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> tuple[EngagementFacts, ...]:
    """List what accounts did, of those that are linked now with a consent that lives."""
    linked = [each for each in identifier_ids if is_linked(session, program_id, each)]
    return engagements_of(session, program_id, linked) if linked else ()
