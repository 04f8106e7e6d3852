"""Every way a stock changes: one conditional statement each, and the reason beside it, once.

Rows are always taken in the order of their ids, so that two acts wait for each other and never
in a ring. An act that is done again changes nothing: its moves are there already.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from loyalty.catalog.errors import StockShortError
from loyalty.catalog.models import Stock, StockMove
from loyalty.db.writes import insert_new, is_postgresql, rows_changed, table_of
from loyalty.kernel.ids import new_id

STOCK: Final = table_of(Stock)
MOVE: Final = table_of(StockMove)

MoveKind = Literal["counted", "received", "sold", "returned", "reserved", "released", "handed_over"]
# What each kind does with a quantity: (to what is on hand, to what is reserved).
_SIGNS: Final[Mapping[MoveKind, tuple[int, int]]] = {
    "received": (1, 0),
    "sold": (-1, 0),
    "returned": (1, 0),
    "reserved": (0, 1),
    "released": (0, -1),
    "handed_over": (-1, -1),
}


@dataclass(frozen=True, slots=True)
class Moves:
    """One act's changes: thousandths by product, why, and under which id it is done once."""

    kind: MoveKind
    act_id: str
    quantities: Mapping[UUID, int]
    at: datetime


def total_by_product(lines: Iterable[tuple[UUID, int]]) -> dict[UUID, int]:
    """Add up the quantities of lines that name the same product."""
    totals: Counter[UUID] = Counter()
    for product_id, quantity_milli in lines:
        totals[product_id] += quantity_milli
    return dict(totals)


def count_stock(
    session: Session, program_id: int, counted: Mapping[UUID, int], *, act_id: str, at: datetime
) -> None:
    """Set what is on hand to what somebody counted; what is reserved stays reserved.

    A few statements, however many products: a spreadsheet counts a whole shop.
    """
    if not counted:
        return
    key = {"program_id": program_id, "on_hand_milli": 0, "reserved_milli": 0, "changed_at": at}
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    ids = sorted(counted)
    session.execute(
        insert(STOCK).on_conflict_do_nothing(), [{**key, "product_id": one} for one in ids]
    )
    before: dict[UUID, int] = {
        row.product_id: row.on_hand_milli
        for row in session.execute(
            select(STOCK.c.product_id, STOCK.c.on_hand_milli)
            .where(STOCK.c.program_id == program_id, STOCK.c.product_id.in_(ids))
            .order_by(STOCK.c.product_id)
            .with_for_update()
        )
    }
    moves = [
        _move(program_id, one, "counted", (counted[one] - before[one], 0), act_id=act_id, at=at)
        for one in ids
    ]
    noted = session.scalars(
        insert(MOVE).on_conflict_do_nothing().returning(MOVE.c.product_id), moves
    )
    changed = [
        {"changed_product": one, "delta": counted[one] - before[one]} for one in sorted(noted)
    ]
    if changed:
        session.execute(
            update(STOCK)
            .where(
                STOCK.c.program_id == program_id, STOCK.c.product_id == bindparam("changed_product")
            )
            .values(on_hand_milli=STOCK.c.on_hand_milli + bindparam("delta"), changed_at=at),
            changed,
        )


def move_stock(session: Session, program_id: int, moves: Moves) -> tuple[UUID, ...]:
    """Change the stock of every counted product an act names; uncounted ones are left alone.

    Gives the products of which less is there than is reserved since: only a sale can do that.
    Errors: `StockShortError` when an order would reserve more than is there.
    """
    signs = _SIGNS[moves.kind]
    short: list[UUID] = []
    for product_id in sorted(moves.quantities):
        quantity = moves.quantities[product_id]
        assert quantity > 0, "an act moves something"
        deltas = (signs[0] * quantity, signs[1] * quantity)
        if not _is_counted(session, program_id, product_id):
            continue
        if not _note(
            session, program_id, product_id, moves.kind, deltas, act_id=moves.act_id, at=moves.at
        ):
            continue
        if moves.kind == "reserved":
            _reserve(session, program_id, product_id, quantity, at=moves.at)
        else:
            _change(session, program_id, product_id, deltas, at=moves.at)
        if moves.kind == "sold" and available_of(session, program_id, product_id) < 0:
            short.append(product_id)
    return tuple(short)


def available_of(session: Session, program_id: int, product_id: UUID) -> int:
    """Say how many thousandths nobody has reserved; below zero when a till sold reserved ones."""
    return int(
        session.execute(
            select(STOCK.c.on_hand_milli - STOCK.c.reserved_milli).where(
                *_row(program_id, product_id)
            )
        ).scalar_one()
    )


def _reserve(
    session: Session, program_id: int, product_id: UUID, quantity: int, *, at: datetime
) -> None:
    taken = rows_changed(
        session,
        update(STOCK)
        .where(
            *_row(program_id, product_id),
            STOCK.c.on_hand_milli - STOCK.c.reserved_milli >= quantity,
        )
        .values(reserved_milli=STOCK.c.reserved_milli + quantity, changed_at=at),
    )
    if not taken:
        left = available_of(session, program_id, product_id)
        raise StockShortError(product_id=str(product_id), available_milli=max(0, left))


def _change(
    session: Session, program_id: int, product_id: UUID, deltas: tuple[int, int], *, at: datetime
) -> None:
    changed = rows_changed(
        session,
        update(STOCK)
        .where(*_row(program_id, product_id))
        .values(
            on_hand_milli=STOCK.c.on_hand_milli + deltas[0],
            reserved_milli=STOCK.c.reserved_milli + deltas[1],
            changed_at=at,
        ),
    )
    assert changed == 1, "a counted product has a stock"


def _note(
    session: Session,
    program_id: int,
    product_id: UUID,
    kind: MoveKind,
    deltas: tuple[int, int],
    *,
    act_id: str,
    at: datetime,
) -> bool:
    """Write the reason down; false when this act has moved this product before."""
    move = _move(program_id, product_id, kind, deltas, act_id=act_id, at=at)
    return insert_new(session, StockMove, move)


def _move(
    program_id: int,
    product_id: UUID,
    kind: MoveKind,
    deltas: tuple[int, int],
    *,
    act_id: str,
    at: datetime,
) -> dict[str, object]:
    return {
        "program_id": program_id,
        "move_id": new_id(at),
        "product_id": product_id,
        "kind": kind,
        "on_hand_delta": deltas[0],
        "reserved_delta": deltas[1],
        "act_id": act_id,
        "at": at,
    }


def _is_counted(session: Session, program_id: int, product_id: UUID) -> bool:
    # Locked on PostgreSQL until the act ends, as SQLite's one writer does for everything.
    found = session.execute(
        select(STOCK.c.product_id).where(*_row(program_id, product_id)).with_for_update()
    )
    return found.one_or_none() is not None


def _row(program_id: int, product_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (STOCK.c.program_id == program_id, STOCK.c.product_id == product_id)
