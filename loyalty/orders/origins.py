"""Where orders came from: the channel of the visit they were placed in, without the visit."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, table_of
from loyalty.orders.models import OrderOrigin

ORIGIN: Final = table_of(OrderOrigin)


@dataclass(frozen=True, slots=True)
class Origin:
    """What brought somebody who ordered."""

    channel: str
    source: str = ""
    campaign: str = ""


def note_origin(session: Session, program_id: int, order_id: UUID, origin: Origin) -> None:
    """Keep where an order came from; the first told stays."""
    key = {"program_id": program_id, "order_id": order_id}
    told = {name: getattr(origin, name) for name in Origin.__slots__}
    insert_new(session, OrderOrigin, {**key, **told})


def origins_of(
    session: Session, program_id: int, order_ids: Collection[UUID]
) -> dict[UUID, Origin]:
    """Say where some orders came from; those that nobody knows of are left out."""
    rows = session.execute(
        select(ORIGIN).where(
            ORIGIN.c.program_id == program_id, ORIGIN.c.order_id.in_(sorted(order_ids))
        )
    )
    return {row.order_id: Origin(row.channel, row.source, row.campaign) for row in rows}
