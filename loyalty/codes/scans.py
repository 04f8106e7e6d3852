"""Scans are kept, good and bad: they tell a double scan and what tills struggle with."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from loyalty.codes.models import Scan
from loyalty.codes.verdict import Verdict
from loyalty.db.prepared import Prepared
from loyalty.db.writes import insert_new, table_of
from loyalty.kernel.ids import new_id
from loyalty.wire.codes import IDENTIFYING

SCAN: Final = table_of(Scan)


_LAST_SCAN: Final = Prepared(
    select(SCAN.c.scanned_at)
    .where(
        SCAN.c.program_id == bindparam("program"),
        SCAN.c.card_id == bindparam("card"),
        SCAN.c.till_id == bindparam("till"),
        or_(*(SCAN.c.outcome == outcome.value for outcome in sorted(IDENTIFYING))),
    )
    .order_by(SCAN.c.scanned_at.desc())
    .limit(1)
)


def record_scan(
    session: Session,
    program_id: int,
    verdict: Verdict,
    *,
    till_id: UUID,
    scanned_at: datetime,
    at: datetime,
) -> UUID:
    """Keep one reading at a till and return its id; the text itself is not kept."""
    scan_id = new_id(at)
    is_new = insert_new(
        session,
        Scan,
        {
            "program_id": program_id,
            "scan_id": scan_id,
            "till_id": till_id,
            "outcome": verdict.outcome,
            "card_id": verdict.card_id,
            "code_kind": verdict.kind,
            "scanned_at": scanned_at,
            "recorded_at": at,
        },
    )
    assert is_new, "a new id was taken"
    return scan_id


def last_scan_of(
    session: Session, program_id: int, *, card_id: str, till_id: UUID
) -> datetime | None:
    """Find when a card was last read well at a till; None when it never was."""
    found: datetime | None = _LAST_SCAN.scalar(
        session, program=program_id, card=card_id, till=till_id
    )
    return found


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """One reading of a card at a till, good or bad."""

    scan_id: UUID
    card_id: str
    till_id: UUID
    outcome: str
    scanned_at: datetime


def scan_by_id(session: Session, program_id: int, scan_id: UUID) -> ScanFacts | None:
    """Find one reading of a card; of a code that named no card there is nothing to tell."""
    row = session.execute(
        select(
            SCAN.c.scan_id,
            SCAN.c.card_id,
            SCAN.c.till_id,
            SCAN.c.outcome,
            SCAN.c.scanned_at,
        ).where(
            SCAN.c.program_id == program_id,
            SCAN.c.scan_id == scan_id,
            SCAN.c.card_id.is_not(None),
        )
    ).one_or_none()
    return None if row is None else ScanFacts(*row)


def scans_of_cards(
    session: Session, program_id: int, card_ids: Collection[str], *, limit: int = 200
) -> tuple[ScanFacts, ...]:
    """List how some cards were read at tills, newest first."""
    rows = session.execute(
        select(
            SCAN.c.scan_id,
            SCAN.c.card_id,
            SCAN.c.till_id,
            SCAN.c.outcome,
            SCAN.c.scanned_at,
        )
        .where(SCAN.c.program_id == program_id, SCAN.c.card_id.in_(card_ids))
        .order_by(SCAN.c.scanned_at.desc(), SCAN.c.scan_id.desc())
        .limit(limit)
    )
    return tuple(ScanFacts(*row) for row in rows)
