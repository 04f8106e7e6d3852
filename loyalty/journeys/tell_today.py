"""A store's day in figures: what was sold, to whom with a card, and what the web brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from loyalty.identity.figures import members_joined, sessions_of_events
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.points.figures import points_issued, points_of_acts
from loyalty.programs.queries import stores_of
from loyalty.programs.rules import local_day
from loyalty.sales.queries import current_turns, refunded_of, sales_between
from loyalty.visits.queries import unread_notes, visits_by_id


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One day's sales, split by what is known of the buyer.

    Units: minor units of the store's currency, refunds taken off on the day of the sale.
    `web_minor`: linked to a web session. `card_minor`: with a card, no web session. The rest,
    `unknown_minor`, had no card. The three add up to `total_minor`.
    """

    day: date
    sales: int
    total_minor: int
    web_minor: int
    card_minor: int
    unknown_minor: int
    points: int


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """What one acquisition channel brought to the till in the same days."""

    channel: str
    sales: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class TodayStory:
    """Today beside the six days before it, newest last; `store_id` is none for all stores.

    `with_card_percent` is how many of every 100 minor units came from somebody with a card;
    none on a day without sales. A program of several currencies is told store by store.
    """

    store_id: UUID | None
    currency: str
    today: DayFigures
    days: tuple[DayFigures, ...]
    channels: tuple[ChannelFigures, ...]
    with_card_percent: int | None
    points_today: int
    joined_today: int
    notes_unread: int


DAYS: Final = 7


def tell_today(
    session: Session, program_id: int, store_id: UUID | None, *, tools: Tools
) -> TodayStory:
    """Tell a store's day, or all stores of the currency of the first, in its own calendar.

    Errors: `NotFoundError` for an unknown store.
    """
    stores = stores_of(session, program_id)
    chosen = [store for store in stores if store_id is None or store.store_id == store_id]
    if not chosen:
        raise NotFoundError
    lead = chosen[0]
    zone = ZoneInfo(lead.time_zone)
    today = local_day(tools.clock.now(), lead.time_zone)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    since, until = _midnight(days[0], zone), _midnight(today + timedelta(days=1), zone)
    known = [
        each
        for store in chosen
        if store.currency == lead.currency
        for each in _known_sales(
            session, program_id, since=since, until=until, store_id=store.store_id
        )
    ]
    figures = [_figures(day, known, zone) for day in days]
    begun = _midnight(today, zone)
    return TodayStory(
        store_id=store_id,
        currency=lead.currency,
        today=figures[-1],
        days=tuple(figures),
        channels=_channels(known),
        with_card_percent=_with_card_percent(figures[-1]),
        points_today=points_issued(
            session, program_id, since=begun, until=until, store_id=store_id
        ),
        joined_today=members_joined(
            session, program_id, since=begun, until=until, store_id=store_id
        ),
        notes_unread=unread_notes(session, program_id, [store.store_id for store in chosen]),
    )


@dataclass(frozen=True, slots=True)
class _KnownSale:
    """A sale with what is known of its buyer; `left_minor` is without what was given back."""

    recorded_at: datetime
    left_minor: int
    has_card: bool
    points: int
    channel: str | None  # of the linked visit; none without one


def _known_sales(
    session: Session, program_id: int, *, since: datetime, until: datetime, store_id: UUID
) -> list[_KnownSale]:
    sales = sales_between(session, program_id, since=since, until=until, store_id=store_id)
    ids = [sale.sale_id for sale in sales]
    turns = current_turns(session, program_id, ids)
    refunded = refunded_of(session, program_id, ids)
    events = {turn.event: sale_id for sale_id, turn in turns.items() if turn.card_id}
    card_ids = {turn.card_id for turn in turns.values() if turn.card_id}
    linked = sessions_of_events(session, program_id, card_ids, since=since - timedelta(days=DAYS))
    visits = visits_by_id(session, program_id, set(linked.values()))
    channels = {
        events[event]: visits[visit_id].channel
        for event, visit_id in linked.items()
        if event in events and visit_id in visits
    }
    given = points_of_acts(session, program_id, [turn.earning_act for turn in turns.values()])
    return [
        _KnownSale(
            recorded_at=sale.recorded_at,
            left_minor=sale.total_minor - refunded.get(sale.sale_id, 0),
            has_card=turns[sale.sale_id].card_id is not None,
            points=given.get(turns[sale.sale_id].earning_act, 0),
            channel=channels.get(sale.sale_id),
        )
        for sale in sales
    ]


def _figures(day: date, known: Sequence[_KnownSale], zone: ZoneInfo) -> DayFigures:
    sales = [sale for sale in known if sale.recorded_at.astimezone(zone).date() == day]
    web = sum(sale.left_minor for sale in sales if sale.channel is not None)
    card = sum(sale.left_minor for sale in sales if sale.has_card and sale.channel is None)
    total = sum(sale.left_minor for sale in sales)
    return DayFigures(
        day=day,
        sales=len(sales),
        total_minor=total,
        web_minor=web,
        card_minor=card,
        unknown_minor=total - web - card,
        points=sum(sale.points for sale in sales),
    )


def _channels(known: Sequence[_KnownSale]) -> tuple[ChannelFigures, ...]:
    """Add up what each channel brought to the till, the most first."""
    by_channel: dict[str, list[int]] = {}
    for sale in known:
        if sale.channel is not None:
            by_channel.setdefault(sale.channel, []).append(sale.left_minor)
    figures = (
        ChannelFigures(channel, len(amounts), sum(amounts))
        for channel, amounts in by_channel.items()
    )
    return tuple(sorted(figures, key=lambda each: (-each.total_minor, each.channel)))


def _with_card_percent(day: DayFigures) -> int | None:
    if day.total_minor == 0:
        return None
    return round(100 * (day.web_minor + day.card_minor) / day.total_minor)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
