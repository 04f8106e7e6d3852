"""What the tills reported: sales, what is left of them, and whose they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Select, and_, func, select
from sqlalchemy.orm import Session

from loyalty.db.writes import hold, table_of
from loyalty.sales.models import Refund, RefundLine, Sale, SaleCard, SaleLine
from loyalty.sales.rules import SaleLineReport

SALE: Final = table_of(Sale)
LINE: Final = table_of(SaleLine)
TURN: Final = table_of(SaleCard)
REFUND: Final = table_of(Refund)
REFUND_LINE: Final = table_of(RefundLine)


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """A sale as it was reported; `sold_at` by the till's clock, `recorded_at` by ours."""

    program_id: int
    sale_id: str
    store_id: UUID
    till_id: UUID
    staff_id: UUID | None
    total_minor: int
    currency: str
    sold_at: datetime
    recorded_at: datetime
    scanned_at: datetime | None
    code_outcome: str
    code_kind: int | None
    request_hash: str


# How a turn is named that came by the code on a receipt.
CLAIM_PREFIX: Final = "claim:"


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """Whose card a sale counts for since a turn; turn 0 came with the sale."""

    sale_id: str
    turn: int
    card_id: str | None
    reassignment_id: str | None
    request_hash: str
    actor: str
    at: datetime

    @property
    def earning_act(self) -> str:
        """The act id by which this turn's points came in."""
        return f"sale:{self.sale_id}" if self.turn == 0 else f"reassign:{self.reassignment_id}:to"

    @property
    def is_claim(self) -> bool:
        """Say whether a shopper claimed the sale by the code on its receipt."""
        return (self.reassignment_id or "").startswith(CLAIM_PREFIX)

    @property
    def event(self) -> str:
        """The event that this turn's evidence speaks of."""
        return f"sale:{self.sale_id}" if self.turn == 0 else f"reassign:{self.reassignment_id}"


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """Money that was given back for a sale."""

    refund_id: str
    sale_id: str
    till_id: UUID
    amount_minor: int
    reason: str
    refunded_at: datetime
    recorded_at: datetime
    request_hash: str


@dataclass(frozen=True, slots=True)
class RefundLineFacts:
    """What a refund gave back of one line of its sale; `quantity_milli` none for money only."""

    refund_id: str
    line: int
    quantity_milli: int | None
    amount_minor: int


_SALE: Final[tuple[Column[Any], ...]] = (
    SALE.c.program_id,
    SALE.c.sale_id,
    SALE.c.store_id,
    SALE.c.till_id,
    SALE.c.staff_id,
    SALE.c.total_minor,
    SALE.c.currency,
    SALE.c.sold_at,
    SALE.c.recorded_at,
    SALE.c.scanned_at,
    SALE.c.code_outcome,
    SALE.c.code_kind,
    SALE.c.request_hash,
)
TURN_FACTS: Final[tuple[Column[Any], ...]] = (
    TURN.c.sale_id,
    TURN.c.turn,
    TURN.c.card_id,
    TURN.c.reassignment_id,
    TURN.c.request_hash,
    TURN.c.actor,
    TURN.c.at,
)
_REFUND: Final[tuple[Column[Any], ...]] = (
    REFUND.c.refund_id,
    REFUND.c.sale_id,
    REFUND.c.till_id,
    REFUND.c.amount_minor,
    REFUND.c.reason,
    REFUND.c.refunded_at,
    REFUND.c.recorded_at,
    REFUND.c.request_hash,
)


def sale_by_id(session: Session, program_id: int, sale_id: str) -> SaleFacts | None:
    """Find a sale."""
    row = session.execute(
        select(*_SALE).where(SALE.c.program_id == program_id, SALE.c.sale_id == sale_id)
    ).one_or_none()
    return None if row is None else SaleFacts(*row)


def lock_sale(session: Session, program_id: int, sale_id: str) -> SaleFacts | None:
    """Find a sale and keep every other refund and reassignment of it waiting.

    The row itself cannot be locked: nobody may change it, and a lock asks for that right.
    """
    hold(session, "sale", program_id, sale_id)
    return sale_by_id(session, program_id, sale_id)


def sales_by_id(session: Session, program_id: int, sale_ids: Sequence[str]) -> dict[str, SaleFacts]:
    """Find several sales at once."""
    rows = session.execute(
        select(*_SALE).where(SALE.c.program_id == program_id, SALE.c.sale_id.in_(sale_ids))
    )
    return {row.sale_id: SaleFacts(*row) for row in rows}


