"""A store's day in figures: what was sold, to whom with a card, and what the web brought."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


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
