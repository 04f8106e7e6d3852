"""What is known of a post before somebody looks at it again, and what to look at next.

Networks tell of a like and not of its end; so the posts and the words we know of are looked at in
turn, the newest ones each time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import rows_changed, table_of
from loyalty.kernel.keys import ServerKeys, derived_key, keyed_hash
from loyalty.social.count import PURPOSE, add_to_counter
from loyalty.social.models import CountedOnce, Engagement

ENGAGEMENT: Final = table_of(Engagement)
ONCE: Final = table_of(CountedOnce)
LIKE: Final = "like"
REPLY: Final = "reply"


@dataclass(frozen=True, slots=True)
class KnownLikes:
    """The likes of a post as they are kept: of linked people by outside id, of others by hash."""

    target: str
    standing: frozenset[str]
    gone: frozenset[str]
    hashes: frozenset[str]


@dataclass(frozen=True, slots=True)
class KnownReplies:
    """The counted replies below a post: of each a hash of which it is, of nobody who wrote it."""

    target: str
    hashes: frozenset[str]


def threads_counted(session: Session, program_id: int, connection_id: UUID) -> tuple[str, ...]:
    """List the posts below which a counted reply stands whose hash is still kept."""
    found = select(ONCE.c.target).where(*_replies(program_id, connection_id), ONCE.c.target != "")
    return tuple(session.execute(found.distinct()).scalars())


def known_replies(
    session: Session, program_id: int, connection_id: UUID, target: str
) -> KnownReplies:
    """Give what is kept of the counted replies below a post now."""
    found = select(ONCE.c.external_hash).where(
        *_replies(program_id, connection_id), ONCE.c.target == target
    )
    return KnownReplies(target, frozenset(session.execute(found).scalars()))


def hash_of_reply(
    program_id: int, connection_id: UUID, external_id: str, *, keys: ServerKeys
) -> str:
    """Give the hash that says which reply it is."""
    return keyed_hash(derived_key(keys, PURPOSE, program_id), str(connection_id), external_id)


def uncount_missing_replies(
    session: Session,
    program_id: int,
    connection_id: UUID,
    known: KnownReplies,
    *,
    present: Collection[str],
    at: datetime,
) -> int:
    """Take back counted replies that do not stand below their post any more; say how many."""
    gone = (
        update(ONCE)
        .where(
            *_replies(program_id, connection_id),
            ONCE.c.target == known.target,
            ONCE.c.external_hash.in_(known.hashes - set(present)),
        )
        .values(state="gone", changed_at=at, is_gone_for_ever=False)
    )
    taken = rows_changed(session, gone)
    if taken:
        add_to_counter(session, program_id, connection_id, known.target, REPLY, -taken, at)
    return taken


def _replies(program_id: int, connection_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        ONCE.c.program_id == program_id,
        ONCE.c.connection_id == connection_id,
        ONCE.c.action == REPLY,
        ONCE.c.state == "there",
    )


def posts_liked(session: Session, program_id: int, connection_id: UUID) -> tuple[str, ...]:
    """List the posts with a like that could be taken back, or given again."""
    linked = select(ENGAGEMENT.c.target).where(
        ENGAGEMENT.c.program_id == program_id,
        ENGAGEMENT.c.connection_id == connection_id,
        ENGAGEMENT.c.action == LIKE,
    )
    counted = select(ONCE.c.target).where(
        ONCE.c.program_id == program_id,
        ONCE.c.connection_id == connection_id,
        ONCE.c.action == LIKE,
        ONCE.c.state == "there",
    )
    return tuple(session.execute(linked.union(counted)).scalars())


def words_known(session: Session, program_id: int, connection_id: UUID) -> tuple[str, ...]:
    """List the outside ids of what linked people wrote and still stands."""
    found = select(ENGAGEMENT.c.external_id).where(
        ENGAGEMENT.c.program_id == program_id,
        ENGAGEMENT.c.connection_id == connection_id,
        ENGAGEMENT.c.action.in_(("reply", "mention")),
        ENGAGEMENT.c.state == "there",
    )
    return tuple(session.execute(found.distinct()).scalars())


def known_likes(session: Session, program_id: int, connection_id: UUID, target: str) -> KnownLikes:
    """Give what is kept of a post's likes now."""
    rows = session.execute(
        select(ENGAGEMENT.c.external_id, ENGAGEMENT.c.state).where(
            ENGAGEMENT.c.program_id == program_id,
            ENGAGEMENT.c.connection_id == connection_id,
            ENGAGEMENT.c.target == target,
            ENGAGEMENT.c.action == LIKE,
        )
    ).all()
    hashes = session.execute(
        select(ONCE.c.actor_hash).where(
            ONCE.c.program_id == program_id,
            ONCE.c.connection_id == connection_id,
            ONCE.c.target == target,
            ONCE.c.action == LIKE,
            ONCE.c.state == "there",
        )
    ).scalars()
    return KnownLikes(
        target=target,
        standing=frozenset(row.external_id for row in rows if row.state == "there"),
        gone=frozenset(row.external_id for row in rows if row.state == "gone"),
        hashes=frozenset(hashes),
    )


def hash_of_like(
    program_id: int, connection_id: UUID, external_id: str, actor_id: str, *, keys: ServerKeys
) -> str:
    """Give the hash under which a like of somebody who has not linked is counted once."""
    key = derived_key(keys, PURPOSE, program_id)
    return keyed_hash(key, str(connection_id), external_id, actor_id)


def uncount_missing(
    session: Session,
    program_id: int,
    connection_id: UUID,
    known: KnownLikes,
    *,
    present: Collection[str],
    at: datetime,
) -> int:
    """Take back counted likes whose hash is not among those present now; say how many."""
    taken = 0
    for missing in sorted(known.hashes - set(present)):
        gone = (
            update(ONCE)
            .where(
                ONCE.c.program_id == program_id,
                ONCE.c.connection_id == connection_id,
                ONCE.c.actor_hash == missing,
                ONCE.c.state == "there",
            )
            .values(state="gone", changed_at=at, is_gone_for_ever=False)
        )
        taken += rows_changed(session, gone)
    if taken:
        add_to_counter(session, program_id, connection_id, known.target, LIKE, -taken, at)
    return taken
