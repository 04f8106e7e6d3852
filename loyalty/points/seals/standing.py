"""How far a ledger is sealed, and since when something waits for its block."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.kernel.ids import first_id_at
from loyalty.points.queries import POSTING
from loyalty.points.seals.find import SEAL, SEALED

# The first postings after a block; those of its own moment may be in it.
_LOOKED_AT: Final = 20


@dataclass(frozen=True, slots=True)
class SealStanding:
    """The last block and its moment, none before the first; and the first posting in no block."""

    block: int
    sealed_at: datetime | None
    waits_since: datetime | None


def seal_standing(session: Session, program_id: int) -> SealStanding:
    """Say how far a ledger is sealed: two or three looks by key, however long it is."""
    last = session.execute(
        select(SEAL.c.block, SEAL.c.sealed_at)
        .where(SEAL.c.program_id == program_id)
        .order_by(SEAL.c.block.desc())
        .limit(1)
    ).one_or_none()
    block, sealed_at = (0, None) if last is None else (last.block, last.sealed_at)
    return SealStanding(block, sealed_at, _waits_since(session, program_id, sealed_at))


def _waits_since(session: Session, program_id: int, sealed_at: datetime | None) -> datetime | None:
    asked = select(POSTING.c.posting_id, POSTING.c.recorded_at).where(
        POSTING.c.program_id == program_id
    )
    if sealed_at is not None:
        asked = asked.where(POSTING.c.posting_id >= first_id_at(sealed_at))
    found: dict[UUID, datetime] = {
        row.posting_id: row.recorded_at
        for row in session.execute(asked.order_by(POSTING.c.posting_id).limit(_LOOKED_AT))
    }
    if not found:
        return None
    sealed = session.scalars(
        select(SEALED.c.key).where(
            SEALED.c.program_id == program_id,
            SEALED.c.kind == "posting",
            SEALED.c.key.in_([posting_id.hex for posting_id in found]),
        )
    )
    waiting = found.keys() - {UUID(key) for key in sealed}
    return min((found[posting_id] for posting_id in waiting), default=None)
