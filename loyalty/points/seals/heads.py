"""The head of the chain as a program's owners were told it, once a day when something moved."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new
from loyalty.points.seals.find import SEAL, SEALED, last_seal
from loyalty.points.seals.models import Head
from loyalty.points.seals.rules import SealFacts
from loyalty.points.seals.seal import HEAD


@dataclass(frozen=True, slots=True)
class HeadFacts:
    """A head that was told: the last block then, and its hash."""

    day: date
    block: int
    hash: str
    told_at: datetime


def last_head(session: Session, program_id: int) -> HeadFacts | None:
    """Find the head that was told last."""
    row = session.execute(
        select(HEAD.c.day, HEAD.c.block, HEAD.c.hash, HEAD.c.told_at)
        .where(HEAD.c.program_id == program_id)
        .order_by(HEAD.c.day.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else HeadFacts(*row)


def head_to_tell(
    session: Session, program_id: int, *, day: date, midnight: datetime
) -> SealFacts | None:
    """Find the head to tell on `day`, which began at `midnight`; None when there is none.

    There is none when it was told on that day, or when nothing but told heads was sealed
    between the last one and midnight.
    """
    last = last_head(session, program_id)
    if last is not None and last.day >= day:
        return None
    moved = exists().where(
        SEALED.c.program_id == program_id,
        SEALED.c.kind != "head",
        SEALED.c.block > (0 if last is None else last.block),
        SEAL.c.program_id == SEALED.c.program_id,
        SEAL.c.block == SEALED.c.block,
        SEAL.c.sealed_at < midnight,
    )
    return last_seal(session, program_id) if session.scalar(select(moved)) else None


def keep_head(
    session: Session, program_id: int, seal: SealFacts, *, day: date, at: datetime
) -> bool:
    """Keep that a head is told on a day; False when somebody told one meanwhile."""
    row = {
        "program_id": program_id,
        "day": day,
        "block": seal.block,
        "hash": seal.hash,
        "told_at": at,
    }
    return insert_new(session, Head, row)
