"""Recompute the ledger from its lines and list where what is kept beside them says otherwise."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import coalesce

from loyalty.db.raw import as_it_stands, everything_joined, raw, stream_plain
from loyalty.points.audit_bonuses import audit_bonuses
from loyalty.points.audit_caches import audit_caches
from loyalty.points.audit_counted import audit_counted
from loyalty.points.audit_holds import audit_holds
from loyalty.points.audit_redemptions import audit_redemptions
from loyalty.points.audit_rewards import audit_rewards
from loyalty.points.difference import LedgerDifference
from loyalty.points.queries import (
    BALANCE,
    ENTRY,
    OF_POSTING,
    POSTING,
)

REVERSALS: Final = ("take_back", "give_back")


def audit_ledger(session: Session, program_id: int) -> tuple[LedgerDifference, ...]:
    """Recompute a program's ledger and list every difference; none when all is well."""
    with as_it_stands(session), everything_joined(session):
        return (
            *_postings(session, program_id),
            *audit_caches(session, program_id),
            *_debts_beside_points(session, program_id),
            *audit_holds(session, program_id),
            *audit_redemptions(session, program_id),
            *audit_counted(session, program_id),
            *audit_bonuses(session, program_id),
            *audit_rewards(session, program_id),
        )


def issued_by_subject(session: Session, program_id: int) -> dict[str, int]:
    """Say how many points each subject ("sale:…") has issued in all, what was taken back off."""
    rows = session.execute(
        select(POSTING.c.subject, func.sum(-ENTRY.c.points).label("points"))
        .join(ENTRY, OF_POSTING)
        .where(POSTING.c.program_id == program_id, ENTRY.c.account == "issued")
        .group_by(POSTING.c.subject)
    )
    return {row.subject: int(row.points) for row in rows}


def _sum_when(condition: ColumnElement[bool], value: Any) -> ColumnElement[int]:  # noqa: ANN401
    return coalesce(func.sum(case((condition, value), else_=0)), 0)


def _debts_beside_points(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    rows = session.execute(
        select(
            raw(session, BALANCE.c.wallet_id).label("wallet_id"), BALANCE.c.debt, BALANCE.c.posted
        ).where(
            BALANCE.c.program_id == program_id,
            BALANCE.c.debt > 0,
            BALANCE.c.posted > BALANCE.c.held,
        )
    )
    for row in rows:
        yield LedgerDifference(
            "points pay a debt first",
            f"wallet {row.wallet_id}",
            f"debt {row.debt}",
            f"points {row.posted}",
        )


def _postings(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """Add up the lines of each posting: they sum to zero, and no reversal exceeds its act."""
    total = func.sum(ENTRY.c.points)
    unequal = select(raw(session, ENTRY.c.posting_id), total).where(
        ENTRY.c.program_id == program_id
    )
    for posting_id, points in stream_plain(
        session, unequal.group_by(ENTRY.c.posting_id).having(total != 0)
    ):
        yield LedgerDifference("postings sum to zero", f"posting {posting_id}", str(points), "0")
    given = _given_back(session, program_id)
    for (posting_id, kind), points in sorted(_taken_back(session, program_id).items()):
        issued, redeemed = given.get(posting_id, (0, 0))
        most = -issued if kind == "take_back" else redeemed
        if points > most:
            yield LedgerDifference(
                "no more is taken back than was given",
                f"posting {posting_id}, {kind}",
                str(points),
                str(most),
            )


def _sums() -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Ask what lines issued and what they redeemed."""
    issued = _sum_when(ENTRY.c.account == "issued", ENTRY.c.points)
    return issued, _sum_when(ENTRY.c.account == "redeemed", ENTRY.c.points)


def _taken_back(session: Session, program_id: int) -> dict[tuple[str, str], int]:
    """Say what reversals took back of each posting, by their kind."""
    asked = (
        select(raw(session, POSTING.c.reverses), POSTING.c.kind, *_sums())
        .join(ENTRY, OF_POSTING)
        .where(
            POSTING.c.program_id == program_id,
            POSTING.c.kind.in_(REVERSALS),
            POSTING.c.reverses.is_not(None),
        )
        .group_by(POSTING.c.reverses, POSTING.c.kind)
    )
    return {
        (reverses, kind): int(issued) if kind == "take_back" else -int(redeemed)
        for reverses, kind, issued, redeemed in stream_plain(session, asked)
    }


def _given_back(session: Session, program_id: int) -> dict[str, tuple[int, int]]:
    """Say what the postings that reversals speak of issued and redeemed."""
    spoken_of = select(POSTING.c.reverses).where(
        POSTING.c.program_id == program_id,
        POSTING.c.kind.in_(REVERSALS),
        POSTING.c.reverses.is_not(None),
    )
    asked = (
        select(raw(session, ENTRY.c.posting_id), *_sums())
        .where(ENTRY.c.program_id == program_id, ENTRY.c.posting_id.in_(spoken_of))
        .group_by(ENTRY.c.posting_id)
    )
    return {
        posting_id: (int(issued), int(redeemed))
        for posting_id, issued, redeemed in stream_plain(session, asked)
    }
