"""What the page of today shows."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext, ngettext
from app.pages.admin_frame import MANAGER, OWNER, Frame, frame_of, my_stores
from app.pages.admin_people_page import person_name
from app.pages.admin_setup import Setup, setup_thread
from app.pages.admin_store_page import StoreTab
from app.pages.admin_story_words import channel_text, channel_word, outcome_text
from app.text import (
    clock_text,
    day_text,
    even_money_text,
    money_parts,
    money_text,
    recent_text,
    short_day_text,
    signed_text,
    whole_text,
)
from loyalty.journeys.latest_sales import LatestSale, latest_sales
from loyalty.journeys.order_board import open_count
from loyalty.journeys.tell_today import DayFigures, TodayStory, tell_today
from loyalty.journeys.tools import Tools
from loyalty.kernel.money import minor_digits
from loyalty.programs.queries import StoreFacts
from loyalty.visits.queries import VisitFacts
from loyalty.wire.codes import CodeKind

DAWN: Final = 6
NOON: Final = 12
EVENING: Final = 20
TICKS: Final = 3


@dataclass(frozen=True, slots=True)
class FigureFact:
    """One cell of the facts strip: the figure leads, what stands around it is smaller."""

    label: str
    figure: str
    note: str
    before: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the chart's scale, with its text."""

    minor: int
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """An amount of the table and what the chart draws for it."""

    text: str
    minor: int


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of the table."""

    label: str
    card: Cell
    web: Cell
    unknown: Cell


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One of the latest sales: what, where, whose, and how we know."""

    amount: str
    when: str
    till: str
    person: str
    person_url: str
    channel: str
    reason: str
    points: str


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """What one channel brought to the till."""

    name: str
    sales: str
    total: str


@dataclass(frozen=True, slots=True)
class TodayPage:
    """Everything the page of today shows."""

    frame: Frame
    when: str
    greeting: str
    share: str
    orders: str
    orders_url: str
    tabs: tuple[StoreTab, ...]
    poster_url: str
    facts: tuple[FigureFact, ...]
    currency_sign: str
    days: tuple[DayRow, ...]
    totals: DayRow
    ticks_json: str
    channels: tuple[ChannelRow, ...]
    setup: Setup
    sales: tuple[SaleRow, ...]
    person_ids: tuple[str, ...]


def today_page(
    session: Session, principal: StaffPrincipal, store: StoreFacts | None, *, tools: Tools
) -> TodayPage:
    """Tell the day of a store, or of all stores of this person."""
    stores = my_stores(session, principal, OWNER, MANAGER)
    shown = store or stores[0]
    store_id = store.store_id if store else None if len(stores) > 1 else shown.store_id
    story = tell_today(session, principal.program_id, store_id, tools=tools)
    store_ids = [one.store_id for one in stores if store is None or one is store]
    sales = latest_sales(session, principal.program_id, store_ids)
    now = tools.clock.now()
    waiting = {
        store_id: open_count(session, principal.program_id, store_id, now=now)
        for store_id in store_ids
    }
    return TodayPage(
        frame=frame_of(session, principal, section="today", store=store),
        when=gettext(
            "%(day)s, %(time)s",
            day=day_text(now, shown.time_zone),
            time=clock_text(now, shown.time_zone),
        ),
        greeting=_greeting(now.astimezone(ZoneInfo(shown.time_zone)), principal.display_name),
        share=_share(story),
        orders=_orders(sum(waiting.values())),
        orders_url=url_for(
            "admin_orders.board",
            store_id=next((one for one in store_ids if waiting[one]), shown.store_id),
        ),
        tabs=_tabs(stores, store),
        poster_url=url_for("print.poster", store_id=shown.store_id),
        facts=_facts(story),
        currency_sign="".join(money_parts(0, story.currency)[::2]),
        days=tuple(_day(one, story) for one in story.days),
        totals=_totals(story),
        ticks_json=_ticks_json(
            _ticks(max((one.total_minor for one in story.days), default=0), story.currency)
        ),
        channels=tuple(
            ChannelRow(
                channel_word(one.channel),
                whole_text(one.sales),
                money_text(one.total_minor, story.currency),
            )
            for one in story.channels
        ),
        setup=setup_thread(session, principal, shown, has_sales=bool(sales)),
        sales=tuple(_sale(one, shown.time_zone, now=now) for one in sales),
        person_ids=tuple(one.person_id for one in sales if one.person_id),
    )


def _greeting(now: datetime, name: str) -> str:
    first = name.split(maxsplit=1)[0]
    if now.hour < DAWN:
        return gettext("Buenas noches, %(name)s", name=first)
    if now.hour < NOON:
        return gettext("Buenos días, %(name)s", name=first)
    if now.hour < EVENING:
        return gettext("Buenas tardes, %(name)s", name=first)
    return gettext("Buenas noches, %(name)s", name=first)


def _orders(count: int) -> str:
    """Say how many orders wait; "" for none."""
    if not count:
        return ""
    return ngettext("%(count)s pedido espera", "%(count)s pedidos esperan", count, count=count)


