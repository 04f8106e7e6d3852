"""What a reward takes off an order, kept with the order so that nobody has to ask the ledger."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty.orders.queries import ORDER


def note_discount(
    session: Session,
    program_id: int,
    order_id: UUID,
    *,
    left_minor: int,
    taken_minor: int | None = None,
) -> None:
    """Note what still comes off a locked order, and what came off when it was handed over."""
    values = {"discount_minor": left_minor}
    if taken_minor is not None:
        values["discount_taken_minor"] = taken_minor
    session.execute(
        update(ORDER)
        .where(ORDER.c.program_id == program_id, ORDER.c.order_id == order_id)
        .values(values)
    )
