"""The lots of a wallet: points that were earned together, their age and their end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.points.draft import LotBirth
from loyalty.points.queries import ENTRY, LOT, OF_POSTING, POSTING, WALLET
from loyalty.points.rules import LotFacts

_LOTS: Final = Prepared(
    select(
        LOT.c.lot_id,
        LOT.c.earned_at,
        LOT.c.expires_at,
        LOT.c.remaining,
        LOT.c.held,
        LOT.c.available_at,
    ).where(
        LOT.c.program_id == bindparam("program"),
        LOT.c.wallet_id == bindparam("wallet"),
        LOT.c.remaining > literal_column("0"),  # a number in the text finds the partial index
    )
)


def lots_of(session: Session, program_id: int, wallet_id: UUID) -> tuple[LotFacts, ...]:
    """List the lots of a wallet that still hold points."""
    rows = _LOTS.rows(session, program=program_id, wallet=wallet_id)
    return tuple(LotFacts(*row) for row in rows)


def births_of(
    session: Session, program_id: int, wallet_id: UUID, lot_ids: Sequence[UUID]
) -> dict[UUID, LotBirth]:
    """Say how old some lots of a wallet are and when they end, also of empty ones."""
    rows = session.execute(
        select(LOT.c.lot_id, LOT.c.earned_at, LOT.c.expires_at, LOT.c.available_at).where(
            LOT.c.program_id == program_id,
            LOT.c.wallet_id == wallet_id,
            LOT.c.lot_id.in_(lot_ids),
        )
    )
    return {row.lot_id: LotBirth(*row) for row in rows}


@dataclass(frozen=True, slots=True)
class LotOrigin:
    """Where a lot comes from: the act that made it, of which kind, and into whose wallet."""

    lot_id: UUID
    act_id: str
    kind: str
    member_id: UUID


def origins_of(session: Session, program_id: int, member_id: UUID) -> tuple[LotOrigin, ...]:
    """Say where everything comes from that a member's wallets hold, of every unit."""
    born = WALLET.alias("born")
    rows = session.execute(
        select(LOT.c.lot_id, POSTING.c.act_id, POSTING.c.kind, born.c.member_id)
        .join(
            WALLET,
            (WALLET.c.program_id == LOT.c.program_id) & (WALLET.c.wallet_id == LOT.c.wallet_id),
        )
        .join(
            ENTRY,
            (ENTRY.c.program_id == LOT.c.program_id)
            & (ENTRY.c.posting_id == LOT.c.lot_id)
            & (ENTRY.c.lot_id == LOT.c.lot_id),
        )
        .join(POSTING, OF_POSTING)
        .join(
            born,
            (born.c.program_id == ENTRY.c.program_id) & (born.c.wallet_id == ENTRY.c.wallet_id),
        )
        .where(
            LOT.c.program_id == program_id,
            WALLET.c.member_id == member_id,
            LOT.c.remaining > 0,
        )
    )
    return tuple(LotOrigin(*row) for row in rows)


def units_of_lots(
    session: Session, program_id: int, member_id: UUID, lot_ids: Collection[UUID]
) -> frozenset[str]:
    """Say in which units a member holds anything of some lots."""
    if not lot_ids:
        return frozenset()
    found = session.scalars(
        select(WALLET.c.unit)
        .distinct()
        .join(
            LOT, (LOT.c.program_id == WALLET.c.program_id) & (LOT.c.wallet_id == WALLET.c.wallet_id)
        )
        .where(
            WALLET.c.program_id == program_id,
            WALLET.c.member_id == member_id,
            LOT.c.lot_id.in_(lot_ids),
            LOT.c.remaining > 0,
        )
    )
    return frozenset(found)
