"""What the page of one order shows to whoever prepares it, and the times it can be moved to."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext
from app.pages.admin_amounts import text_from_milli
from app.pages.admin_order_tickets import (
    Chip,
    Notice,
    TicketLine,
    late_chip,
    notice_of,
    ticket_line,
)
from app.pages.admin_order_words import (
    amount_text,
    missing_text,
    passed_text,
    state_word,
    truth_text,
    window_text,
)
from app.pages.admin_orders_page import BoardFrame, board_frame
from app.pages.admin_product_words import quantity_text
from app.text import clock_text, money_text, short_day_text
from loyalty.journeys.order_board import LastSaid, last_said
from loyalty.journeys.order_totals import due_minor, line_total
from loyalty.journeys.pickup_slots import SlotOffer, pickup_slots
from loyalty.orders.board import fallen_order
from loyalty.orders.queries import LineFacts, OrderFacts, lines_of
from loyalty.orders.rules import OPEN, OrderState
from loyalty.programs.queries import StoreFacts, tills_of

TONES: Final = {
    OrderState.PLACED: "attention",
    OrderState.ACCEPTED: "",
    OrderState.READY: "success",
    OrderState.DONE: "success",
    OrderState.CANCELED: "refusal",
    OrderState.MISSED: "attention",
}


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of the order: how much, what, and what became of it."""

    line: TicketLine
    detail: str
    bag: str
    missing: str
    unit: str
    typed: str
    can_pick: bool


@dataclass(frozen=True, slots=True)
class TillChoice:
    """A till that takes the money of a handoff."""

    till_id: str
    name: str


@dataclass(frozen=True, slots=True)
class OrderPart:
    """What changes by itself on the page of an order; `version` tells whether it did."""

    number: str
    who: str
    window: str
    state: OrderState
    state_text: str
    state_tone: str
    chip: Chip | None
    truth: str
    notice: Notice | None
    is_open: bool
    note: str
    phone: str
    email: str
    rows: tuple[OrderRow, ...]
    missing: str
    due: str
    tell: tuple[str, ...]
    tills: tuple[TillChoice, ...]
    placed: str
    can_be_ready: bool
    alert: str

    @property
    def version(self) -> str:
        """Give what the browser compares."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Everything the page of one order shows; `handoff_id` is made for this page alone."""

    frame: BoardFrame
    live: OrderPart
    live_url: str
    urls: dict[str, str]
    handoff_id: str


@dataclass(frozen=True, slots=True)
class SlotTile:
    """A time to choose; full ones are shown and cannot be."""

    value: str
    text: str
    places: str
    is_full: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class DayPill:
    """A day with times."""

    text: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class TimePage:
    """Everything the page of another time shows."""

    frame: BoardFrame
    number: str
    who: str
    window: str
    days: tuple[DayPill, ...]
    slots: tuple[SlotTile, ...]
    back_url: str
    send_url: str


def order_page(
    session: Session, principal: StaffPrincipal, store: StoreFacts, order: OrderFacts, now: datetime
) -> OrderPage:
    """Lay out the page of an order."""
    address: dict[str, Any] = {"store_id": store.store_id, "order_id": order.order_id}
    names = ("accept", "pick", "ready", "cancel", "time", "hand_over", "slip")
    return OrderPage(
        frame=board_frame(session, principal, store),
        live=order_part(session, store, order, now=now),
        live_url=url_for("admin_orders.order_live", **address),
        urls={name: url_for(f"admin_orders.{name}", **address) for name in names}
        | {"board": url_for("admin_orders.board", store_id=store.store_id)},
        handoff_id=str(uuid4()),
    )


def order_part(
    session: Session, store: StoreFacts, order: OrderFacts, *, now: datetime
) -> OrderPart:
    """Lay out what is true of an order now."""
    lines = tuple(lines_of(session, store.program_id, order.order_id).values())
    said = last_said(session, store.program_id, order.order_id)
    state = order.state_at(now)
    to_pick = sum(1 for line in lines if line.quantities.reserved)
    is_open = state in OPEN
    notice = None if is_open else _notice(session, store, order, said, now)
    return OrderPart(
        number=order.number,
        who=order.contact_name,
        window=window_text(order, store.time_zone, now=now),
        state=state,
        state_text=state_word(state),
        state_tone=TONES[state],
        chip=late_chip(order, now=now) if is_open else None,
        truth="" if is_open else truth_text(order, said, now=now),
        notice=notice,
        is_open=is_open,
        note=order.note,
        phone=order.contact_phone,
        email=order.contact_email,
        rows=tuple(_row(line, store, order, state=state) for line in lines),
        missing=missing_text(to_pick),
        due=_due(order, lines),
        tell=_tell(lines, order),
        tills=_tills(session, store),
        placed=gettext(
            "Pedido hace %(ago)s · %(money)s al hacerlo",
            ago=passed_text(order.placed_at, now=now),
            money=money_text(order.total_minor, order.currency),
        ),
        can_be_ready=state is OrderState.ACCEPTED and not to_pick,
        alert=notice.title if notice is not None and notice.tone == "refusal" else "",
    )


