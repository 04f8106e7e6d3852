"""The settlement of a period, read from the entries: who gave the points that another took.

`settlement_of` gives the figures (`loyalty.points.settlement_rules.Settlement`), `entries_between`
the lines behind one of them. The period counts by our clock (`recorded_at`), so that a month that
is over stays as it was told; each line is worth what the policy in force at its recording set.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from loyalty.kernel.ids import first_id_at
from loyalty.points.policy import NO_POLICY, POLICY
from loyalty.points.queries import (
    ENTRY,
    OF_POSTING,
    POSTING,
    WALLET,
)
from loyalty.points.settlement_rules import Flow, Party, Settlement, settle, worth_milli

ISSUER: Final = POSTING.alias("issuer")
POINTS_UNIT: Final = "points"
# Points that nobody used: their end, or somebody at the desk who took them away, is owed to none.
UNUSED: Final = ("expire", "adjust")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a period in which points had one value."""

    since: datetime
    until: datetime
    value_minor_per_1000: int


@dataclass(frozen=True, slots=True)
class Page:
    """How many lines, and the (posting_id, line) of the last one of the page before."""

    limit: int
    after: tuple[UUID, int] | None = None


@dataclass(frozen=True, slots=True)
class SettlementEntry:
    """One line behind a figure: `points` that `creditor` took and `debtor` gave.

    Negative when a redemption was undone or a debt repaid. `subject` is the sale, order or
    refund it speaks of; None for who may not see that store's sales.
    """

    posting_id: UUID
    line: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    debtor: Party
    creditor: Party
    points: int
    worth_milli: int
    subject: str | None


def settlement_of(
    session: Session, program_id: int, *, since: datetime, until: datetime, currency: str
) -> Settlement:
    """Say who owes whom for [since, until), between all stores and the program itself."""
    flows = (
        Flow(row.debtor, row.creditor, int(row.points), worth, row.entries)
        for span in _spans(session, program_id, since, until)
        for row in session.execute(_sums(program_id, span))
        for worth in (worth_milli(int(row.points), span.value_minor_per_1000),)
    )
    return settle(flows, since=since, until=until, currency=currency)


def entries_between(
    session: Session,
    program_id: int,
    *,
    between: tuple[Party, Party],
    since: datetime,
    until: datetime,
    page: Page,
) -> tuple[SettlementEntry, ...]:
    """List the lines behind the figure of two parties, in both directions, oldest first.

    Their `worth_milli`, those the other way counted off, add up to the figure's.
    """
    one, other = between
    found: list[SettlementEntry] = []
    for span in _spans(session, program_id, since, until):
        asked = _lines(program_id, span).where(
            or_(_between(one, other), _between(other, one)),
        )
        if page.after is not None:
            asked = asked.where(tuple_(ENTRY.c.posting_id, ENTRY.c.line) > tuple_(*page.after))
        asked = asked.order_by(ENTRY.c.posting_id, ENTRY.c.line).limit(page.limit - len(found))
        found += [
            SettlementEntry(
                posting_id=row.posting_id,
                line=row.line,
                kind=row.kind,
                occurred_at=row.occurred_at,
                recorded_at=row.recorded_at,
                debtor=row.debtor,
                creditor=row.creditor,
                points=-row.points,
                worth_milli=worth_milli(-row.points, span.value_minor_per_1000),
                subject=row.subject,
            )
            for row in session.execute(asked)
        ]
        if len(found) == page.limit:
            break
    return tuple(found)


def _spans(session: Session, program_id: int, since: datetime, until: datetime) -> Iterator[Span]:
    """Cut a period where the value of points changed."""
    policies = session.execute(
        select(POLICY.c.in_force_from, POLICY.c.value_minor_per_1000)
        .where(POLICY.c.program_id == program_id)
        .order_by(POLICY.c.version)
    ).all()
    cuts = sorted({p.in_force_from for p in policies if since < p.in_force_from < until})
    starts = [since, *cuts]
    for start, end in zip(starts, [*cuts, until], strict=True):
        in_force = [p.value_minor_per_1000 for p in policies if p.in_force_from <= start]
        yield Span(start, end, in_force[-1] if in_force else NO_POLICY.value_minor_per_1000)


def _counted(program_id: int, span: Span) -> list[ColumnElement[bool]]:
    """Choose the lines that one party's points made and another took."""
    return [
        ENTRY.c.program_id == program_id,
        ENTRY.c.posting_id >= first_id_at(span.since),
        ENTRY.c.posting_id < first_id_at(span.until),
        ENTRY.c.account.in_(("wallet", "debt")),
        WALLET.c.unit == POINTS_UNIT,
        or_(ENTRY.c.account == "debt", POSTING.c.kind.not_in(UNUSED)),
        ISSUER.c.store_id.is_distinct_from(ENTRY.c.store_id),
    ]


def _joined(asked: Select[Any]) -> Select[Any]:
    return (
        asked.select_from(ENTRY)
        .join(POSTING, OF_POSTING)
        .join(
            WALLET,
            and_(
                WALLET.c.program_id == ENTRY.c.program_id, WALLET.c.wallet_id == ENTRY.c.wallet_id
            ),
        )
        .outerjoin(
            ISSUER,
            and_(ISSUER.c.program_id == ENTRY.c.program_id, ISSUER.c.posting_id == ENTRY.c.lot_id),
        )
    )


def _sums(program_id: int, span: Span) -> Select[Any]:
    parties = (ISSUER.c.store_id.label("debtor"), ENTRY.c.store_id.label("creditor"))
    return (
        _joined(select(*parties, func.sum(-ENTRY.c.points).label("points"), _COUNT))
        .where(*_counted(program_id, span))
        .group_by(ISSUER.c.store_id, ENTRY.c.store_id)
    )


_COUNT: Final = func.count().label("entries")


def _lines(program_id: int, span: Span) -> Select[Any]:
    return _joined(
        select(
            ENTRY.c.posting_id,
            ENTRY.c.line,
            ENTRY.c.points,
            POSTING.c.kind,
            POSTING.c.occurred_at,
            POSTING.c.recorded_at,
            POSTING.c.subject,
            ISSUER.c.store_id.label("debtor"),
            ENTRY.c.store_id.label("creditor"),
        )
    ).where(*_counted(program_id, span))


def _between(debtor: Party, creditor: Party) -> ColumnElement[bool]:
    return and_(
        ISSUER.c.store_id.is_not_distinct_from(debtor),
        ENTRY.c.store_id.is_not_distinct_from(creditor),
    )
