"""What the board of a store's orders shows."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext, ngettext
from app.pages.admin_frame import (
    LanguageChoice,
    Toast,
    language_choices,
    my_stores,
    take_toasts,
)
from app.pages.admin_order_tickets import SHORT_ID, Notice, Ticket, notice_of, ticket_of
from app.pages.admin_order_words import slot_day_text
from app.pages.admin_store_page import StoreTab
from app.text import clock_text, day_text
from loyalty.journeys.order_board import Board, BoardOrder, order_board
from loyalty.orders.queries import policy_of
from loyalty.programs.queries import StoreFacts

WORKERS: Final = ("owner", "manager", "cashier")
OPENED: Final = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the board, or a part of it that waits for later."""

    name: str
    title: str
    count: str
    tone: str
    tickets: tuple[Ticket, ...]
    empty: str


@dataclass(frozen=True, slots=True)
class LivePart:
    """What changes by itself: replaced as a whole; `version` is the same while nothing differs."""

    title: str
    heading_note: str
    ringing: int
    alert: str
    columns: tuple[Column, ...]
    later: Column
    notices: tuple[Notice, ...]
    is_empty: bool
    member_ids: tuple[UUID | None, ...]  # whose orders it names

    @property
    def version(self) -> str:
        """Give what the browser compares."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class BoardFrame:
    """What stands around the board and each of its orders."""

    shop: str
    store_id: str
    who: str
    accent_url: str
    today_url: str
    languages: tuple[LanguageChoice, ...]
    tabs: tuple[StoreTab, ...]
    toasts: tuple[Toast, ...]


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """Everything the board shows; `pause_url` is "" for whoever may not pause it."""

    frame: BoardFrame
    live: LivePart
    live_url: str
    pause_url: str
    is_open: bool
    takes_orders: bool


def orders_page(
    session: Session,
    principal: StaffPrincipal,
    store: StoreFacts,
    *,
    seen: Collection[str],
    now: datetime,
) -> OrdersPage:
    """Lay out the board of a store."""
    policy = policy_of(session, store.program_id, store.store_id)
    may_pause = policy is not None and principal.may(store.store_id, "owner", "manager")
    return OrdersPage(
        frame=board_frame(session, principal, store),
        live=live_board(session, store, seen=seen, now=now),
        live_url=url_for("admin_orders.live", store_id=store.store_id),
        pause_url=url_for("admin_orders.pause", store_id=store.store_id) if may_pause else "",
        is_open=policy is not None and policy.is_open,
        takes_orders=policy is not None,
    )


def board_frame(session: Session, principal: StaffPrincipal, store: StoreFacts) -> BoardFrame:
    """Build what stands around; a cashier sees the board and nothing else of the owner's."""
    stores = my_stores(session, principal, *WORKERS)
    sees_today = bool({"owner", "manager"} & set(principal.roles.values()))
    return BoardFrame(
        shop=store.name,
        store_id=str(store.store_id),
        who=principal.display_name,
        accent_url=f"/accent/{store.program_id}-{store.store_id}.css",
        today_url=url_for("admin_today.today") if sees_today else "",
        languages=language_choices(),
        tabs=tuple(
            StoreTab(
                name=one.name,
                href=url_for("admin_orders.board", store_id=one.store_id),
                is_current=one.store_id == store.store_id,
            )
            for one in stores
        ),
        toasts=take_toasts(),
    )


def live_board(
    session: Session, store: StoreFacts, *, seen: Collection[str], now: datetime
) -> LivePart:
    """Lay out the columns, and what fell away and was not put aside on this device."""
    board = order_board(session, store.program_id, store.store_id, now=now)
    notices = tuple(
        notice_of(session, store, one, now=now)
        for one in board.fallen
        if str(one.order.order_id)[-SHORT_ID:] not in seen
    )
    loud = [notice.title for notice in notices if notice.tone == "refusal"]
    new = len(board.new)
    open_orders = (*board.new, *board.preparing, *board.later, *board.ready)
    title = gettext("Pedidos")
    return LivePart(
        title=f"({new}) {title}" if new else title,
        heading_note=_heading_note(board, store, now=now),
        ringing=new,
        alert=loud[0] if loud else "",
        columns=_columns(board, store, now=now),
        later=_column("later", gettext("Para después"), "", board.later, store, now=now),
        notices=notices,
        is_empty=not (new or board.preparing or board.later or board.ready),
        member_ids=(
            *(one.order.member_id for one in open_orders),
            *(one.order.member_id for one in board.fallen),
        ),
    )


def _heading_note(board: Board, store: StoreFacts, *, now: datetime) -> str:
    told = [day_text(now, store.time_zone)]
    waiting = [one.order for one in (*board.new, *board.preparing, *board.later)]
    ahead = sorted(order.slot_starts_at for order in waiting if order.slot_starts_at > now)
    if ahead:
        count = ahead.count(ahead[0])
        day = slot_day_text(ahead[0], store.time_zone, now=now)
        told.append(
            ngettext(
                "siguiente franja %(time)s, %(count)s pedido",
                "siguiente franja %(time)s, %(count)s pedidos",
                count,
                time=f"{day} {clock_text(ahead[0], store.time_zone)}".strip(),
                count=count,
            )
        )
    return " · ".join(told)


def _columns(board: Board, store: StoreFacts, *, now: datetime) -> tuple[Column, ...]:
    return (
        _column(
            "new",
            gettext("Nuevos"),
            gettext("Los siguientes suenan hasta que los aceptas."),
            board.new,
            store,
            now=now,
        ),
        _column(
            "preparing",
            gettext("Preparando"),
            gettext("Lo que aceptas pasa aquí."),
            board.preparing,
            store,
            now=now,
        ),
        _column(
            "ready",
            gettext("Listos"),
            gettext("Lo preparado espera aquí a su persona."),
            board.ready,
            store,
            now=now,
        ),
    )


def _column(
    name: str,
    title: str,
    empty: str,
    orders: tuple[BoardOrder, ...],
    store: StoreFacts,
    *,
    now: datetime,
) -> Column:
    tones = {"new": "attention", "ready": "success"}
    # What somebody has begun stays open; else the next ones are.
    by_turn = sorted(orders, key=lambda one: not one.is_begun)
    opened = {one.order.order_id for one in by_turn[:OPENED]}
    return Column(
        name=name,
        title=title,
        count=str(len(orders)),
        tone=tones.get(name, "") if orders else "",
        tickets=tuple(
            ticket_of(
                one,
                store,
                shows_lines=name == "preparing" and one.order.order_id in opened,
                now=now,
            )
            for one in orders
        ),
        empty=empty,
    )
