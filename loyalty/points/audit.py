"""Recompute the ledger from its lines and list where what is kept beside them says otherwise."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import coalesce

from loyalty.points.audit_caches import audit_caches
from loyalty.points.difference import LedgerDifference
from loyalty.points.queries import BALANCE, ENTRY, POSTING


def audit_ledger(session: Session, program_id: int) -> tuple[LedgerDifference, ...]:
    """Recompute a program's ledger and list every difference; none when all is well."""
    return (
        *_unbalanced(session, program_id),
        *audit_caches(session, program_id),
        *_debts_beside_points(session, program_id),
        *_overdrawn_reversals(session, program_id),
    )


def issued_by_subject(session: Session, program_id: int) -> dict[str, int]:
    """Say how many points each subject ("sale:…") has issued in all, what was taken back off."""
    rows = session.execute(
        select(POSTING.c.subject, func.sum(-ENTRY.c.points).label("points"))
        .join(
            ENTRY,
            (ENTRY.c.program_id == POSTING.c.program_id)
            & (ENTRY.c.posting_id == POSTING.c.posting_id),
        )
        .where(POSTING.c.program_id == program_id, ENTRY.c.account == "issued")
        .group_by(POSTING.c.subject)
    )
    return {row.subject: int(row.points) for row in rows}


def _unbalanced(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    rows = session.execute(
        select(ENTRY.c.posting_id, func.sum(ENTRY.c.points).label("points"))
        .where(ENTRY.c.program_id == program_id)
        .group_by(ENTRY.c.posting_id)
        .having(func.sum(ENTRY.c.points) != 0)
    )
    for row in rows:
        yield LedgerDifference(
            "postings sum to zero", f"posting {row.posting_id}", str(row.points), "0"
        )


def _sum_when(condition: ColumnElement[bool], value: Any) -> ColumnElement[int]:  # noqa: ANN401
    return coalesce(func.sum(case((condition, value), else_=0)), 0)


def _debts_beside_points(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    rows = session.execute(
        select(BALANCE.c.wallet_id, BALANCE.c.debt, BALANCE.c.posted).where(
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


def _overdrawn_reversals(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    issued = (
        select(
            POSTING.c.posting_id,
            POSTING.c.act_id,
            POSTING.c.kind,
            POSTING.c.reverses,
            _sum_when(ENTRY.c.account == "issued", -ENTRY.c.points).label("points"),
        )
        .join(
            ENTRY,
            (ENTRY.c.program_id == POSTING.c.program_id)
            & (ENTRY.c.posting_id == POSTING.c.posting_id),
        )
        .where(POSTING.c.program_id == program_id)
        .group_by(POSTING.c.posting_id, POSTING.c.act_id, POSTING.c.kind, POSTING.c.reverses)
    )
    rows = session.execute(issued).all()
    taken: dict[object, int] = {}
    for row in rows:
        if row.kind == "take_back":
            taken[row.reverses] = taken.get(row.reverses, 0) - int(row.points)
    for row in rows:
        if row.kind == "earn" and taken.get(row.posting_id, 0) > row.points:
            yield LedgerDifference(
                "no more is taken back than was given",
                f"act {row.act_id}",
                str(row.points),
                str(taken[row.posting_id]),
            )