def lines_of(session: Session, program_id: int, sale_id: str) -> tuple[SaleLineReport, ...]:
    """List the lines of a sale in their order."""
    rows = session.execute(
        select(LINE.c.product_ref, LINE.c.description, LINE.c.quantity_milli, LINE.c.total_minor)
        .where(LINE.c.program_id == program_id, LINE.c.sale_id == sale_id)
        .order_by(LINE.c.line)
    )
    return tuple(SaleLineReport(*row) for row in rows)


def lines_of_sales(
    session: Session, program_id: int, sale_ids: Sequence[str]
) -> dict[str, tuple[SaleLineReport, ...]]:
    """List the lines of several sales, each in their order; sales without lines are left out."""
    rows = session.execute(
        select(
            LINE.c.sale_id,
            LINE.c.product_ref,
            LINE.c.description,
            LINE.c.quantity_milli,
            LINE.c.total_minor,
        )
        .where(LINE.c.program_id == program_id, LINE.c.sale_id.in_(sale_ids))
        .order_by(LINE.c.sale_id, LINE.c.line)
    )
    found: dict[str, list[SaleLineReport]] = {}
    for row in rows:
        found.setdefault(row.sale_id, []).append(SaleLineReport(*row[1:]))
    return {sale_id: tuple(lines) for sale_id, lines in found.items()}


def refunded_minor(session: Session, program_id: int, sale_id: str) -> int:
    """Say how much of a sale was given back."""
    return refunded_of(session, program_id, [sale_id]).get(sale_id, 0)


def refunded_of(session: Session, program_id: int, sale_ids: Sequence[str]) -> dict[str, int]:
    """Say how much of several sales was given back; sales without a refund are left out."""
    rows = session.execute(
        select(REFUND.c.sale_id, func.sum(REFUND.c.amount_minor).label("amount_minor"))
        .where(REFUND.c.program_id == program_id, REFUND.c.sale_id.in_(sale_ids))
        .group_by(REFUND.c.sale_id)
    )
    return {row.sale_id: int(row.amount_minor) for row in rows}


def refund_by_id(session: Session, program_id: int, refund_id: str) -> RefundFacts | None:
    """Find a refund."""
    row = session.execute(
        select(*_REFUND).where(REFUND.c.program_id == program_id, REFUND.c.refund_id == refund_id)
    ).one_or_none()
    return None if row is None else RefundFacts(*row)


def refunds_of(
    session: Session, program_id: int, sale_ids: Sequence[str]
) -> tuple[RefundFacts, ...]:
    """List the refunds of some sales, oldest first."""
    rows = session.execute(
        select(*_REFUND)
        .where(REFUND.c.program_id == program_id, REFUND.c.sale_id.in_(sale_ids))
        .order_by(REFUND.c.recorded_at, REFUND.c.refund_id)
    )
    return tuple(RefundFacts(*row) for row in rows)


def refund_lines_of(
    session: Session, program_id: int, sale_ids: Sequence[str]
) -> dict[str, tuple[RefundLineFacts, ...]]:
    """List what was given back of the lines of some sales; those without are left out."""
    rows = session.execute(
        select(
            REFUND.c.sale_id,
            REFUND_LINE.c.refund_id,
            REFUND_LINE.c.line,
            REFUND_LINE.c.quantity_milli,
            REFUND_LINE.c.amount_minor,
        )
        .join(
            REFUND_LINE,
            (REFUND_LINE.c.program_id == REFUND.c.program_id)
            & (REFUND_LINE.c.refund_id == REFUND.c.refund_id),
        )
        .where(REFUND.c.program_id == program_id, REFUND.c.sale_id.in_(sale_ids))
        .order_by(REFUND.c.recorded_at, REFUND_LINE.c.refund_id, REFUND_LINE.c.line)
    )
    found: dict[str, list[RefundLineFacts]] = {}
    for row in rows:
        found.setdefault(row.sale_id, []).append(RefundLineFacts(*row[1:]))
    return {sale_id: tuple(lines) for sale_id, lines in found.items()}


