"""The last things a till did, so that a slip can be undone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.sale_points import earned_by_all
from loyalty.journeys.shown_card import person_short
from loyalty.journeys.tools import Tools
from loyalty.kernel.money import Money
from loyalty.orders.hand_off import SALE_PREFIX
from loyalty.orders.queries import numbers_of_sales
from loyalty.points.earning.receipts import Left
from loyalty.programs.queries import StoreFacts, stores_of
from loyalty.programs.rules import local_day
from loyalty.sales.queries import (
    SaleFacts,
    TurnFacts,
    current_turns,
    refunded_of,
    sales_of_till,
)

ActionState = Literal["sold", "refunded", "part_refunded", "moved", "without_card"]


@dataclass(frozen=True, slots=True)
class TillAction:
    """One sale of this till and what became of it; `left_minor` can still be refunded.

    `order_number` is that of the order whose handoff recorded the sale.
    """

    sale_id: str
    total_minor: int
    left_minor: int
    currency: str
    sold_at: datetime
    recorded_at: datetime
    has_card: bool
    display_name: str | None
    points: int
    state: ActionState
    undoable: bool
    order_number: str | None = None


def last_actions(
    session: Session, program_id: int, till_id: UUID, *, tools: Tools, limit: int = 20
) -> tuple[TillAction, ...]:
    """List the last sales of a till, newest first, with what became of each."""
    sales = sales_of_till(session, program_id, till_id, limit=limit)
    ids = [sale.sale_id for sale in sales]
    turns = current_turns(session, program_id, ids)
    refunded = refunded_of(session, program_id, ids)
    stores = {store.store_id: store for store in stores_of(session, program_id)}
    zones = {store_id: store.time_zone for store_id, store in stores.items()}
    earned = earned_by_all(session, program_id, sales, turns, time_zones=zones)
    now = tools.clock.now()
    handed = [sale_id for sale_id in ids if sale_id.startswith(SALE_PREFIX)]
    numbers = numbers_of_sales(session, program_id, handed) if handed else {}
    return tuple(
        _action(
            session,
            sale,
            turns[sale.sale_id],
            left=Money(sale.total_minor - refunded.get(sale.sale_id, 0), sale.currency),
            earned=earned.get(sale.sale_id),
            is_today=_same_day(sale, stores[sale.store_id], now),
            order_number=numbers.get(sale.sale_id),
        )
        for sale in sales
    )


def _action(
    session: Session,
    sale: SaleFacts,
    turn: TurnFacts,
    *,
    left: Money,
    earned: Left | None,
    is_today: bool,
    order_number: str | None,
) -> TillAction:
    card_id = turn.card_id
    person = None if card_id is None else person_short(session, sale.program_id, card_id)
    return TillAction(
        sale_id=sale.sale_id,
        total_minor=sale.total_minor,
        left_minor=left.minor,
        currency=sale.currency,
        sold_at=sale.sold_at,
        recorded_at=sale.recorded_at,
        has_card=card_id is not None,
        display_name=None if person is None else person.display_name,
        points=0 if earned is None else earned.points(earned.before),
        state=_state(sale, turn, left),
        undoable=is_today and (left.minor > 0 or sale.total_minor == 0),
        order_number=order_number,
    )


def _state(sale: SaleFacts, turn: TurnFacts, left: Money) -> ActionState:
    if left.minor < sale.total_minor:
        return "part_refunded" if left.minor > 0 else "refunded"
    if turn.card_id is None:
        return "without_card"
    return "sold" if turn.turn == 0 else "moved"


def _same_day(sale: SaleFacts, store: StoreFacts, now: datetime) -> bool:
    return local_day(sale.recorded_at, store.time_zone) == local_day(now, store.time_zone)
