"""Letting somebody else collect an order, and taking it back."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from loyalty.db.writes import rows_changed
from loyalty.kernel.ids import random_card_id
from loyalty.orders.change import locked_order, refuse_closed
from loyalty.orders.errors import OrderInvalidError
from loyalty.orders.queries import DELEGATE, DelegateFacts, delegates_of
from loyalty.orders.rules import NAME_LENGTH_MAX

DELEGATES_MAX: Final = 5


def add_delegate(
    session: Session, program_id: int, order_id: UUID, *, name: str, at: datetime
) -> DelegateFacts:
    """Make a code by which somebody else collects an order and sees nothing else.

    Errors: `NotFoundError`; `OrderStateError` when the order has ended; `OrderInvalidError`
    without a name or with five of them already.
    """
    refuse_closed(locked_order(session, program_id, order_id), at=at)
    name = name.strip()
    if not name or len(name) > NAME_LENGTH_MAX:
        raise OrderInvalidError(reason="contact")
    if len(delegates_of(session, program_id, order_id)) >= DELEGATES_MAX:
        raise OrderInvalidError(reason="delegates", delegates_max=DELEGATES_MAX)
    facts = DelegateFacts(random_card_id(), order_id, name, epoch=0, revoked_at=None)
    row = {column: getattr(facts, column) for column in DelegateFacts.__slots__}
    session.execute(insert(DELEGATE).values({**row, "program_id": program_id, "made_at": at}))
    return facts


def revoke_delegate(session: Session, program_id: int, code_subject: str, *, at: datetime) -> bool:
    """Take a delegate's code back; False when it was taken back before, or never was."""
    return bool(
        rows_changed(
            session,
            update(DELEGATE)
            .where(
                DELEGATE.c.program_id == program_id,
                DELEGATE.c.code_subject == code_subject,
                DELEGATE.c.revoked_at.is_(None),
            )
            .values(revoked_at=at),
        )
    )
