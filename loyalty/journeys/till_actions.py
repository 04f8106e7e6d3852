"""The last things a till did, so that a slip can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.sale_goods import goods_of_sale
from loyalty.journeys.sale_points import earned_by_all
from loyalty.journeys.shown_card import person_short
from loyalty.journeys.tools import Tools
from loyalty.orders.hand_off import SALE_PREFIX
from loyalty.orders.queries import numbers_of_sales
from loyalty.points.earning.receipts import Left
from loyalty.programs.queries import StoreFacts, stores_of
from loyalty.programs.rules import local_day
from loyalty.sales.parts import parts_of_sales
from loyalty.sales.queries import (
    SaleFacts,
    TurnFacts,
    current_turns,
    refunded_of,
    refunds_of,
    sales_of_till,
)

ActionState = Literal["sold", "refunded", "part_refunded", "moved", "without_card"]


@dataclass(frozen=True, slots=True)
class TillAction:
    """One sale of this till and what became of it; `left_minor` can still be refunded.

    `order_number` is that of the order whose handoff recorded the sale. `parts` says how many
    things of it could come back by themselves; 0 when only its amount is known.
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
    parts: int = 0


@dataclass(frozen=True, slots=True)
class _Back:
    """What came back of a sale: whether any refund was made, and whether nothing is left."""

    is_some: bool
    is_all: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What became of a sale, from the rooms that know a part of it."""

    turn: TurnFacts
    left_minor: int
    back: _Back
    earned: Left | None
    is_today: bool
    order_number: str | None
    parts: int


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
    parts = parts_of_sales(session, program_id, ids) if ids else {}
    free = [sale.sale_id for sale in sales if sale.total_minor == 0]
    free_back = _free_back(session, program_id, free) if free else {}
    return tuple(
        _action(
            session,
            sale,
            _Known(
                turn=turns[sale.sale_id],
                left_minor=left,
                back=free_back.get(sale.sale_id)
                or _Back(is_some=left < sale.total_minor, is_all=left == 0 < sale.total_minor),
                earned=earned.get(sale.sale_id),
                is_today=_same_day(sale, stores[sale.store_id], now),
                order_number=numbers.get(sale.sale_id),
                parts=parts.get(sale.sale_id, 0),
            ),
        )
        for sale in sales
        for left in [sale.total_minor - refunded.get(sale.sale_id, 0)]
    )


def _free_back(session: Session, program_id: int, sale_ids: Sequence[str]) -> dict[str, _Back]:
    """Say what came back of sales that cost no money: their goods, or all when none were told."""
    refunded = {refund.sale_id for refund in refunds_of(session, program_id, sale_ids)}
    return {
        sale_id: _Back(is_some=True, is_all=goods.is_all_back or not goods.lines)
        for sale_id in refunded
        for goods in [goods_of_sale(session, program_id, sale_id)]
    }


def _action(session: Session, sale: SaleFacts, known: _Known) -> TillAction:
    card_id, earned = known.turn.card_id, known.earned
    person = None if card_id is None else person_short(session, sale.program_id, card_id)
    return TillAction(
        sale_id=sale.sale_id,
        total_minor=sale.total_minor,
        left_minor=known.left_minor,
        currency=sale.currency,
        sold_at=sale.sold_at,
        recorded_at=sale.recorded_at,
        has_card=card_id is not None,
        display_name=None if person is None else person.display_name,
        points=0 if earned is None else earned.points(earned.before),
        state=_state(known.turn, known.back),
        undoable=known.is_today and not known.back.is_all,
        order_number=known.order_number,
        parts=known.parts,
    )


def _state(turn: TurnFacts, back: _Back) -> ActionState:
    if back.is_some:
        return "refunded" if back.is_all else "part_refunded"
    if turn.card_id is None:
        return "without_card"
    return "sold" if turn.turn == 0 else "moved"


def _same_day(sale: SaleFacts, store: StoreFacts, now: datetime) -> bool:
    return local_day(sale.recorded_at, store.time_zone) == local_day(now, store.time_zone)