def time_page(
    session: Session,
    principal: StaffPrincipal,
    store: StoreFacts,
    order: OrderFacts,
    *,
    day: str,
    now: datetime,
) -> TimePage:
    """Lay out the times an order can be moved to, a day at a time."""
    address: dict[str, Any] = {"store_id": store.store_id, "order_id": order.order_id}
    zone = ZoneInfo(store.time_zone)
    by_day: dict[date, list[SlotOffer]] = {}
    for offer in pickup_slots(session, store, now=now):
        by_day.setdefault(offer.slot.starts_at.astimezone(zone).date(), []).append(offer)
    own = order.slot_starts_at.astimezone(zone).date()
    asked = next((one for one in by_day if one.isoformat() == day), None)
    shown = asked or (own if own in by_day else next(iter(by_day), own))
    return TimePage(
        frame=board_frame(session, principal, store),
        number=order.number,
        who=order.contact_name,
        window=window_text(order, store.time_zone, now=now),
        days=tuple(
            DayPill(
                text=short_day_text(one),
                href=url_for("admin_orders.time", **address, day=one.isoformat()),
                is_current=one == shown,
            )
            for one in by_day
        ),
        slots=tuple(_tile(offer, store, order) for offer in by_day.get(shown, ())),
        back_url=url_for("admin_orders.order", **address),
        send_url=url_for("admin_orders.move", **address),
    )


def _row(line: LineFacts, store: StoreFacts, order: OrderFacts, *, state: OrderState) -> OrderRow:
    amounts = line.quantities
    address = {"store_id": store.store_id, "order_id": order.order_id}
    gone = amounts.canceled + amounts.failed
    bag = amounts.prepared + amounts.completed
    price = money_text(line_total(line, line.ordered_milli), order.currency)
    return OrderRow(
        line=ticket_line(line, address),
        detail=f"{price} · {line.sku}",
        bag=gettext("%(amount)s en la bolsa", amount=quantity_text(bag, line.unit))
        if 0 < bag < line.ordered_milli
        else "",
        missing=gettext("%(amount)s no hay", amount=quantity_text(gone, line.unit))
        if gone and state not in {OrderState.CANCELED, OrderState.MISSED}
        else "",
        unit=line.unit,
        typed=text_from_milli(amounts.prepared or amounts.held),
        can_pick=state in {OrderState.ACCEPTED, OrderState.READY} and bool(amounts.held),
    )


def _notice(
    session: Session, store: StoreFacts, order: OrderFacts, said: LastSaid | None, now: datetime
) -> Notice | None:
    """Say loudly what a shopper took back while it was being prepared."""
    if order.state is not OrderState.CANCELED or said is None or said.act.actor != "shopper":
        return None
    told = notice_of(session, store, fallen_order(session, order, said.act), now=now)
    return replace(told, seen_url="")


def _tell(lines: tuple[LineFacts, ...], order: OrderFacts) -> tuple[str, ...]:
    """Write what the person has to hear when something of the order is not there."""
    gone = [line for line in lines if line.quantities.canceled]
    if not gone or not any(line.quantities.held for line in lines):
        return ()
    names = ", ".join(f"{amount_text(x.quantities.canceled, x.unit)} {x.name}" for x in gone)
    return (
        gettext("No hay: %(goods)s.", goods=names),
        gettext(
            "Al recoger paga %(money)s.",
            money=money_text(due_minor(lines, discount_minor=order.discount_minor), order.currency),
        ),
    )


def _tills(session: Session, store: StoreFacts) -> tuple[TillChoice, ...]:
    return tuple(
        TillChoice(str(till.till_id), till.name)
        for till in tills_of(session, store.program_id)
        if till.store_id == store.store_id and till.revoked_at is None
    )


def _tile(offer: SlotOffer, store: StoreFacts, order: OrderFacts) -> SlotTile:
    slot, is_current = offer.slot, offer.slot.starts_at == order.slot_starts_at
    begins, ends = (clock_text(at, store.time_zone) for at in (slot.starts_at, slot.ends_at))
    places = gettext("queda %(count)s", count=1) if offer.places == 1 else ""
    return SlotTile(
        value=slot.starts_at.isoformat(),
        text=f"{begins}\N{EN DASH}{ends}",
        places=gettext("la de ahora") if is_current else places or _places_text(offer.places),
        is_full=not offer.places and not is_current,
        is_current=is_current,
    )


def _places_text(places: int) -> str:
    return gettext("quedan %(count)s", count=places) if places else gettext("completo")


def _due(order: OrderFacts, lines: tuple[LineFacts, ...]) -> str:
    """Write what is to be paid, without what its reward takes off."""
    return money_text(due_minor(lines, discount_minor=order.discount_minor), order.currency)
