"""Read what linked people did."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.db.writes import table_of
from loyalty.social.models import Engagement, SocialConnection

ENGAGEMENT: Final = table_of(Engagement)
CONNECTION: Final = table_of(SocialConnection)


@dataclass(frozen=True, slots=True)
class EngagementFacts:
    """What a person did with a post, and whether it is still there."""

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


def engagements_of(
    session: Session, program_id: int, identifier_ids: Collection[UUID], *, limit: int = 200
) -> tuple[EngagementFacts, ...]:
    """List what a person's accounts did, newest first; what was gone before it came is left out."""
    rows = session.execute(
        select(
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
        )
        .join(
            CONNECTION,
            (CONNECTION.c.program_id == ENGAGEMENT.c.program_id)
            & (CONNECTION.c.connection_id == ENGAGEMENT.c.connection_id),
        )
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
