"""The orders of a person's memberships, and how long their contact is kept."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import rows_changed
from loyalty.orders.queries import (
    DELEGATE,
    HANDOFF,
    ORDER,
    DelegateFacts,
    HandoffFacts,
    OrderFacts,
    order_by_id,
)
from loyalty.orders.rules import OPEN


def orders_of_members(
    session: Session, program_id: int, member_ids: Collection[UUID], *, limit: int = 50
) -> tuple[OrderFacts, ...]:
    """List the latest orders of some memberships, the newest first."""
    ids = session.scalars(
        select(ORDER.c.order_id)
        .where(ORDER.c.program_id == program_id, ORDER.c.member_id.in_(sorted(member_ids)))
        .order_by(ORDER.c.placed_at.desc(), ORDER.c.order_id.desc())
        .limit(limit)
    ).all()
    found = (order_by_id(session, program_id, order_id) for order_id in ids)
    return tuple(order for order in found if order is not None)


def open_orders_sign(session: Session, program_id: int, member_id: UUID) -> str:
    """Give a short text that changes with the open orders of a membership; "" without any."""
    rows = session.execute(
        select(ORDER.c.number, ORDER.c.state, ORDER.c.slot_starts_at)
        .where(
            ORDER.c.program_id == program_id,
            ORDER.c.member_id == member_id,
            ORDER.c.state.in_(sorted(OPEN)),
        )
        .order_by(ORDER.c.order_id)
    )
    return "".join(
        f"-{row.number}{row.state[:1]}{int(row.slot_starts_at.timestamp()):x}" for row in rows
    )


def handed_at_of(
    session: Session, program_id: int, order_ids: Collection[UUID]
) -> dict[UUID, datetime]:
    """Say when some orders were handed over first; those that were not are left out."""
    rows = session.execute(
        select(HANDOFF.c.order_id, HANDOFF.c.at)
        .where(HANDOFF.c.program_id == program_id, HANDOFF.c.order_id.in_(sorted(order_ids)))
        .order_by(HANDOFF.c.at.desc())
    )
    return {row.order_id: row.at for row in rows}


def everybody_named_for(
    session: Session, program_id: int, order_ids: Collection[UUID]
) -> tuple[DelegateFacts, ...]:
    """List who else was to collect some orders, also whose code was taken back."""
    rows = session.execute(
        select(*(DELEGATE.c[name] for name in DelegateFacts.__slots__))
        .where(DELEGATE.c.program_id == program_id, DELEGATE.c.order_id.in_(sorted(order_ids)))
        .order_by(DELEGATE.c.made_at, DELEGATE.c.code_subject)
    )
    return tuple(DelegateFacts(*row) for row in rows)


def handoffs_of_orders(
    session: Session, program_id: int, order_ids: Collection[UUID]
) -> tuple[HandoffFacts, ...]:
    """List how some orders were handed over, the first one first."""
    rows = session.execute(
        select(*(HANDOFF.c[name] for name in HandoffFacts.__slots__))
        .where(HANDOFF.c.program_id == program_id, HANDOFF.c.order_id.in_(sorted(order_ids)))
        .order_by(HANDOFF.c.at, HANDOFF.c.handoff_id)
    )
    return tuple(HandoffFacts(*row) for row in rows)


def forget_contacts(session: Session, program_id: int, *, before: datetime) -> int:
    """Forget who collected orders that ended before a moment; says of how many.

    What was ordered and handed over stays: it is the shop's record of a sale.
    """
    old = (
        ORDER.c.program_id == program_id,
        ORDER.c.ended_at < before,
        ORDER.c.contact_name != "",
    )
    ids = select(ORDER.c.order_id).where(*old).scalar_subquery()
    session.execute(
        update(DELEGATE)
        .where(DELEGATE.c.program_id == program_id, DELEGATE.c.order_id.in_(ids))
        .values(name="")
    )
    return rows_changed(
        session,
        # The hash is of the contact too: short texts are guessed from it.
        update(ORDER)
        .where(*old)
        .values(contact_name="", contact_email="", contact_phone="", note="", request_hash=""),
    )
