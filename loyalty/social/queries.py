"""Read what linked people did."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.social.models import Engagement, SocialConnection, SocialPost

ENGAGEMENT: Final = table_of(Engagement)
CONNECTION: Final = table_of(SocialConnection)
POST: Final = table_of(SocialPost)
# What was done, at which connection, and the post it was done with where that is known.
_WITH_POST: Final = ENGAGEMENT.join(
    CONNECTION,
    (CONNECTION.c.program_id == ENGAGEMENT.c.program_id)
    & (CONNECTION.c.connection_id == ENGAGEMENT.c.connection_id),
).outerjoin(
    POST,
    (POST.c.program_id == ENGAGEMENT.c.program_id)
    & (POST.c.connection_id == ENGAGEMENT.c.connection_id)
    & (POST.c.target == ENGAGEMENT.c.target),
)


@dataclass(frozen=True, slots=True)
class EngagementFacts:
    """What a person did with a post, and whether it is still there.

    `post_words` and `post_url` say which post, where the network told it.
    """

    engagement_id: UUID
    identifier_id: UUID
    network: str
    store_id: UUID
    action: str
    target: str
    text: str
    url: str
    state: str
    occurred_at: datetime
    gone_at: datetime | None
    post_words: str
    post_url: str


@dataclass(frozen=True, slots=True)
class PostFacts:
    """A post of the shop's own, as it was when somebody last did something with it."""

    target: str
    words: str
    url: str
    seen_at: datetime


def engagements_of(
    session: Session, program_id: int, identifier_ids: Collection[UUID], *, limit: int = 200
) -> tuple[EngagementFacts, ...]:
    """List what a person's accounts did, newest first; what was gone before it came is left out."""
    rows = session.execute(
        _engagements()
        .where(
            ENGAGEMENT.c.program_id == program_id,
            ENGAGEMENT.c.identifier_id.in_(identifier_ids),
            ENGAGEMENT.c.action != "",
            (ENGAGEMENT.c.gone_at.is_(None)) | (ENGAGEMENT.c.gone_at > ENGAGEMENT.c.occurred_at),
        )
        .order_by(ENGAGEMENT.c.occurred_at.desc(), ENGAGEMENT.c.engagement_id)
        .limit(limit)
    )
    return tuple(EngagementFacts(*row) for row in rows)


_LAST_LIKE: Final = Prepared(
    select(
        CONNECTION.c.network,
        ENGAGEMENT.c.target,
        ENGAGEMENT.c.occurred_at,
        func.coalesce(POST.c.words, ""),
        func.coalesce(POST.c.url, ""),
    )
    .select_from(_WITH_POST)
    .where(
        ENGAGEMENT.c.program_id == bindparam("program"),
        ENGAGEMENT.c.identifier_id == bindparam("identifier"),
        ENGAGEMENT.c.action == "like",
        ENGAGEMENT.c.state == "there",
    )
    .order_by(ENGAGEMENT.c.occurred_at.desc(), ENGAGEMENT.c.engagement_id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class LikeFacts:
    """A like that stands: where, of what, and when."""

    network: str
    target: str
    at: datetime
    words: str
    url: str


def last_like_of(session: Session, program_id: int, identifier_id: UUID) -> LikeFacts | None:
    """Find what an account liked last and still likes."""
    row = _LAST_LIKE.first(session, program=program_id, identifier=identifier_id)
    return None if row is None else LikeFacts(*row)


def posts_of(session: Session, program_id: int, connection_id: UUID) -> dict[str, PostFacts]:
    """Give the posts of a connection that something was done with."""
    rows = session.execute(
        select(POST.c.target, POST.c.words, POST.c.url, POST.c.seen_at).where(
            POST.c.program_id == program_id, POST.c.connection_id == connection_id
        )
    )
    return {row.target: PostFacts(*row) for row in rows}


def _engagements() -> Select[*tuple[Any, ...]]:
    return select(
        ENGAGEMENT.c.engagement_id,
        ENGAGEMENT.c.identifier_id,
        CONNECTION.c.network,
        CONNECTION.c.store_id,
        ENGAGEMENT.c.action,
        ENGAGEMENT.c.target,
        ENGAGEMENT.c.text,
        ENGAGEMENT.c.url,
        ENGAGEMENT.c.state,
        ENGAGEMENT.c.occurred_at,
        ENGAGEMENT.c.gone_at,
        func.coalesce(POST.c.words, ""),
        func.coalesce(POST.c.url, ""),
    ).select_from(_WITH_POST)


def likes_known(
    session: Session, program_id: int, connection_id: UUID, target: str
) -> dict[str, UUID]:
    """Give the likes of linked people that stand at a post: their outside id and whose they are."""
    rows = session.execute(
        select(ENGAGEMENT.c.external_id, ENGAGEMENT.c.identifier_id).where(
            ENGAGEMENT.c.program_id == program_id,
            ENGAGEMENT.c.connection_id == connection_id,
            ENGAGEMENT.c.target == target,
            ENGAGEMENT.c.action == "like",
            ENGAGEMENT.c.state == "there",
        )
    )
    return {row.external_id: row.identifier_id for row in rows}


def newest_engagements(
    session: Session, program_id: int, connection_ids: Collection[UUID], *, limit: int = 40
) -> tuple[EngagementFacts, ...]:
    """List what linked accounts did lately at some connections and still stands, newest first."""
    rows = session.execute(
        _engagements()
        .where(
            ENGAGEMENT.c.program_id == program_id,
            ENGAGEMENT.c.connection_id.in_(connection_ids),
            ENGAGEMENT.c.state == "there",
            ENGAGEMENT.c.action != "",
        )
        .order_by(ENGAGEMENT.c.occurred_at.desc(), ENGAGEMENT.c.engagement_id)
        .limit(limit)
    )
    return tuple(EngagementFacts(*row) for row in rows)


def linked_counts_of_posts(
    session: Session, program_id: int, connection_id: UUID
) -> dict[tuple[str, str], int]:
    """Give how many linked accounts did what and did not take it back: by post and action."""
    rows = session.execute(
        select(ENGAGEMENT.c.target, ENGAGEMENT.c.action, func.count().label("number"))
        .where(
            ENGAGEMENT.c.program_id == program_id,
            ENGAGEMENT.c.connection_id == connection_id,
            ENGAGEMENT.c.state == "there",
            ENGAGEMENT.c.action != "",
        )
        .group_by(ENGAGEMENT.c.target, ENGAGEMENT.c.action)
    )
    return {(row.target, row.action): int(row.number) for row in rows}
