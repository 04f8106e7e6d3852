"""What the shop's own page shows."""

from dataclasses import dataclass
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from app.addresses import webmention_address
from app.gain_words import earning_text
from app.language import gettext
from app.pages.friends import friend_behind
from app.pages.open_words import open_text
from app.pages.shop_frame import ShopFrame, shop_frame
from app.text import points_text, weekday_names
from app.wiring import services
from loyalty.catalog.goods import sells_anything
from loyalty.kernel.ids import new_id
from loyalty.points.earning.rulesets import earning_told
from loyalty.points.queries import rewards_of
from loyalty.points.rewards.terms import offered_for_points
from loyalty.programs.hours import DAY_MINUTES, Span, read_week
from loyalty.programs.queries import StoreFacts
from loyalty.social.connect import live_connection_of

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
    shop_href: str
    visit: str
    friend: str
    note_id: str
    rule_text: str
    knots: tuple[Knot, ...]
    hours: tuple[HoursRow, ...]
    hours_told: str
    contact: Contact | None
    webmention_href: str


def store_page(
    session: Session, store: StoreFacts, *, visit: str, friend: str, has_card: bool
) -> StorePage:
    """Gather what the page shows."""
    now = services().tools.clock.now()
    told = earning_told(session, store.program_id, currency=store.currency, at=now)
    rewards = offered_for_points(rewards_of(session, store.program_id), at=now)
    last = len(rewards) - 1
    return StorePage(
        frame=shop_frame(store),
        open_text=open_text(session, store, now),
        has_card=has_card,
        card_href=url_for("card.card"),
        join_href=url_for("store.join", slug=store.slug),
        save_href=url_for("save.ask", slug=store.slug),
        note_href=url_for("store.note", slug=store.slug),
        shop_href=_shop_href(session, store, visit),
        visit=visit,
        friend=friend if friend_behind(store, friend) else "",
        note_id=str(new_id(now)),
        rule_text=f"{earning_text(told)}." if told.gives else "",
        knots=tuple(
            Knot("reward" if place == last else "later", points_text(each.points), each.name)
            for place, each in enumerate(rewards)
        ),
        hours=hours_rows(store),
        hours_told=store.hours if read_week(store.hours) is None else "",
        contact=contact_of(store),
        webmention_href=_webmention(session, store),
    )


def _shop_href(session: Session, store: StoreFacts, visit: str) -> str:
    """Lead to the goods, going on with the visit; "" for a store that has none to show."""
    if not sells_anything(session, store.program_id, store.store_id):
        return ""
    return url_for("shop.goods", slug=store.slug, visit=visit or None)


def _webmention(session: Session, store: StoreFacts) -> str:
    """Say where a page that links to this one can tell so; "" when the shop takes none."""
    found = live_connection_of(session, store.program_id, store.store_id, network="webmention")
    if found is None:
        return ""
    return webmention_address(services().settings.base_url, store.program_id, found)


def hours_rows(store: StoreFacts) -> tuple[HoursRow, ...]:
    """List a store's week."""
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


def contact_of(store: StoreFacts) -> Contact | None:
    """Give the one way to reach the shop that its owner chose."""
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
