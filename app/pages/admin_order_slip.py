"""The list of one order for paper: what to take along the shelves, and for whom."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from app.language import gettext
from app.pages.admin_order_words import amount_text, window_text
from app.text import money_text, recent_text
from loyalty.journeys.order_totals import due_minor
from loyalty.orders.queries import OrderFacts, lines_of
from loyalty.programs.queries import StoreFacts


@dataclass(frozen=True, slots=True)
class SlipRow:
    """One line to take."""

    amount: str
    name: str
    sku: str


@dataclass(frozen=True, slots=True)
class SlipPage:
    """Everything the list shows."""

    back_url: str
    store: str
    number: str
    who: str
    window: str
    note: str
    rows: tuple[SlipRow, ...]
    due: str
    printed: str


def slip_page(session: Session, store: StoreFacts, order: OrderFacts, *, now: datetime) -> SlipPage:
    """Lay out the list of an order; what is not there any more is left out."""
    lines = tuple(lines_of(session, store.program_id, order.order_id).values())
    return SlipPage(
        back_url=url_for("admin_orders.order", store_id=store.store_id, order_id=order.order_id),
        store=store.name,
        number=order.number,
        who=order.contact_name,
        window=window_text(order, store.time_zone, now=now),
        note=order.note,
        rows=tuple(
            SlipRow(amount_text(line.quantities.held, line.unit), line.name, line.sku)
            for line in lines
            if line.quantities.held
        ),
        due=money_text(due_minor(lines, discount_minor=order.discount_minor), order.currency),
        printed=gettext("Impreso %(when)s", when=recent_text(now, store.time_zone, now=now)),
    )
