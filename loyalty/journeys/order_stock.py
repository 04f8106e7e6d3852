"""What an order's way means for the shelf, after its slots, and then for the points it holds."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.stock import MoveKind, Moves, move_stock
from loyalty.journeys.order_reward import follow_with_reward
from loyalty.journeys.tools import Tools
from loyalty.orders.change import Change


def follow_with_stock(session: Session, program_id: int, change: Change, *, tools: Tools) -> None:
    """Free what an act let go of, and take off the shelf what it gave; its reward follows.

    What nobody counted when it was ordered was not reserved: given now, it counts as sold.
    """
    _move(session, program_id, "released", change.freed, change.act_id, tools)
    _move(session, program_id, "handed_over", change.given, change.act_id, tools)
    _move(session, program_id, "sold", change.given_uncounted, change.act_id, tools)
    follow_with_reward(session, program_id, change, at=tools.clock.now())


def _move(
    session: Session,
    program_id: int,
    kind: MoveKind,
    quantities: Mapping[UUID, int],
    act_id: str,
    tools: Tools,
) -> None:
    if quantities:
        move_stock(session, program_id, Moves(kind, act_id, quantities, tools.clock.now()))
