"""How a shop's connections to networks are doing, and what came of its posts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import members_of_person, person_of_identifier
from loyalty.inbox.process import InboxCounts, counts_of
from loyalty.journeys.take_engagement import is_linked
from loyalty.social.connect import ConnectionFacts, connections_of
from loyalty.social.count import counts_of_posts
from loyalty.social.queries import (
    EngagementFacts,
    PostFacts,
    linked_counts_of_posts,
    newest_engagements,
    posts_of,
)

POLLED: Final = "mastodon"
# One slow answer is no news; three in a row are.
FAILURES_TOLD: Final = 3
# The watch comes round twice a minute; this late somebody has to look.
POLL_LATE: Final = timedelta(minutes=10)
READ_LATE: Final = timedelta(minutes=30)
POSTS_MAX: Final = 12


class ConnectionState(StrEnum):
    """How a connection stands; the first that holds is told."""

    ENDED = "ended"
    REVOKED = "revoked"  # the network lets us in no more: connect it again
    FAILING = "failing"  # the last answers in a row were none
    LATE = "late"  # nobody asked for a while, or what came was not read
    ASIDE = "aside"  # something came that could not be read
    NEW = "new"  # not asked yet
    FINE = "fine"


WELL: Final = frozenset({ConnectionState.ENDED, ConnectionState.NEW, ConnectionState.FINE})


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """A connection, how it stands, and since when if that is known."""

    facts: ConnectionFacts
    inbox: InboxCounts
    state: ConnectionState
    since: datetime | None

    @property
    def is_well(self) -> bool:
        """Say whether nobody needs to look."""
        return self.state in WELL


@dataclass(frozen=True, slots=True)
class PostTold:
    """What was done with a post: by people who linked, and by everybody else, as numbers."""

    target: str
    post: PostFacts | None
    counts: dict[str, int]
    linked: int


@dataclass(frozen=True, slots=True)
class EngagementTold:
    """What a linked person did, by name (none for an anonymous card)."""

    engagement: EngagementFacts
    person_id: str
    display_name: str | None


@dataclass(frozen=True, slots=True)
class NetworkTold:
    """One connection with everything an owner may see of it."""

    health: ConnectionHealth
    posts: tuple[PostTold, ...]
    recent: tuple[EngagementTold, ...]


def tell_networks(
    session: Session, program_id: int, store_ids: Collection[UUID], *, at: datetime
) -> tuple[NetworkTold, ...]:
    """Tell the connections of some stores, those that live first."""
    told = [
        NetworkTold(
            health=health,
            posts=_posts(session, program_id, health.facts.connection_id),
            recent=_recent(session, program_id, health.facts.connection_id),
        )
        for health in connections_health(session, program_id, store_ids, at=at)
    ]
    return tuple(sorted(told, key=lambda one: one.health.state is ConnectionState.ENDED))


def connections_health(
    session: Session, program_id: int, store_ids: Collection[UUID], *, at: datetime
) -> tuple[ConnectionHealth, ...]:
    """Say how each connection of some stores stands, ended ones too."""
    return tuple(
        judge_connection(one, counts_of(session, program_id, one.connection_id), at=at)
        for one in connections_of(session, program_id)
        if one.store_id in store_ids
    )


def judge_connection(
    facts: ConnectionFacts, inbox: InboxCounts, *, at: datetime
) -> ConnectionHealth:
    """Say how a connection stands, by how its last polls went and what waits to be read."""
    state, since = _state(facts, inbox, at=at)
    return ConnectionHealth(facts=facts, inbox=inbox, state=state, since=since)


def _state(
    facts: ConnectionFacts, inbox: InboxCounts, *, at: datetime
) -> tuple[ConnectionState, datetime | None]:
    if facts.state in {"ended", "revoked"}:
        return ConnectionState(facts.state), None
    heard = facts.polled_at or facts.made_at
    if facts.failures >= FAILURES_TOLD:
        return ConnectionState.FAILING, heard
    if facts.network == POLLED and facts.due_at < at - POLL_LATE:
        return ConnectionState.LATE, heard
    if inbox.oldest_at is not None and inbox.oldest_at < at - READ_LATE:
        return ConnectionState.LATE, inbox.oldest_at
    # What strangers' pages are like is told beside the connection; it is no trouble of the shop's.
    if inbox.aside and facts.network == POLLED:
        return ConnectionState.ASIDE, None
    is_new = facts.network == POLLED and facts.polled_at is None
    return (ConnectionState.NEW if is_new else ConnectionState.FINE), None


def _posts(session: Session, program_id: int, connection_id: UUID) -> tuple[PostTold, ...]:
    """Add up what linked and unlinked people did, post by post, the newest first."""
    linked = linked_counts_of_posts(session, program_id, connection_id)
    counted = counts_of_posts(session, program_id, connection_id)
    known = posts_of(session, program_id, connection_id)
    told = []
    for target in {target for target, _ in (*linked, *counted)}:
        counts: dict[str, int] = {}
        for (where, action), number in (*linked.items(), *counted.items()):
            if where == target:
                counts[action] = counts.get(action, 0) + number
        own = sum(number for (where, _), number in linked.items() if where == target)
        told.append(PostTold(target, known.get(target), counts, own))
    ordered = sorted(told, key=lambda one: (len(one.target), one.target), reverse=True)
    # Mentions are of no post of the shop's; they come last and are never left out.
    posts = [one for one in ordered if one.target]
    return (*posts[:POSTS_MAX], *ordered[len(posts) :])


def _recent(session: Session, program_id: int, connection_id: UUID) -> tuple[EngagementTold, ...]:
    """Tell what people did whose link and consent live now; of all others there is no name."""
    found = newest_engagements(session, program_id, [connection_id])
    told = []
    for one in found:
        person = person_of_identifier(session, program_id, one.identifier_id)
        if person is None or not is_linked(session, program_id, one.identifier_id):
            continue
        members = members_of_person(session, program_id, person.cluster_id)
        name = next((m.display_name for m in members if m.member_id == person.open_member_id), None)
        told.append(EngagementTold(one, person.person_id, name))
    return tuple(told)
