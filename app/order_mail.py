"""Mail about an order, in the reader's language, with the pickup for their calendar."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from app.addresses import order_address
from app.calendar_file import PickupEvent
from app.mail_texts import mail_template
from app.wiring import Services
from loyalty.journeys.order_codes import spoken_code
from loyalty.journeys.order_view import OrderView
from loyalty.kernel.money import minor_digits
from loyalty.orders.queries import order_by_id
from loyalty.orders.rules import OPEN
from loyalty.outbox.queries import Message
from loyalty.outbox.rules import Topic

ORDER_TOPICS: Final = frozenset(topic for topic in Topic if topic.startswith("order_"))
# What changes a pickup in a calendar.
WITH_CALENDAR: Final = {
    Topic.ORDER_PLACED: False,
    Topic.ORDER_MOVED: False,
    Topic.ORDER_CANCELED: True,
    Topic.ORDER_MISSED: True,
}
DAYS: Final = {"es": "EEEE d 'de' MMMM", "en": "EEEE d MMMM"}
KILO_MILLI: Final = 1000
# What mail programs turn into a link: no name has one, and anybody may type any address.
LINKED: Final = re.compile(r"[/@\\]|\w\.\w{2}")


@dataclass(frozen=True, slots=True)
class MailLine:
    """A line of an order; `missing` says how much of it could not be had, "" for nothing."""

    quantity: str
    name: str
    total: str
    missing: str


@dataclass(frozen=True, slots=True)
class OrderMail:
    """What the text of a mail about an order may show."""

    shop: str
    street: str
    home: str
    number: str
    name: str
    day: str
    time: str
    until_day: str
    until_time: str
    change_day: str
    change_time: str
    lines: tuple[MailLine, ...]
    total: str
    spoken: str
    link: str
    by: str
    reason: str

    @property
    def is_short(self) -> bool:
        """Whether something of it could not be had."""
        return any(line.missing for line in self.lines)


def order_mail(message: Message, parts: Services, *, language: str) -> OrderMail:
    """Gather what a mail about an order tells: as it stood when the mail was written."""
    told = message.facts
    order_id = UUID(str(told["order_id"]))
    with parts.database.reading(message.program_id) as session:
        order = order_by_id(session, message.program_id, order_id)
    zone = str(told["zone"])
    day, time = _window(told, language)
    until_day, until_time = _moment(str(told["collect_by"]), zone, language)
    change_day, change_time = _moment(str(told["change_until"]), zone, language)
    currency = str(told["currency"])
    is_open = order is not None and order.state in OPEN
    return OrderMail(
        shop=str(told["store_name"]),
        street=str(told["street"]),
        home=parts.settings.base_url,
        number=str(told["number"]),
        name=_greeted(str(told["name"])),
        day=day,
        time=time,
        until_day=until_day,
        until_time=until_time,
        change_day=change_day,
        change_time=change_time,
        lines=tuple(
            MailLine(
                _quantity(left or ordered, unit, language),
                name,
                _money(total, currency, language),
                _quantity(ordered - left, unit, language) if left < ordered else "",
            )
            for name, unit, ordered, left, total in json.loads(str(told["lines"]))
        ),
        total=_money(int(told["due_minor"]), currency, language),
        spoken=_spaced(spoken_code(order, keys=parts.tools.keys)) if order and is_open else "",
        link=order_address(parts.settings, parts.links, message.program_id, order_id),
        by=str(told["by"]),
        reason=str(told["reason"]),
    )


def event_of_mail(message: Message, parts: Services, *, language: str) -> PickupEvent | None:
    """Make the pickup of a mail for a calendar; None for mails that change no pickup."""
    if message.topic not in WITH_CALENDAR:
        return None
    told, page = message.facts, order_mail(message, parts, language=language)
    title, text = _event_words(language, page.number, page.shop, page.total)
    return PickupEvent(
        uid=_uid(str(told["order_id"]), parts),
        turn=int(told["turn"]),
        is_canceled=WITH_CALENDAR[message.topic],
        starts_at=datetime.fromisoformat(str(told["starts_at"])),
        ends_at=datetime.fromisoformat(str(told["ends_at"])),
        time_zone=str(told["zone"]),
        stamped_at=message.created_at,
        title=title,
        place=", ".join(part for part in (page.shop, page.street) if part),
        text=text,
    )


def pickup_event(view: OrderView, parts: Services, *, language: str) -> PickupEvent:
    """Make the pickup of an order for a calendar, as it stands now."""
    order, store = view.order, view.store
    total = _money(view.due_minor, order.currency, language)
    title, text = _event_words(language, order.number, store.name, total)
    return PickupEvent(
        uid=_uid(str(order.order_id), parts),
        turn=view.turn,
        is_canceled=view.state not in OPEN and view.paid_minor == 0,
        starts_at=order.slot_starts_at,
        ends_at=order.slot_ends_at,
        time_zone=store.time_zone,
        stamped_at=parts.tools.clock.now(),
        title=title,
        place=", ".join(part for part in (store.name, store.street) if part),
        text=text,
    )


def _event_words(language: str, number: str, shop: str, total: str) -> tuple[str, str]:
    page = {"number": number, "shop": shop, "total": total}
    text = mail_template(language, "pickup_event").render(page=page)
    title, _, body = text.partition("\n")
    return title.strip(), body.strip()


def _uid(order_id: str, parts: Services) -> str:
    return f"{order_id}@{urlsplit(parts.settings.base_url).hostname}"


def _window(told: Mapping[str, str | int], language: str) -> tuple[str, str]:
    day, starts = _moment(str(told["starts_at"]), str(told["zone"]), language)
    _, ends = _moment(str(told["ends_at"]), str(told["zone"]), language)
    return day, f"{starts}–{ends}"


def _moment(text: str, zone: str, language: str) -> tuple[str, str]:
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    return format_date(local.date(), DAYS[language], locale=language), f"{local:%H:%M}"


def _greeted(name: str) -> str:
    """Give the name to greet, in one line; "" when a stranger's mail would carry a link by it."""
    told = " ".join(name.split())
    return "" if LINKED.search(told) else told


def _money(minor: int, currency: str, language: str) -> str:
    amount = Decimal(minor).scaleb(-minor_digits(currency))
    return format_currency(amount, currency, locale=language)


def _quantity(milli: int, unit: str, language: str) -> str:
    if unit == "kg" and milli < KILO_MILLI:
        return f"{milli} g"
    number = format_decimal(Decimal(milli).scaleb(-3), format="#,##0.###", locale=language)
    return f"{number} kg" if unit == "kg" else f"{number} ×"


def _spaced(letters: str) -> str:
    return f"{letters[:4]} {letters[4:]}"
