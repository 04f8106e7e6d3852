"""Whoever ordered is told what became of it, in the same act; told again, nothing is sent."""

import json
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.rules import MILLI
from loyalty.journeys.order_reward import reward_name
from loyalty.journeys.order_totals import due_minor, line_total
from loyalty.journeys.tools import Tools
from loyalty.orders.change import Change
from loyalty.orders.queries import LineFacts, OrderFacts, lines_of, order_by_id
from loyalty.orders.reschedules import reschedules_of
from loyalty.orders.rules import OrderState
from loyalty.outbox.post import post_mail
from loyalty.outbox.rules import Topic
from loyalty.programs.queries import store_by_id

SHOPPER = "shopper"
CLOCK = "clock"


def tell_change(
    session: Session, change: Change, *, actor: str, reason: str = "", tools: Tools
) -> None:
    """Tell what an act did to an order, if it did anything worth a mail.

    Accepting and picking are seen on the order's page; what was called off, missed or is ready
    is told.
    """
    topics = {
        OrderState.READY: Topic.ORDER_READY,
        OrderState.CANCELED: Topic.ORDER_CANCELED,
        OrderState.MISSED: Topic.ORDER_MISSED,
    }
    if change.is_new and change.order.state in topics:
        topic = topics[change.order.state]
        tell_shopper(session, change.order, topic, actor=actor, reason=reason, tools=tools)


def tell_shopper(
    session: Session,
    order: OrderFacts,
    topic: Topic,
    *,
    actor: str = "",
    reason: str = "",
    tools: Tools,
) -> UUID | None:
    """Post a mail about an order as it stands in this act; None for who left no address.

    The spoken code is not among the facts: whoever writes the mail derives it.
    """
    store = store_by_id(session, order.program_id, order.store_id)
    if not order.contact_email or store is None:
        return None
    # What its reward takes off may have changed in this very act.
    if order.hold_id is not None:
        order = order_by_id(session, order.program_id, order.order_id) or order
    lines = tuple(lines_of(session, order.program_id, order.order_id).values())
    moved = len(reschedules_of(session, order.program_id, order.order_id))
    is_over = topic in {Topic.ORDER_CANCELED, Topic.ORDER_MISSED}
    facts: dict[str, str | int] = {
        "order_id": str(order.order_id),
        "store_name": store.name,
        "street": store.street,
        "zone": store.time_zone,
        "number": order.number,
        "name": order.contact_name,
        "starts_at": order.slot_starts_at.isoformat(),
        "ends_at": order.slot_ends_at.isoformat(),
        "change_until": order.change_until.isoformat(),
        "collect_by": order.collect_by.isoformat(),
        "due_minor": due_minor(lines, discount_minor=order.discount_minor),
        "currency": order.currency,
        "lines": json.dumps(
            [*(_line(line) for line in lines), *_reward(session, order)], ensure_ascii=False
        ),
        "turn": moved + is_over,
        "by": actor if actor in {SHOPPER, CLOCK} else "store",
        "reason": reason,
    }
    return post_mail(
        session,
        order.program_id,
        topic=topic,
        language=order.language,
        recipient=order.contact_email,
        facts=facts,
        subject_kind="member" if order.member_id else "order",
        subject_id=str(order.member_id or order.order_id),
        at=tools.clock.now(),
    )


def _reward(session: Session, order: OrderFacts) -> list[list[str | int]]:
    """Write the reward of an order down as a line of its own, as long as it takes something off."""
    name = reward_name(session, order)
    if name is None or order.discount_minor == 0:
        return []
    return [[name, "piece", MILLI, MILLI, -order.discount_minor]]


def _line(line: LineFacts) -> list[str | int]:
    """Write a line down: name, unit, ordered, still to be had, price of that."""
    left = line.quantities.held + line.quantities.completed
    return [line.name, line.unit, line.ordered_milli, left, line_total(line, left)]