def _share(story: TodayStory) -> str:
    if story.with_card_percent is None:
        return ""
    return gettext("%(share)s de cada 100 euros", share=story.with_card_percent)


def _joined(joined: int) -> str:
    if joined == 0:
        return ""
    return ngettext("Hoy hay %(num)s tarjeta nueva.", "Hoy hay %(num)s tarjetas nuevas.", joined)


def _tabs(stores: tuple[StoreFacts, ...], chosen: StoreFacts | None) -> tuple[StoreTab, ...]:
    if len(stores) == 1:
        return ()
    everything = StoreTab(gettext("Todas"), url_for("admin_today.today"), is_current=chosen is None)
    return (
        everything,
        *(
            StoreTab(
                one.name,
                url_for("admin_today.today", store=one.store_id),
                is_current=chosen is not None and one.store_id == chosen.store_id,
            )
            for one in stores
        ),
    )


def _facts(story: TodayStory) -> tuple[FigureFact, ...]:
    sales = ngettext("%(num)s venta", "%(num)s ventas", story.today.sales)
    percent = story.with_card_percent
    return (
        _money_fact(gettext("Ventas de hoy"), story.today.total_minor, story.currency, sales),
        FigureFact(
            gettext("Con tarjeta"),
            "—" if percent is None else str(percent),
            gettext("de cada 100 euros vendidos") if story.currency == "EUR" else "",
            unit="" if percent is None else "%",
        ),
        FigureFact(
            gettext("Puntos dados"), whole_text(story.points_today), _joined(story.joined_today)
        ),
        _money_fact(
            gettext("Traído por la web"),
            story.today.web_minor,
            story.currency,
            gettext("compras unidas a una visita"),
        ),
    )


def _money_fact(label: str, minor: int, currency: str, note: str) -> FigureFact:
    before, number, after = money_parts(minor, currency)
    return FigureFact(label, number, note, before=before, unit=after)


def _day(one: DayFigures, story: TodayStory) -> DayRow:
    is_today = one.day == story.today.day
    return DayRow(
        label=gettext("Hoy") if is_today else short_day_text(one.day),
        card=_cell(one.card_minor, story.currency),
        web=_cell(one.web_minor, story.currency),
        unknown=_cell(one.unknown_minor, story.currency),
    )


def _totals(story: TodayStory) -> DayRow:
    return DayRow(
        label=gettext("Total"),
        card=_cell(sum(one.card_minor for one in story.days), story.currency),
        web=_cell(sum(one.web_minor for one in story.days), story.currency),
        unknown=_cell(sum(one.unknown_minor for one in story.days), story.currency),
    )


def _cell(minor: int, currency: str) -> Cell:
    """Write an amount in whole units: a week is read at a glance, cents are noise there."""
    return Cell(whole_text(round(minor / 10 ** minor_digits(currency))), minor)


def _ticks(highest_minor: int, currency: str) -> tuple[Tick, ...]:
    """Choose a scale of three steps with round numbers that holds the highest day."""
    one = 10 ** minor_digits(currency)
    units = max(ceil(highest_minor / one / TICKS), 1)
    magnitude = 10 ** (len(str(units)) - 1)
    step = next(size * magnitude for size in (1, 2, 5, 10) if size * magnitude >= units)
    return tuple(
        Tick(step * turn * one, even_money_text(step * turn * one, currency))
        for turn in range(TICKS + 1)
    )


def _ticks_json(ticks: tuple[Tick, ...]) -> str:
    return json.dumps([asdict(tick) for tick in ticks], ensure_ascii=False)


def _sale(one: LatestSale, zone: str, *, now: datetime) -> SaleRow:
    sale = one.sale
    amount = money_text(sale.total_minor - sale.refunded_minor, sale.currency)
    if sale.refunded_minor:
        amount = gettext(
            "%(left)s tras devolver %(back)s",
            left=amount,
            back=money_text(sale.refunded_minor, sale.currency),
        )
    reason = _code_text(sale.code_kind) if sale.card_id else outcome_text(sale.code_outcome)
    visit = one.visit
    return SaleRow(
        amount=amount,
        when=recent_text(sale.sold_at, zone, now=now),
        till=f"{one.till_name}, {one.store_name}",
        person=_person(one),
        person_url=url_for("admin_people.person", person_id=one.person_id) if one.person_id else "",
        channel=channel_word(visit.channel) if visit else "",
        reason=_with_channel(visit, reason),
        points=signed_text(one.points) if one.points else "",
    )


def _person(one: LatestSale) -> str:
    if one.sale.card_id is None:
        return gettext("sin tarjeta")
    return person_name(one.display_name, [one.sale.card_id])


def _code_text(kind: int | None) -> str:
    if kind == CodeKind.LIVE:
        return gettext("código del móvil leído en caja")
    if kind == CodeKind.CARD:
        return gettext("tarjeta impresa leída en caja")
    return gettext("la puso la caja después")


def _with_channel(visit: VisitFacts | None, reason: str) -> str:
    """Add to the reason where the linked visit came from."""
    if visit is None:
        return reason
    way = channel_text(visit.channel, visit.source, visit.campaign)
    return gettext("%(reason)s; esa visita %(way)s", reason=reason, way=way)
