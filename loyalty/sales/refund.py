"""Keep a refund once; all refunds of a sale together never exceed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new
from loyalty.sales import rules
from loyalty.sales.errors import (
    RefundConflictError,
    RefundExceedsSaleError,
    SaleUnknownError,
)
from loyalty.sales.models import Refund
from loyalty.sales.queries import (
    REFUND_LINE,
    SaleFacts,
    lines_of,
    lock_sale,
    refund_by_id,
    refund_lines_of,
    refunded_minor,
    refunds_of,
)
from loyalty.sales.rules import RefundLineReport


@dataclass(frozen=True, slots=True)
class RefundDraft:
    """Money to give back for a sale, in minor units of its currency."""

    refund_id: str
    sale_id: str
    till_id: UUID
    amount_minor: int
    reason: str
    refunded_at: datetime
    lines: tuple[RefundLineReport, ...] = ()
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedRefund:
    """Whether a refund is new, the sale it belongs to, and what was left of it before and after."""

    sale: SaleFacts
    is_new: bool
    before_minor: int
    left_minor: int


def refund_hash(draft: RefundDraft) -> str:
    """Hash what a refund means; the till that sends it may be another one on a repeat."""
    told: dict[str, object] = {
        "sale_id": draft.sale_id,
        "amount_minor": draft.amount_minor,
        "refunded_at": draft.refunded_at.timestamp(),
    }
    if draft.lines:
        told["lines"] = sorted(
            [line.line, line.quantity_milli, line.amount_minor] for line in draft.lines
        )
    return rules.request_hash(told)


def record_refund(
    session: Session, program_id: int, draft: RefundDraft, *, at: datetime
) -> RecordedRefund:
    """Keep a refund; refunds of one sale wait for each other, so that their sum is guarded.

    Of a sale that cost no money, a refund of nothing without lines gives back all that is left.

    Raises `SaleUnknownError`, `RefundConflictError` when the id was used for another refund,
    and `RefundExceedsSaleError` when more would be given back than is left, of the sale or of
    one of its lines.
    """
    lines = len(draft.lines)
    rules.check_refund(draft.amount_minor, lines=lines, is_free=True)
    rules.check_refund_lines(draft.lines, amount_minor=draft.amount_minor)
    sale = lock_sale(session, program_id, draft.sale_id)
    if sale is None:
        raise SaleUnknownError(sale_id=draft.sale_id)
    rules.check_refund(draft.amount_minor, lines=lines, is_free=sale.total_minor == 0)
    if draft.currency is not None:
        rules.check_currency(draft.currency, store_currency=sale.currency)
    asked = refund_hash(draft)
    before = sale.total_minor - refunded_minor(session, program_id, draft.sale_id)
    reason, _ = rules.mask_card_numbers(draft.reason)
    values = {
        "program_id": program_id,
        "refund_id": draft.refund_id,
        "sale_id": draft.sale_id,
        "till_id": draft.till_id,
        "amount_minor": draft.amount_minor,
        "reason": reason,
        "refunded_at": draft.refunded_at,
        "recorded_at": at,
        "request_hash": asked,
    }
    if not insert_new(session, Refund, values):
        known = refund_by_id(session, program_id, draft.refund_id)
        if known is None or known.request_hash != asked:
            raise RefundConflictError(refund_id=draft.refund_id)
        return RecordedRefund(sale=sale, is_new=False, before_minor=before, left_minor=before)
    if draft.amount_minor > before:
        raise RefundExceedsSaleError(
            sale_id=draft.sale_id, amount_minor=draft.amount_minor, left_minor=before
        )
    if draft.lines:
        _write_lines(session, program_id, draft, draft.lines)
    elif sale.total_minor == 0:
        _write_lines(session, program_id, draft, _all_left(session, program_id, draft))
    return RecordedRefund(
        sale=sale, is_new=True, before_minor=before, left_minor=before - draft.amount_minor
    )


def _all_left(
    session: Session, program_id: int, draft: RefundDraft
) -> tuple[RefundLineReport, ...]:
    """Name every piece that is left of a sale that cost no money; none when no lines were told.

    Raises `RefundExceedsSaleError` when all of it came back before.
    """
    sold = lines_of(session, program_id, draft.sale_id)
    before = refund_lines_of(session, program_id, [draft.sale_id]).get(draft.sale_id, ())
    left = {
        number: line.quantity_milli
        - sum(one.quantity_milli or 0 for one in before if one.line == number)
        for number, line in enumerate(sold, 1)
        if line.quantity_milli > 0 and line.total_minor >= 0  # less is a discount of the till
    }
    lines = tuple(RefundLineReport(number, milli, 0) for number, milli in left.items() if milli > 0)
    told = refunds_of(session, program_id, [draft.sale_id])
    if not lines and any(one.refund_id != draft.refund_id for one in told):
        raise RefundExceedsSaleError(sale_id=draft.sale_id, amount_minor=0, left_minor=0)
    return lines


def _write_lines(
    session: Session, program_id: int, draft: RefundDraft, lines: Sequence[RefundLineReport]
) -> None:
    """Keep what is given back of each line; never more than was sold of it."""
    if not lines:
        return
    sold = lines_of(session, program_id, draft.sale_id)
    known = refund_lines_of(session, program_id, [draft.sale_id]).get(draft.sale_id, ())
    for line in lines:
        if not 1 <= line.line <= len(sold):
            raise RefundExceedsSaleError(sale_id=draft.sale_id, line=line.line)
        of_line = sold[line.line - 1]
        before = [one for one in known if one.line == line.line]
        left_minor = of_line.total_minor - sum(one.amount_minor for one in before)
        left_milli = of_line.quantity_milli - sum(one.quantity_milli or 0 for one in before)
        if line.amount_minor > left_minor or (line.quantity_milli or 0) > left_milli:
            raise RefundExceedsSaleError(
                sale_id=draft.sale_id,
                line=line.line,
                left_minor=left_minor,
                left_milli=left_milli,
            )
    session.execute(
        insert(REFUND_LINE),
        [
            {
                "program_id": program_id,
                "refund_id": draft.refund_id,
                "line": line.line,
                "quantity_milli": line.quantity_milli,
                "amount_minor": line.amount_minor,
            }
            for line in lines
        ],
    )
