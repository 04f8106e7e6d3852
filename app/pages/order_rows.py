"""A shopper's orders in a line each, for the card and its history."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for

from app.language import gettext
from app.links import LinkPurpose
from app.pages.goods_words import window_text
from app.text import money_text
from app.wiring import services
from loyalty.journeys.member_orders import MemberOrder
from loyalty.orders.rules import OrderState


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order of a shopper, and the way to its page."""

    title: str
    state: str
    when: str
    total: str
    href: str
    is_ready: bool


def order_lines(orders: Iterable[MemberOrder], *, zone: str) -> tuple[OrderLine, ...]:
    """Write orders in a line each."""
    now = services().tools.clock.now()
    return tuple(
        OrderLine(
            title=gettext("Pedido %(number)s", number=each.order.number),
            state=state_word(each.state),
            when=window_text(each.order.slot_starts_at, each.order.slot_ends_at, zone, now=now),
            total=money_text(each.order.total_minor, each.order.currency),
            href=_href(each),
            is_ready=each.state is OrderState.READY,
        )
        for each in orders
    )


def state_word(state: OrderState) -> str:
    """Say in a word or two how an order stands."""
    words = {
        OrderState.PLACED: gettext("Por confirmar"),
        OrderState.ACCEPTED: gettext("En preparación"),
        OrderState.READY: gettext("Listo para recoger"),
        OrderState.DONE: gettext("Recogido"),
        OrderState.CANCELED: gettext("Cancelado"),
        OrderState.MISSED: gettext("No se recogió"),
    }
    return words[state]


def _href(each: MemberOrder) -> str:
    payload = {"program_id": each.order.program_id, "order_id": str(each.order.order_id)}
    token = services().links.sign(LinkPurpose.ORDER, payload)
    return url_for("order.order", token=token)