def _current_turns() -> Select[Any]:
    """Select the row that speaks for each sale: the one with the highest turn."""
    last = (
        select(TURN.c.program_id, TURN.c.sale_id, func.max(TURN.c.turn).label("turn"))
        .group_by(TURN.c.program_id, TURN.c.sale_id)
        .subquery()
    )
    return select(*TURN_FACTS).join(
        last,
        and_(
            last.c.program_id == TURN.c.program_id,
            last.c.sale_id == TURN.c.sale_id,
            last.c.turn == TURN.c.turn,
        ),
    )


def current_turn(session: Session, program_id: int, sale_id: str) -> TurnFacts:
    """Say whose card a sale counts for now."""
    row = session.execute(
        select(*TURN_FACTS)
        .where(TURN.c.program_id == program_id, TURN.c.sale_id == sale_id)
        .order_by(TURN.c.turn.desc())
        .limit(1)
    ).one()
    return TurnFacts(*row)


def current_turns(
    session: Session, program_id: int, sale_ids: Sequence[str]
) -> dict[str, TurnFacts]:
    """Say whose card several sales count for now."""
    rows = session.execute(
        _current_turns().where(TURN.c.program_id == program_id, TURN.c.sale_id.in_(sale_ids))
    )
    return {row.sale_id: TurnFacts(*row) for row in rows}


def turn_of_reassignment(
    session: Session, program_id: int, reassignment_id: str
) -> TurnFacts | None:
    """Find what a reassignment did."""
    row = session.execute(
        select(*TURN_FACTS).where(
            TURN.c.program_id == program_id, TURN.c.reassignment_id == reassignment_id
        )
    ).one_or_none()
    return None if row is None else TurnFacts(*row)


def turns_of(session: Session, program_id: int, sale_ids: Sequence[str]) -> tuple[TurnFacts, ...]:
    """List whose some sales were and are, in the order it happened."""
    rows = session.execute(
        select(*TURN_FACTS)
        .where(TURN.c.program_id == program_id, TURN.c.sale_id.in_(sale_ids))
        .order_by(TURN.c.sale_id, TURN.c.turn)
    )
    return tuple(TurnFacts(*row) for row in rows)


def sales_of_cards(
    session: Session, program_id: int, card_ids: Sequence[str], *, limit: int = 200
) -> tuple[SaleFacts, ...]:
    """List the sales that count for some cards now, newest first."""
    theirs = (
        _current_turns()
        .where(
            TURN.c.program_id == program_id,
            TURN.c.sale_id.in_(
                select(TURN.c.sale_id).where(
                    TURN.c.program_id == program_id, TURN.c.card_id.in_(card_ids)
                )
            ),
        )
        .subquery()
    )
    rows = session.execute(
        select(*_SALE)
        .join(theirs, theirs.c.sale_id == SALE.c.sale_id)
        .where(SALE.c.program_id == program_id, theirs.c.card_id.in_(card_ids))
        .order_by(SALE.c.recorded_at.desc(), SALE.c.sale_id.desc())
        .limit(limit)
    )
    return tuple(SaleFacts(*row) for row in rows)


def sales_of_till(
    session: Session, program_id: int, till_id: UUID, *, limit: int = 20
) -> tuple[SaleFacts, ...]:
    """List the last sales of a till, newest first."""
    rows = session.execute(
        select(*_SALE)
        .where(SALE.c.program_id == program_id, SALE.c.till_id == till_id)
        .order_by(SALE.c.recorded_at.desc(), SALE.c.sale_id.desc())
        .limit(limit)
    )
    return tuple(SaleFacts(*row) for row in rows)


def newest_recorded_at(session: Session, program_id: int) -> datetime | None:
    """Say when the last sale was recorded, by our clock."""
    newest: datetime | None = session.scalar(
        select(func.max(SALE.c.recorded_at)).where(SALE.c.program_id == program_id)
    )
    return newest


def sales_between(
    session: Session,
    program_id: int,
    *,
    since: datetime,
    until: datetime,
    store_id: UUID | None = None,
) -> tuple[SaleFacts, ...]:
    """List the sales recorded in a stretch of time, of one store or of all, oldest first."""
    statement = (
        select(*_SALE)
        .where(
            SALE.c.program_id == program_id,
            SALE.c.recorded_at >= since,
            SALE.c.recorded_at < until,
        )
        .order_by(SALE.c.recorded_at, SALE.c.sale_id)
    )
    if store_id is not None:
        statement = statement.where(SALE.c.store_id == store_id)
    return tuple(SaleFacts(*row) for row in session.execute(statement))
