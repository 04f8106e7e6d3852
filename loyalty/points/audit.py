"""Recompute the ledger from its lines and list where what is kept beside them says otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import coalesce

from loyalty.points.queries import BALANCE, ENTRY, LOT, POSTING, WALLET


@dataclass(frozen=True, slots=True)
class LedgerDifference:
    """One thing the ledger's caches tell otherwise than its lines."""

    invariant: str
    subject: str
    told: str
    found: str


class _Sums(NamedTuple):
    posted: int
    held: int
    debt: int


def audit_ledger(session: Session, program_id: int) -> tuple[LedgerDifference, ...]:
    """Recompute a program's ledger and list every difference; none when all is well."""
    return (
        *_unbalanced(session, program_id),
        *_wrong_lots(session, program_id),
        *_wrong_balances(session, program_id),
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


def _wrong_lots(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    lines = {
        (row.wallet_id, row.lot_id): (int(row.issued), int(row.remaining))
        for row in session.execute(
            select(
                ENTRY.c.wallet_id,
                ENTRY.c.lot_id,
                _sum_when(ENTRY.c.points > 0, ENTRY.c.points).label("issued"),
                func.sum(ENTRY.c.points).label("remaining"),
            )
            .where(ENTRY.c.program_id == program_id, ENTRY.c.lot_id.is_not(None))
            .group_by(ENTRY.c.wallet_id, ENTRY.c.lot_id)
        )
    }
    lots = {
        (row.wallet_id, row.lot_id): (row.issued, row.remaining)
        for row in session.execute(
            select(LOT.c.wallet_id, LOT.c.lot_id, LOT.c.issued, LOT.c.remaining).where(
                LOT.c.program_id == program_id
            )
        )
    }
    for key in sorted({*lines, *lots}):
        told, found = lots.get(key, (0, 0)), lines.get(key, (0, 0))
        if told != found:
            wallet_id, lot_id = key
            yield LedgerDifference(
                "lots equal their lines",
                f"lot {lot_id} of wallet {wallet_id}",
                f"issued {told[0]}, remaining {told[1]}",
                f"issued {found[0]}, remaining {found[1]}",
            )


def _wrong_balances(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    lines = _sums_of_lines(session, program_id)
    held = {
        row.wallet_id: (int(row.remaining), int(row.held))
        for row in session.execute(
            select(
                LOT.c.wallet_id,
                func.sum(LOT.c.remaining).label("remaining"),
                func.sum(LOT.c.held).label("held"),
            )
            .where(LOT.c.program_id == program_id)
            .group_by(LOT.c.wallet_id)
        )
    }
    balances = {
        row.wallet_id: _Sums(row.posted, row.held, row.debt)
        for row in session.execute(
            select(BALANCE.c.wallet_id, BALANCE.c.posted, BALANCE.c.held, BALANCE.c.debt).where(
                BALANCE.c.program_id == program_id
            )
        )
    }
    wallets = session.scalars(
        select(WALLET.c.wallet_id)
        .where(WALLET.c.program_id == program_id)
        .order_by(WALLET.c.wallet_id)
    )
    for wallet_id in wallets:
        told, subject = balances.get(wallet_id), f"wallet {wallet_id}"
        posted, debt = lines.get(wallet_id, (0, 0))
        remaining, lots_held = held.get(wallet_id, (0, 0))
        if told is None:
            yield LedgerDifference("every wallet has a balance", subject, "none", str(posted))
            continue
        found = _Sums(posted, lots_held, debt)
        if told != found:
            yield LedgerDifference("balances equal their lines", subject, str(told), str(found))
        if told.posted != remaining:
            yield LedgerDifference(
                "balances equal their lots", subject, str(told.posted), str(remaining)
            )
        if told.debt > 0 and told.posted > told.held:
            yield LedgerDifference(
                "points pay a debt first", subject, f"debt {told.debt}", f"points {told.posted}"
            )


def _sums_of_lines(session: Session, program_id: int) -> dict[object, tuple[int, int]]:
    rows = session.execute(
        select(
            ENTRY.c.wallet_id,
            _sum_when(ENTRY.c.account == "wallet", ENTRY.c.points).label("posted"),
            _sum_when(ENTRY.c.account == "debt", -ENTRY.c.points).label("debt"),
        )
        .where(ENTRY.c.program_id == program_id, ENTRY.c.wallet_id.is_not(None))
        .group_by(ENTRY.c.wallet_id)
    )
    return {row.wallet_id: (int(row.posted), int(row.debt)) for row in rows}


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
