"""Counts over persons, for a store's day."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.identity.models import Identifier, Link, Member
from loyalty.identity.values import own_identifier_id


def members_joined(
    session: Session,
    program_id: int,
    *,
    since: datetime,
    until: datetime,
    store_id: UUID | None = None,
) -> int:
    """Count the memberships that began in a stretch of time."""
    statement = (
        select(func.count())
        .select_from(Member)
        .where(Member.program_id == program_id, Member.joined_at >= since, Member.joined_at < until)
    )
    if store_id is not None:
        statement = statement.where(Member.store_id == store_id)
    return session.execute(statement).scalar_one()


def sessions_of_events(
    session: Session, program_id: int, card_ids: Collection[str], *, since: datetime
) -> dict[str, UUID]:
    """Say which web session each event at some cards is linked to, by links that hold."""
    ids = [own_identifier_id("card", card_id) for card_id in card_ids]
    rows = session.execute(
        select(Link.event, Identifier.identifier_id)
        .join(
            Identifier,
            (Identifier.program_id == Link.program_id)
            & ((Identifier.identifier_id == Link.a) | (Identifier.identifier_id == Link.b))
            & (Identifier.kind == "session"),
        )
        .where(
            Link.program_id == program_id,
            Link.a.in_(ids) | Link.b.in_(ids),
            Link.kind == "session",
            Link.active.is_(True),
            Link.refused_rule.is_(None),
            Link.occurred_at >= since,
        )
    )
    return {row.event: row.identifier_id for row in rows}
