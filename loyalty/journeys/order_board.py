"""What stands on a store's board: new orders, what is prepared, what waits, what fell away."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.orders.board import Fallen, LastAct, fallen_orders, last_acts
from loyalty.orders.queries import LineFacts, OrderFacts, lines_of_orders, open_orders
from loyalty.orders.rules import OPEN, OrderState
from loyalty.programs.queries import staff_by_id

FALLEN_FOR: Final = timedelta(hours=12)
# Whoever picks for a later time would pick twice: until then it waits aside.
SOON: Final = timedelta(hours=2)
STAFF: Final = "staff:"


@dataclass(frozen=True, slots=True)
class BoardOrder:
    """An open order with its lines; `state` is how it stands by the clock."""

    order: OrderFacts
    lines: tuple[LineFacts, ...]
    is_late: bool

    @property
    def is_begun(self) -> bool:
        """Whether somebody has put something of it into a bag, or said that it is not there."""
        return any(
            line.quantities.prepared or line.quantities.canceled or line.quantities.completed
            for line in self.lines
        )


@dataclass(frozen=True, slots=True)
class Board:
    """The columns of a board; in each one, what is late stands first and then the soonest."""

    new: tuple[BoardOrder, ...]
    preparing: tuple[BoardOrder, ...]
    later: tuple[BoardOrder, ...]
    ready: tuple[BoardOrder, ...]
    fallen: tuple[Fallen, ...]


def order_board(session: Session, program_id: int, store_id: UUID, *, now: datetime) -> Board:
    """Sort a store's open orders by what has to be done with them, and list what fell away."""
    orders = [
        order for order in open_orders(session, program_id, store_id) if order.state_at(now) in OPEN
    ]
    lines = lines_of_orders(session, program_id, [order.order_id for order in orders])
    known = [
        BoardOrder(order, lines[order.order_id], is_late=is_late(order, now)) for order in orders
    ]
    known.sort(key=lambda one: (not one.is_late, one.order.slot_starts_at, one.order.placed_at))
    accepted = [one for one in known if one.order.state is OrderState.ACCEPTED]
    now_due = [one for one in accepted if one.is_begun or one.order.slot_starts_at <= now + SOON]
    fallen = fallen_orders(session, program_id, store_id, since=now - FALLEN_FOR)
    return Board(
        new=tuple(one for one in known if one.order.state is OrderState.PLACED),
        preparing=tuple(now_due),
        later=tuple(one for one in accepted if one not in now_due),
        ready=tuple(one for one in known if one.order.state is OrderState.READY),
        fallen=tuple(one for one in fallen if _concerns(one)),
    )


def is_late(order: OrderFacts, now: datetime) -> bool:
    """Say whether its time has come: begun before it is ready, or over before it is collected."""
    due = order.slot_ends_at if order.state is OrderState.READY else order.slot_starts_at
    return now >= due


def open_count(session: Session, program_id: int, store_id: UUID, *, now: datetime) -> int:
    """Count the orders that a store still has to do with."""
    found = open_orders(session, program_id, store_id)
    return sum(order.state_at(now) in OPEN for order in found)


@dataclass(frozen=True, slots=True)
class LastSaid:
    """Who changed an order last; `name` is "" for nobody of the staff."""

    act: LastAct
    name: str
    staff_id: UUID | None


def last_said(session: Session, program_id: int, order_id: UUID) -> LastSaid | None:
    """Say who changed an order last, by name when it was one of the staff."""
    act = last_acts(session, program_id, [order_id]).get(order_id)
    if act is None:
        return None
    if not act.actor.startswith(STAFF):
        return LastSaid(act, "", None)
    person = staff_by_id(session, program_id, UUID(act.actor.removeprefix(STAFF)))
    return (
        LastSaid(act, person.display_name, person.staff_id) if person else LastSaid(act, "", None)
    )


def _concerns(fallen: Fallen) -> bool:
    """Say whether the store's people have to know: not of what they canceled themselves.

    What a shopper takes back before anybody accepted it costs nobody a step.
    """
    if fallen.last.actor.startswith(STAFF):
        return False
    return fallen.order.accepted_at is not None or fallen.last.actor != "shopper"
