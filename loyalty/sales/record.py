"""Keep a sale as a till reported it, once, whoever sends it and however often."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_row, insert_rows
from loyalty.db.writes import insert_new
from loyalty.sales import rules
from loyalty.sales.errors import SaleConflictError
from loyalty.sales.models import Sale
from loyalty.sales.queries import LINE, TURN, SaleFacts, sale_by_id
from loyalty.sales.rules import SaleLineReport


@dataclass(frozen=True, slots=True)
class Purchase:
    """A sale to keep: what was sold, and what its code turned out to be worth."""

    program_id: int
    sale_id: str
    store_id: UUID
    till_id: UUID
    staff_id: UUID | None
    total_minor: int
    currency: str
    sold_at: datetime
    scanned_at: datetime | None
    code: str | None
    code_outcome: str
    code_kind: int | None
    card_id: str | None
    lines: tuple[SaleLineReport, ...]
    hold_id: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The sale as it is kept, whether it is new, and how many card numbers were struck out."""

    sale: SaleFacts
    is_new: bool
    masked: int


def purchase_hash(purchase: Purchase) -> str:
    """Hash what the report of a sale means.

    Who sent it and what its code was judged to be are not part of it: a repeat may come from
    another till, and later. The code itself is.
    """
    hold = {} if purchase.hold_id is None else {"hold_id": purchase.hold_id}
    return rules.request_hash(
        {
            **hold,
            "store_id": purchase.store_id,
            "total_minor": purchase.total_minor,
            "currency": purchase.currency,
            "sold_at": purchase.sold_at.timestamp(),
            "code": None if purchase.code is None else "".join(purchase.code.split()).upper(),
            "lines": [
                [line.product_ref, line.description, line.quantity_milli, line.total_minor]
                for line in purchase.lines
            ],
        }
    )


def record_purchase(session: Session, purchase: Purchase, *, at: datetime) -> Recorded:
    """Keep a sale once: its unique key decides who was first, never a look before.

    Raises `SaleConflictError` when the id was used for a sale with other content.
    """
    asked = purchase_hash(purchase)
    row = _row(purchase, request_hash=asked, at=at)
    if not insert_new(session, Sale, {name: getattr(row, name) for name in SaleFacts.__slots__}):
        sale = sale_by_id(session, purchase.program_id, purchase.sale_id)
        assert sale is not None, "its key was taken"
        if sale.request_hash != asked:
            raise SaleConflictError(sale_id=purchase.sale_id)
        return Recorded(sale=sale, is_new=False, masked=0)
    lines, masked = rules.masked_lines(purchase.lines)
    _write_lines(session, purchase, lines)
    turn = {
        "program_id": purchase.program_id,
        "sale_id": purchase.sale_id,
        "turn": 0,
        "card_id": purchase.card_id,
        "reassignment_id": None,
        "request_hash": asked,
        "actor": f"till:{purchase.till_id}",
        "at": at,
    }
    insert_row(session, TURN, turn)
    return Recorded(sale=row, is_new=True, masked=masked)


def _row(purchase: Purchase, *, request_hash: str, at: datetime) -> SaleFacts:
    """Write the row of a sale, as `sale_by_id` would read it."""
    return SaleFacts(
        program_id=purchase.program_id,
        sale_id=purchase.sale_id,
        store_id=purchase.store_id,
        till_id=purchase.till_id,
        staff_id=purchase.staff_id,
        total_minor=purchase.total_minor,
        currency=purchase.currency,
        sold_at=purchase.sold_at.astimezone(UTC),
        recorded_at=at,
        scanned_at=purchase.scanned_at and purchase.scanned_at.astimezone(UTC),
        code_outcome=purchase.code_outcome,
        code_kind=purchase.code_kind,
        request_hash=request_hash,
    )


def _write_lines(session: Session, purchase: Purchase, lines: tuple[SaleLineReport, ...]) -> None:
    rows = [
        {
            "program_id": purchase.program_id,
            "sale_id": purchase.sale_id,
            "line": number,
            "product_ref": line.product_ref,
            "description": line.description,
            "quantity_milli": line.quantity_milli,
            "total_minor": line.total_minor,
        }
        for number, line in enumerate(lines, start=1)
    ]
    insert_rows(session, LINE, rows)
