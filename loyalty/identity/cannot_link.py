"""Somebody says "not the same": stronger than every link, now and later, until it is taken back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, rows_changed
from loyalty.identity.log import write_log
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


@dataclass(frozen=True, slots=True)
class NotTheSameFacts:
    """What somebody called "not the same", and whether they took it back."""

    a: UUID
    b: UUID
    actor: str
    reason: str
    at: datetime
    retracted_at: datetime | None
    retracted_by: str | None


def declare_not_the_same(session: Session, said: NotTheSame, *, at: datetime) -> bool:
    """Keep two identifiers apart and judge anew what held them; say whether it is new.

    Said again after it was taken back, it holds again, with the new actor and reason.
    """
    assert said.a != said.b, "nobody is apart from themselves"
    a, b = sorted((said.a, said.b))
    blocks = lock_blocks(session, said.program_id, {a, b})
    facts = {"actor": said.actor, "reason": said.reason, "at": at}
    row = {"program_id": said.program_id, "a": a, "b": b, **facts}
    is_new = insert_new(session, CannotLink, {**row, "retracted_at": None, "retracted_by": None})
    if not is_new:
        said_again = (
            update(CannotLink)
            .where(*_row(said.program_id, a, b), CannotLink.retracted_at.is_not(None))
            .values(**facts, retracted_at=None, retracted_by=None)
            .execution_options(synchronize_session=False)
        )
        if not rows_changed(session, said_again):
            return False
    _judge(session, said.program_id, "apart", (a, b), blocks, at=at)
    return True


def take_back_not_the_same(
    session: Session, program_id: int, a: UUID, b: UUID, *, actor: str, at: datetime
) -> bool:
    """Undo a "not the same": what evidence says of the two counts again; say if that is new."""
    a, b = sorted((a, b))
    blocks = lock_blocks(session, program_id, {a, b})
    taken_back = (
        update(CannotLink)
        .where(*_row(program_id, a, b), CannotLink.retracted_at.is_(None))
        .values(retracted_at=at, retracted_by=actor)
        .execution_options(synchronize_session=False)
    )
    if not rows_changed(session, taken_back):
        return False
    _judge(session, program_id, "together", (a, b), blocks, at=at)
    return True


def not_the_same_of(
    session: Session, program_id: int, identifier_ids: frozenset[UUID]
) -> tuple[NotTheSameFacts, ...]:
    """List what was called "not the same" as some identifiers, taken back or not; oldest first."""
    rows = session.execute(
        select(
            CannotLink.a,
            CannotLink.b,
            CannotLink.actor,
            CannotLink.reason,
            CannotLink.at,
            CannotLink.retracted_at,
            CannotLink.retracted_by,
        )
        .where(
            CannotLink.program_id == program_id,
            CannotLink.a.in_(identifier_ids) | CannotLink.b.in_(identifier_ids),
        )
        .order_by(CannotLink.at, CannotLink.a, CannotLink.b)
    )
    return tuple(NotTheSameFacts(*row) for row in rows)


def _row(program_id: int, a: UUID, b: UUID) -> tuple[ColumnElement[bool], ...]:
    return CannotLink.program_id == program_id, CannotLink.a == a, CannotLink.b == b


def _judge(
    session: Session,
    program_id: int,
    act: str,
    ends: tuple[UUID, UUID],
    blocks: frozenset[UUID],
    *,
    at: datetime,
) -> None:
    """Judge anew what holds both; two that nothing holds together stay as they are."""
    cause = f"{act}:{ends[0]}:{ends[1]}"
    write_log(session, program_id, act, cause, ((), ()), at=at)
    if len(blocks) == 1:
        rejudge(session, program_id, blocks, cause=cause, at=at)
