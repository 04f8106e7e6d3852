"""What one order of the board shows: its ticket, or what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import url_for
from sqlalchemy.orm import Session

from app.language import gettext
from app.pages.admin_order_words import (
    amount_text,
    goods_text,
    left_text,
    missing_text,
    passed_text,
    slot_day_text,
    window_text,
)
from app.text import clock_text, money_text
from loyalty.journeys.order_board import BoardOrder, is_late
from loyalty.journeys.order_totals import due_minor
from loyalty.orders.board import Fallen
from loyalty.orders.queries import LineFacts, OrderFacts, lines_of
from loyalty.orders.rules import OrderState
from loyalty.programs.queries import StoreFacts

LINES_SHOWN: Final = 8
HURRY: Final = timedelta(minutes=30)
SHORT_ID: Final = 12


@dataclass(frozen=True, slots=True)
class Chip:
    """The state of a thing in a few words; `tone` "" is neutral."""

    text: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A line to take from the shelf; `fields` say to the form how it was seen."""

    key: str
    amount: str
    name: str
    is_picked: bool
    is_gone: bool
    pick_url: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """One order on the board; `lines` are shown when it is this order's turn."""

    key: str
    number: str
    href: str
    who: str
    window: str
    detail: str
    note: str
    chip: Chip | None
    since: str
    lines: tuple[TicketLine, ...]
    more: str
    missing: str
    can_be_ready: bool
    accept_url: str
    ready_url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """An order that fell away: what happened and what to do; `tone` refusal is said loudly."""

    key: str
    tone: str
    title: str
    text: str
    goods: tuple[str, ...]
    seen_url: str


def notice_of(session: Session, store: StoreFacts, one: Fallen, *, now: datetime) -> Notice:
    """Say what became of an order that ended without its person."""
    order = one.order
    address: dict[str, Any] = {"store_id": store.store_id, "order_id": order.order_id}
    lines = lines_of(session, store.program_id, order.order_id) if one.picked else {}
    ago = passed_text(one.last.at, now=now)
    if one.last.actor == "shopper":
        told = gettext("Pedido %(number)s, cancelado por %(who)s")
        text = gettext("Hace %(ago)s. No sigas preparándolo.", ago=ago)
    elif order.state is OrderState.MISSED:
        told = gettext("Pedido %(number)s: %(who)s no vino")
        text = gettext("Se cerró hace %(ago)s y su sitio ha quedado libre.", ago=ago)
    else:
        told = gettext("Pedido %(number)s de %(who)s: nadie lo aceptó a tiempo")
        text = gettext("Se anuló solo hace %(ago)s.", ago=ago)
    return Notice(
        key=str(order.order_id)[-SHORT_ID:],
        tone="refusal" if one.last.actor == "shopper" else "attention",
        title=told % {"number": order.number, "who": order.contact_name},
        text=text,
        goods=tuple(
            f"{amount_text(milli, lines[number].unit)} {lines[number].name}"
            for number, milli in sorted(one.picked.items())
        ),
        seen_url=url_for("admin_orders.seen", **address),
    )


def late_chip(order: OrderFacts, *, now: datetime) -> Chip | None:
    """Say how much an order is late, or how little time is left."""
    if is_late(order, now):
        is_ready = order.state is OrderState.READY
        since = order.slot_ends_at if is_ready else order.slot_starts_at
        late = gettext("%(time)s tarde", time=passed_text(since, now=now))
        return Chip(late, "exclamation-circle-fill", "attention")
    if order.state is not OrderState.READY and order.slot_starts_at - now <= HURRY:
        left = gettext("Quedan %(time)s", time=left_text(order.slot_starts_at, now=now))
        return Chip(left, "clock", "attention")
    return None


def pick_fields(line: LineFacts, picked_milli: int) -> tuple[tuple[str, str], ...]:
    """Give the fields of a form that says how much is in the bag, and how it was seen."""
    return (
        ("picked_milli", str(picked_milli)),
        ("reserved", str(line.quantities.reserved)),
        ("prepared", str(line.quantities.prepared)),
    )


def ticket_of(one: BoardOrder, store: StoreFacts, *, shows_lines: bool, now: datetime) -> Ticket:
    """Lay out an order on the board."""
    order = one.order
    address: dict[str, Any] = {"store_id": store.store_id, "order_id": order.order_id}
    wanted = [line for line in one.lines if line.quantities.held]
    to_pick = sum(1 for line in wanted if line.quantities.reserved)
    shown = one.lines[:LINES_SHOWN] if shows_lines else ()
    hidden = len(one.lines) - len(shown)
    is_new = order.state is OrderState.PLACED
    return Ticket(
        key=str(order.order_id)[-SHORT_ID:],
        number=order.number,
        href=url_for("admin_orders.order", **address),
        who=order.contact_name,
        window=_window(order, store, now=now),
        detail=_detail(one, to_pick=to_pick, wanted=len(wanted)),
        note=order.note,
        chip=late_chip(order, now=now),
        since=_since(order, now=now) if is_new else "",
        lines=tuple(ticket_line(line, address) for line in shown),
        more=gettext("y %(count)s más", count=hidden) if shown and hidden else "",
        missing=missing_text(to_pick),
        can_be_ready=order.state is OrderState.ACCEPTED and not to_pick,
        accept_url=url_for("admin_orders.accept", **address),
        ready_url=url_for("admin_orders.ready", **address),
    )


def ticket_line(line: LineFacts, address: Mapping[str, Any]) -> TicketLine:
    """Lay out a line as somebody picks it in one press: everything that is wanted, or nothing."""
    held = line.quantities.held
    is_picked = bool(held) and not line.quantities.reserved
    return TicketLine(
        key=f"{str(address['order_id'])[-SHORT_ID:]}-{line.line}",
        amount=amount_text(held or line.ordered_milli, line.unit),
        name=line.name,
        is_picked=is_picked,
        is_gone=not held,
        pick_url=url_for("admin_orders.pick", **address),
        fields=(("line", str(line.line)), *pick_fields(line, 0 if is_picked else held)),
    )


def _window(order: OrderFacts, store: StoreFacts, *, now: datetime) -> str:
    if order.state is not OrderState.READY:
        return window_text(order, store.time_zone, now=now)
    day = slot_day_text(order.collect_by, store.time_zone, now=now)
    until = f"{day} {clock_text(order.collect_by, store.time_zone)}".strip()
    return gettext("hasta %(time)s", time=until)


def _detail(one: BoardOrder, *, to_pick: int, wanted: int) -> str:
    order = one.order
    money = money_text(
        due_minor(one.lines, discount_minor=one.order.discount_minor), order.currency
    )
    if order.state is OrderState.ACCEPTED:
        return gettext(
            "%(picked)s de %(wanted)s en la bolsa", picked=wanted - to_pick, wanted=wanted
        )
    if order.state is OrderState.READY:
        return gettext("paga al recoger %(money)s", money=money)
    return gettext(
        "%(goods)s · paga al recoger %(money)s", goods=goods_text(one.lines), money=money
    )


def _since(order: OrderFacts, *, now: datetime) -> str:
    return gettext("Suena desde hace %(time)s", time=passed_text(order.placed_at, now=now))
