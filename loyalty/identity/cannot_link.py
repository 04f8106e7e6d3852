"""Somebody says "not the same": stored, and stronger than every link, now and later."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new
from loyalty.identity.models import CannotLink
from loyalty.identity.resolve import lock_blocks, rejudge


@dataclass(frozen=True, slots=True)
class NotTheSame:
    """Two identifiers that are never one person, who says so and why."""

    program_id: int
    a: UUID
    b: UUID
    actor: str
    reason: str


def declare_not_the_same(session: Session, said: NotTheSame, *, at: datetime) -> bool:
    """Keep two identifiers apart for ever and judge anew what held them; say whether it is new."""
    assert said.a != said.b, "nobody is apart from themselves"
    first, second = sorted((said.a, said.b))
    blocks = lock_blocks(session, said.program_id, {first, second})
    is_new = insert_new(
        session,
        CannotLink,
        {
            "program_id": said.program_id,
            "a": first,
            "b": second,
            "actor": said.actor,
            "reason": said.reason,
            "at": at,
        },
    )
    if is_new:
        cause = f"cannot:{first}:{second}"
        rejudge(session, said.program_id, blocks, act="link", cause=cause, at=at)
    return is_new
