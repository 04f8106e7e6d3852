"""Hold what tills were told was kept from their queues against what is there."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, exists, select
from sqlalchemy.orm import Session

from loyalty.orders.queries import HANDOFF
from loyalty.points.redemptions import REDEMPTION
from loyalty.programs.queues import EVENT
from loyalty.sales.queries import REFUND, SALE, TURN

KEPT = ("created", "duplicate")


@dataclass(frozen=True, slots=True)
class LostAct:
    """An act that a till was told is kept, and that is not there."""

    kind: str
    act_id: str
    seq: int


def lost_acts(session: Session, program_id: int) -> Iterator[LostAct]:
    """Find acts of queues that were acknowledged and are missing; there must be none."""
    for kind, act_id, program in (
        ("sale", SALE.c.sale_id, SALE.c.program_id),
        ("refund", REFUND.c.refund_id, REFUND.c.program_id),
        ("reassignment", TURN.c.reassignment_id, TURN.c.program_id),
        # A handoff is named by the sale that it recorded.
        ("handoff", HANDOFF.c.sale_id, HANDOFF.c.program_id),
        ("redemption", REDEMPTION.c.hold_id, REDEMPTION.c.program_id),
    ):
        yield from _lost(session, program_id, kind, act_id, program)


def _lost(
    session: Session, program_id: int, kind: str, act_id: Column[str], program: Column[int]
) -> Iterator[LostAct]:
    is_there = exists().where(program == program_id, act_id == EVENT.c.act_id)
    rows = session.execute(
        select(EVENT.c.act_id, EVENT.c.seq)
        .where(
            EVENT.c.program_id == program_id,
            EVENT.c.kind == kind,
            EVENT.c.result.in_(KEPT),
            ~is_there,
        )
        .order_by(EVENT.c.till_id, EVENT.c.queue_id, EVENT.c.seq)
    )
    for row in rows:
        yield LostAct(kind, row.act_id, row.seq)
