"""Recompute the ledger from its lines and list where what is kept beside them says otherwise."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import coalesce

from loyalty.db.raw import as_it_stands, raw, stream
from loyalty.points.audit_caches import audit_caches
from loyalty.points.audit_holds import audit_holds
from loyalty.points.audit_redemptions import audit_redemptions
from loyalty.points.difference import LedgerDifference
from loyalty.points.queries import BALANCE, ENTRY, POSTING

REVERSALS: Final = ("take_back", "give_back")


def audit_ledger(session: Session, program_id: int) -> tuple[LedgerDifference, ...]:
    """Recompute a program's ledger and list every difference; none when all is well."""
    with as_it_stands(session):
        return (
            *_postings(session, program_id),
            *audit_caches(session, program_id),
            *_debts_beside_points(session, program_id),
            *audit_holds(session, program_id),
            *audit_redemptions(session, program_id),
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
    """Read the lines of each posting once: they sum to zero, and no reversal exceeds its act."""
    reversals = {
        row[0]: row[1:]
        for row in stream(
            session,
            select(
                raw(session, POSTING.c.posting_id),
                POSTING.c.kind,
                raw(session, POSTING.c.reverses),
            ).where(POSTING.c.program_id == program_id, POSTING.c.kind.in_(REVERSALS)),
        )
    }
    reversed_ones = {reverses for _, reverses in reversals.values()}
    given: dict[tuple[str, str], int] = {}
    taken: dict[tuple[str, str], int] = {}
    for posting_id, total, issued, redeemed in _sums(session, program_id):
        if total != 0:
            yield LedgerDifference("postings sum to zero", f"posting {posting_id}", str(total), "0")
        if posting_id in reversed_ones:
            given[posting_id, "take_back"] = -issued
            given[posting_id, "give_back"] = redeemed
        kind, reverses = reversals.get(posting_id, ("", None))
        if reverses is not None:
            back = issued if kind == "take_back" else -redeemed
            taken[reverses, kind] = taken.get((reverses, kind), 0) + back
    for (posting_id, kind), points in sorted(taken.items()):
        if points > given.get((posting_id, kind), 0):
            yield LedgerDifference(
                "no more is taken back than was given",
                f"posting {posting_id}, {kind}",
                str(points),
                str(given.get((posting_id, kind), 0)),
            )


def _sums(session: Session, program_id: int) -> Iterator[tuple[str, int, int, int]]:
    """Add up the lines of each posting, in the order of its key: all, issued, redeemed."""
    rows = stream(
        session,
        select(
            raw(session, ENTRY.c.posting_id),
            func.sum(ENTRY.c.points),
            _sum_when(ENTRY.c.account == "issued", ENTRY.c.points),
            _sum_when(ENTRY.c.account == "redeemed", ENTRY.c.points),
        )
        .where(ENTRY.c.program_id == program_id)
        .group_by(ENTRY.c.posting_id),
    )
    for row in rows:
        yield str(row[0]), int(row[1]), int(row[2]), int(row[3])
