"""What somebody ordered: for their own card, and for their page at the shop."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.contract_links import unlinked_orders
from loyalty.journeys.tools import Tools
from loyalty.orders.endings import Ending, ending_of
from loyalty.orders.of_members import (
    everybody_named_for,
    handed_at_of,
    handoffs_of_orders,
    orders_of_members,
)
from loyalty.orders.origins import Origin, origins_of
from loyalty.orders.queries import (
    DelegateFacts,
    HandoffFacts,
    LineFacts,
    OrderFacts,
    lines_of_orders,
)
from loyalty.orders.rules import OPEN, OrderState
from loyalty.programs.sessions import BrowserFacts


@dataclass(frozen=True, slots=True)
class MemberOrder:
    """An order of a person; `ending` says who let go of it, `handed_at` when it was given."""

    order: OrderFacts
    state: OrderState
    handed_at: datetime | None
    ending: Ending | None
    origin: Origin | None

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its person."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class OrderStory:
    """An order with its lines, who else was to collect it, and how it was handed over."""

    told: MemberOrder
    lines: tuple[LineFacts, ...]
    delegates: tuple[DelegateFacts, ...]
    handoffs: tuple[HandoffFacts, ...]


def orders_of_card(
    session: Session, shopper: BrowserFacts, *, tools: Tools
) -> tuple[MemberOrder, ...]:
    """List the orders of whoever holds this phone's card, the newest first."""
    owner = owner_of(session, shopper)
    now = tools.clock.now()
    return member_orders(session, owner.program_id, owner.member_ids, at=now)


def member_orders(
    session: Session, program_id: int, member_ids: Collection[UUID], *, at: datetime | None = None
) -> tuple[MemberOrder, ...]:
    """List a person's orders, the newest first; `at` judges them by the clock, too.

    One that somebody separated from the card it was placed with is nobody's.
    """
    known = orders_of_members(session, program_id, member_ids)
    apart = unlinked_orders(session, program_id, [order.order_id for order in known])
    orders = [order for order in known if order.order_id not in apart]
    ids = [order.order_id for order in orders]
    handed = handed_at_of(session, program_id, ids) if ids else {}
    origins = origins_of(session, program_id, ids) if ids else {}
    ended = {OrderState.CANCELED, OrderState.MISSED}
    return tuple(
        MemberOrder(
            order=order,
            state=order.state_at(at) if at is not None else order.state,
            handed_at=handed.get(order.order_id),
            ending=ending_of(session, program_id, order.order_id) if order.state in ended else None,
            origin=origins.get(order.order_id),
        )
        for order in orders
    )


def tell_orders(
    session: Session, program_id: int, orders: Collection[MemberOrder]
) -> tuple[OrderStory, ...]:
    """Tell everything that is kept of some orders."""
    ids = [one.order.order_id for one in orders]
    lines = lines_of_orders(session, program_id, ids)
    delegates = everybody_named_for(session, program_id, ids)
    handoffs = handoffs_of_orders(session, program_id, ids)
    return tuple(
        OrderStory(
            told=one,
            lines=lines[one.order.order_id],
            delegates=tuple(each for each in delegates if each.order_id == one.order.order_id),
            handoffs=tuple(each for each in handoffs if each.order_id == one.order.order_id),
        )
        for one in orders
    )
