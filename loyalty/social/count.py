"""Count what people did who have not linked; nobody can be told from what is kept."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import hold, insert_new, rows_changed, table_of
from loyalty.kernel.keys import ServerKeys, derived_key, keyed_hash
from loyalty.social.engage import Told
from loyalty.social.models import CountedOnce, PostCounter
from loyalty.social.rules import HASH_KEPT, gone_holds, there_holds

ONCE: Final = table_of(CountedOnce)
COUNTER: Final = table_of(PostCounter)
PURPOSE: Final = "social-counted"


def count_engagement(
    session: Session,
    program_id: int,
    told: Told,
    *,
    actor_id: str,
    received_at: datetime,
    keys: ServerKeys,
) -> bool:
    """Count one thing once, or take it back; say whether the count changed.

    What is kept of the actor is a hash that only this server can make, for two weeks.
    """
    key = derived_key(keys, PURPOSE, program_id)
    connection = str(told.connection_id)
    at = told.at or received_at
    row = {
        "program_id": program_id,
        "connection_id": told.connection_id,
        "actor_hash": keyed_hash(key, connection, told.external_id, actor_id),
        "external_hash": keyed_hash(key, connection, told.external_id),
        "action": told.action,
        "target": told.target,
        "state": told.state,
        "changed_at": at,
        "is_gone_for_ever": told.state == "gone" and told.at is None,
        "forget_at": received_at + HASH_KEPT,
    }
    if insert_new(session, CountedOnce, row):
        if told.state == "there":
            add_to_counter(session, program_id, told.connection_id, told.target, told.action, 1, at)
        return told.state == "there"
    return _change(session, program_id, told, str(row["actor_hash"]), at=at)


def _change(
    session: Session, program_id: int, told: Told, actor_hash: str, *, at: datetime
) -> bool:
    own = (
        ONCE.c.program_id == program_id,
        ONCE.c.connection_id == told.connection_id,
        ONCE.c.actor_hash == actor_hash,
    )
    known = session.execute(select(ONCE).where(*own).with_for_update()).one()
    if told.state == "gone":
        if known.state == "gone" or not gone_holds(
            occurred_at=known.changed_at, gone_at=told.holds_from
        ):
            return False
        changes = {"state": "gone", "changed_at": at, "is_gone_for_ever": told.at is None}
        session.execute(update(ONCE).where(*own).values(**changes))
        add_to_counter(session, program_id, told.connection_id, known.target, known.action, -1, at)
        return True
    was_gone = known.state == "gone"
    if was_gone and not there_holds(
        gone_at=known.changed_at,
        is_gone_for_ever=known.is_gone_for_ever,
        occurred_at=told.holds_from,
    ):
        return False
    is_same = (known.action, known.target) == (told.action, told.target)
    if not was_gone and is_same:
        return False
    session.execute(
        update(ONCE)
        .where(*own)
        .values(state="there", action=told.action, target=told.target, changed_at=at)
    )
    if not was_gone:
        add_to_counter(session, program_id, told.connection_id, known.target, known.action, -1, at)
    add_to_counter(session, program_id, told.connection_id, told.target, told.action, 1, at)
    return True


def uncount_all(
    session: Session, program_id: int, told: Told, *, at: datetime, keys: ServerKeys
) -> int:
    """Take back what is gone whoever did it, as far as it is still known; say how many."""
    key = derived_key(keys, PURPOSE, program_id)
    hashed = keyed_hash(key, str(told.connection_id), told.external_id)
    own = (
        ONCE.c.program_id == program_id,
        ONCE.c.connection_id == told.connection_id,
        ONCE.c.external_hash == hashed,
        ONCE.c.state == "there",
    )
    known = session.execute(select(ONCE).where(*own).with_for_update()).all()
    for row in known:
        add_to_counter(session, program_id, told.connection_id, row.target, row.action, -1, at)
    session.execute(update(ONCE).where(*own).values(state="gone", changed_at=at))
    return len(known)


def forget_hashes(session: Session, program_id: int, *, at: datetime) -> int:
    """Forget the hashes whose time is over; the counts stay. Say how many were forgotten."""
    # Of two that forget at once one finds nothing left.
    hold(session, "forget-hashes", program_id, "")
    over = (ONCE.c.program_id == program_id, ONCE.c.forget_at < at)
    place = (ONCE.c.connection_id, ONCE.c.target, ONCE.c.action)
    settled = session.execute(
        select(*place, func.count().label("number"))
        .where(*over, ONCE.c.state == "there")
        .group_by(*place)
    ).all()
    for row in settled:
        session.execute(
            update(COUNTER)
            .where(
                COUNTER.c.program_id == program_id,
                COUNTER.c.connection_id == row.connection_id,
                COUNTER.c.target == row.target,
                COUNTER.c.action == row.action,
            )
            .values(settled=COUNTER.c.settled + row.number)
        )
    forgotten = session.execute(delete(ONCE).where(*over).returning(ONCE.c.actor_hash))
    return len(forgotten.all())


def counts_of_posts(
    session: Session, program_id: int, connection_id: UUID
) -> dict[tuple[str, str], int]:
    """Give how many unlinked people did what: by post and action."""
    rows = session.execute(
        select(COUNTER.c.target, COUNTER.c.action, COUNTER.c.count.label("number")).where(
            COUNTER.c.program_id == program_id,
            COUNTER.c.connection_id == connection_id,
            COUNTER.c.count > 0,
        )
    )
    return {(row.target, row.action): row.number for row in rows}


def add_to_counter(
    session: Session,
    program_id: int,
    connection_id: UUID,
    target: str,
    action: str,
    change: int,
    at: datetime,
) -> None:
    """Change how many there are of one kind at one post."""
    own = (
        COUNTER.c.program_id == program_id,
        COUNTER.c.connection_id == connection_id,
        COUNTER.c.target == target,
        COUNTER.c.action == action,
    )
    row = {
        "program_id": program_id,
        "connection_id": connection_id,
        "target": target,
        "action": action,
        "count": 0,
        "settled": 0,
        "changed_at": at,
    }
    insert_new(session, PostCounter, row)
    rows_changed(
        session,
        update(COUNTER).where(*own).values(count=COUNTER.c.count + change, changed_at=at),
    )
