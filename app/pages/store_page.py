"""What the shop's own page shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from app.language import gettext
from app.pages.shop_frame import ShopFrame, shop_frame
from app.text import clock_text, points_text, rule_text, weekday_names
from app.wiring import services
from loyalty.kernel.ids import new_id
from loyalty.points.queries import rewards_of, rule_in_force
from loyalty.programs.hours import DAY_MINUTES, Span, open_state, read_week
from loyalty.programs.queries import StoreFacts

CONTACT_ICONS: Final = {"call": "telephone", "whatsapp": "whatsapp", "email": "envelope"}


@dataclass(frozen=True, slots=True)
class Knot:
    """One knot of a thread: a state ("done", "now", "later", "reward"), a title, a sentence."""

    state: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class HoursRow:
    """A day and when the shop is open on it."""

    day: str
    text: str


@dataclass(frozen=True, slots=True)
class Contact:
    """The one way to reach the shop that its owner chose."""

    href: str
    icon: str
    label: str


@dataclass(frozen=True, slots=True)
class StorePage:
    """The join page of a shop."""

    frame: ShopFrame
    open_text: str
    has_card: bool
    card_href: str
    join_href: str
    save_href: str
    note_href: str
    visit: str
    note_id: str
    rule_text: str
    knots: tuple[Knot, ...]
    hours: tuple[HoursRow, ...]
    hours_told: str
    contact: Contact | None


def store_page(session: Session, store: StoreFacts, *, visit: str, has_card: bool) -> StorePage:
    """Gather what the page shows."""
    now = services().tools.clock.now()
    rule = rule_in_force(session, store.program_id, currency=store.currency, at=now)
    rewards = rewards_of(session, store.program_id)
    last = len(rewards) - 1
    return StorePage(
        frame=shop_frame(store),
        open_text=_open_text(store, now),
        has_card=has_card,
        card_href=url_for("card.card"),
        join_href=url_for("store.join", slug=store.slug),
        save_href=url_for("save.ask", slug=store.slug),
        note_href=url_for("store.note", slug=store.slug),
        visit=visit,
        note_id=str(new_id(now)),
        rule_text=f"{rule_text(rule.points, rule.per_minor, rule.currency)}." if rule else "",
        knots=tuple(
            Knot("reward" if place == last else "later", points_text(each.points), each.name)
            for place, each in enumerate(rewards)
        ),
        hours=_hours(store),
        hours_told=store.hours if read_week(store.hours) is None else "",
        contact=_contact(store),
    )


def _open_text(store: StoreFacts, now: datetime) -> str:
    state = open_state(store.hours, at=now, time_zone=store.time_zone, country=store.country)
    if state is None:
        return ""
    if state.changes_at is None:
        return gettext("Abierto") if state.is_open else gettext("Cerrado")
    clock = clock_text(state.changes_at, store.time_zone)
    if state.is_open:
        return gettext("Abierto hasta las %(time)s", time=clock)
    here = now.astimezone(ZoneInfo(store.time_zone)).date()
    if state.changes_at.date() == here:
        return gettext("Cerrado, abre a las %(time)s", time=clock)
    day = weekday_names()[state.changes_at.weekday()].lower()
    return gettext("Cerrado, abre el %(day)s a las %(time)s", day=day, time=clock)


def _hours(store: StoreFacts) -> tuple[HoursRow, ...]:
    week = read_week(store.hours)
    if week is None or not any(week.days):
        return ()
    names = weekday_names()
    return tuple(
        HoursRow(names[day], _spans(spans) or gettext("Cerrado"))
        for day, spans in enumerate(week.days)
    )


def _spans(spans: tuple[Span, ...]) -> str:
    return " · ".join(f"{_clock(span.opens)}–{_clock(span.closes)}" for span in spans)


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes % DAY_MINUTES, 60)
    return f"{hour:02d}:{minute:02d}"


def _contact(store: StoreFacts) -> Contact | None:
    value = store.contact_value
    ways = {
        "call": (f"tel:{value}", gettext("Llamar a la tienda")),
        "whatsapp": (
            f"https://wa.me/{value.lstrip('+')}",
            gettext("Escribir por WhatsApp"),
        ),
        "email": (f"mailto:{value}", gettext("Escribir un correo")),
    }
    if store.contact_kind not in ways:
        return None
    href, label = ways[store.contact_kind]
    return Contact(href, CONTACT_ICONS[store.contact_kind], label)
