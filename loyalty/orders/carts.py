"""What a browser has put aside: kept line by line, so that two of its tabs lose nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, func, insert, select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import hold, insert_new, rows_changed, table_of
from loyalty.kernel.ids import new_id
from loyalty.orders.errors import OrderInvalidError
from loyalty.orders.models import Cart, CartLine
from loyalty.orders.rules import LINES_MAX

CART: Final = table_of(Cart)
CART_LINE: Final = table_of(CartLine)


@dataclass(frozen=True, slots=True)
class CartPlace:
    """Whose cart and where: a browser has one in each store."""

    program_id: int
    cart_id: UUID
    store_id: UUID


@dataclass(frozen=True, slots=True)
class CartFacts:
    """A cart as it stands: thousandths by product, in the order they were put in."""

    order_id: UUID
    visit_id: UUID | None
    lines: dict[UUID, int]


def cart_at(session: Session, place: CartPlace) -> CartFacts | None:
    """Look into a cart; None for one that was never used."""
    row = session.execute(
        select(CART.c.order_id, CART.c.visit_id).where(*_of(CART, place))
    ).one_or_none()
    if row is None:
        return None
    lines = session.execute(
        select(CART_LINE.c.product_id, CART_LINE.c.quantity_milli)
        .where(*_of(CART_LINE, place))
        .order_by(CART_LINE.c.put_at, CART_LINE.c.product_id)
    )
    found = {line.product_id: line.quantity_milli for line in lines}
    return CartFacts(row.order_id, row.visit_id, found)


def change_line(
    session: Session,
    place: CartPlace,
    product_id: UUID,
    *,
    by_milli: int,
    most_milli: int | None,
    at: datetime,
    visit_id: UUID | None = None,
) -> int:
    """Put more or less of a product into a cart, never more than `most_milli`.

    Gives how much of it is in there now. Errors: `OrderInvalidError` with too many lines.
    """
    now_in = _touched(session, place, at=at, visit_id=visit_id).lines.get(product_id, 0)
    wanted = max(0, now_in + by_milli)
    if most_milli is not None and by_milli > 0:
        # What is in there already stays: only an order says that it is too much.
        wanted = max(min(wanted, most_milli), now_in)
    _write(session, place, product_id, now_in, wanted, at=at)
    return wanted


def set_line(
    session: Session, place: CartPlace, product_id: UUID, *, quantity_milli: int, at: datetime
) -> None:
    """Say how much of a product is in a cart; 0 takes it out."""
    assert quantity_milli >= 0, "nobody wants less than nothing"
    now_in = _touched(session, place, at=at, visit_id=None).lines.get(product_id, 0)
    _write(session, place, product_id, now_in, quantity_milli, at=at)


def empty_cart(session: Session, place: CartPlace, *, at: datetime) -> None:
    """Take everything out after it was ordered; the next order is another one."""
    session.execute(delete(CART_LINE).where(*_of(CART_LINE, place)))
    session.execute(
        update(CART).where(*_of(CART, place)).values(order_id=new_id(at), changed_at=at)
    )


def hold_cart(session: Session, place: CartPlace) -> None:
    """Let one act at a time change a cart, until this act ends."""
    hold(session, "cart", place.program_id, f"{place.cart_id}/{place.store_id}")


def forget_carts(session: Session, program_id: int, *, before: datetime) -> None:
    """Drop carts that nobody has touched for long."""
    old = (CART.c.program_id == program_id, CART.c.changed_at < before)
    untouched = session.execute(select(CART.c.cart_id, CART.c.store_id).where(*old)).all()
    for cart_id, store_id in untouched:
        place = CartPlace(program_id, cart_id, store_id)
        hold_cart(session, place)
        dropped = session.execute(
            select(CART.c.cart_id).where(*_of(CART, place), CART.c.changed_at < before)
        ).one_or_none()
        if dropped is not None:
            session.execute(delete(CART_LINE).where(*_of(CART_LINE, place)))
            session.execute(delete(CART).where(*_of(CART, place)))


def _touched(
    session: Session, place: CartPlace, *, at: datetime, visit_id: UUID | None
) -> CartFacts:
    hold_cart(session, place)
    row = {"program_id": place.program_id, "cart_id": place.cart_id, "store_id": place.store_id}
    made = {**row, "order_id": new_id(at), "visit_id": visit_id, "changed_at": at}
    if not insert_new(session, Cart, made):
        session.execute(update(CART).where(*_of(CART, place)).values(changed_at=at))
    found = cart_at(session, place)
    assert found is not None, "it was just made"
    return found


def _write(
    session: Session, place: CartPlace, product_id: UUID, now_in: int, wanted: int, *, at: datetime
) -> None:
    mine = (*_of(CART_LINE, place), CART_LINE.c.product_id == product_id)
    if wanted == now_in:
        return
    if wanted == 0:
        session.execute(delete(CART_LINE).where(*mine))
        return
    if rows_changed(session, update(CART_LINE).where(*mine).values(quantity_milli=wanted)):
        return
    count = select(func.count()).select_from(CART_LINE).where(*_of(CART_LINE, place))
    if session.execute(count).scalar_one() >= LINES_MAX:
        raise OrderInvalidError(reason="too_many_lines", lines_max=LINES_MAX)
    session.execute(
        insert(CART_LINE).values(
            program_id=place.program_id,
            cart_id=place.cart_id,
            store_id=place.store_id,
            product_id=product_id,
            quantity_milli=wanted,
            put_at=at,
        )
    )


def _of(table: Table, place: CartPlace) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.program_id == place.program_id,
        table.c.cart_id == place.cart_id,
        table.c.store_id == place.store_id,
    )
