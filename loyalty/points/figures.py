"""Sums over the ledger, for lists and for a store's day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from loyalty.db.bulk import among
from loyalty.kernel.ids import first_id_at
from loyalty.points.queries import (
    BALANCE,
    ENTRY,
    OF_POSTING,
    OF_WALLET,
    POINTS,
    POSTING,
    WALLET,
)

TRANSFERS: Final = ("transfer", "transfer_back")


@dataclass(frozen=True, slots=True)
class WalletSums:
    """All that ever came into some wallets and went out of them; neither is negative."""

    earned: int
    used: int


def wallets_of_members(
    session: Session, program_id: int, member_ids: Collection[UUID]
) -> dict[UUID, UUID]:
    """Find the wallets of some members."""
    rows = session.execute(
        select(WALLET.c.member_id, WALLET.c.wallet_id).where(
            WALLET.c.program_id == program_id,
            among(session, WALLET.c.member_id, list(member_ids)),
            WALLET.c.unit == POINTS,
        )
    )
    return {row.member_id: row.wallet_id for row in rows}


def points_of_members(
    session: Session, program_id: int, member_ids: Collection[UUID]
) -> dict[UUID, int]:
    """Say what some members can spend now."""
    rows = session.execute(
        select(WALLET.c.member_id, (BALANCE.c.posted - BALANCE.c.held).label("points"))
        .join(BALANCE, OF_WALLET)
        .where(
            WALLET.c.program_id == program_id,
            WALLET.c.member_id.in_(member_ids),
            WALLET.c.unit == POINTS,
        )
    )
    return {row.member_id: row.points for row in rows}


def sums_of_wallets(session: Session, program_id: int, wallet_ids: Collection[UUID]) -> WalletSums:
    """Add up what acts brought into some wallets and took out of them.

    An act between two of these wallets moves nothing; what repaid a debt counts as earned.
    All transfers count as one act, so that a join and its undoing are neither earned nor used.
    """
    per_act = (
        select(func.sum(ENTRY.c.points).label("points"))
        .join(POSTING, OF_POSTING)
        .where(ENTRY.c.program_id == program_id, ENTRY.c.wallet_id.in_(wallet_ids))
        .group_by(case((POSTING.c.kind.not_in(TRANSFERS), POSTING.c.posting_id)))
        .subquery()
    )
    points = per_act.c.points
    row = session.execute(
        select(
            func.coalesce(func.sum(case((points > 0, points), else_=0)), 0).label("earned"),
            func.coalesce(func.sum(case((points < 0, -points), else_=0)), 0).label("used"),
        )
    ).one()
    return WalletSums(earned=int(row.earned), used=int(row.used))


def points_issued(
    session: Session,
    program_id: int,
    *,
    since: datetime,
    until: datetime,
    store_id: UUID | None = None,
) -> int:
    """Say how many points a stretch of time gave, less what it took back, by our clock."""
    statement = (
        select(func.coalesce(func.sum(-ENTRY.c.points), 0))
        .join(POSTING, OF_POSTING)
        .where(
            POSTING.c.program_id == program_id,
            POSTING.c.posting_id >= first_id_at(since),
            POSTING.c.posting_id < first_id_at(until),
            ENTRY.c.account == "issued",
        )
    )
    if store_id is not None:
        statement = statement.where(POSTING.c.store_id == store_id)
    return int(session.execute(statement).scalar_one())


def points_of_acts(session: Session, program_id: int, act_ids: Collection[str]) -> dict[str, int]:
    """Say how many points some acts issued; acts that issued none are left out."""
    rows = session.execute(
        select(POSTING.c.act_id, func.sum(-ENTRY.c.points).label("points"))
        .join(ENTRY, OF_POSTING)
        .where(
            POSTING.c.program_id == program_id,
            POSTING.c.act_id.in_(act_ids),
            ENTRY.c.account == "issued",
        )
        .group_by(POSTING.c.act_id)
    )
    return {row.act_id: int(row.points) for row in rows}


def issued_of_subject(session: Session, program_id: int, subject: str) -> int:
    """Say how many points one subject has issued in all, what was taken back off."""
    found = session.scalar(
        select(func.coalesce(func.sum(-ENTRY.c.points), 0))
        .join(POSTING, OF_POSTING)
        .where(
            POSTING.c.program_id == program_id,
            POSTING.c.subject == subject,
            ENTRY.c.account == "issued",
        )
    )
    return int(found or 0)
