"""How orders, their times and what became of them are put into words for the store's people."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from app.language import gettext, ngettext
from app.pages.admin_product_words import quantity_text
from app.text import clock_text, locale_name, whole_text
from loyalty.catalog.rules import MILLI
from loyalty.journeys.order_board import LastSaid
from loyalty.orders.queries import LineFacts, OrderFacts
from loyalty.orders.rules import OrderState

MINUTE_S: Final = 60
HOUR_MIN: Final = 60


def amount_text(milli: int, unit: str) -> str:
    """Write how much to take, to stand before a name: 2×, 1,5 kg."""
    return quantity_text(milli, "kg") if unit == "kg" else f"{whole_text(milli // MILLI)}×"


def window_text(order: OrderFacts, zone: str, *, now: datetime) -> str:
    """Write when an order is collected: 19:00–19:30; with its day when that is not today."""
    begins, ends = (clock_text(at, zone) for at in (order.slot_starts_at, order.slot_ends_at))
    day = slot_day_text(order.slot_starts_at, zone, now=now)
    times = f"{begins}\N{EN DASH}{ends}"
    return f"{day} {times}" if day else times


def slot_day_text(at: datetime, zone: str, *, now: datetime) -> str:
    """Name the day of a slot: "" for today, mañana, or sáb 21."""
    there = ZoneInfo(zone)
    days = (at.astimezone(there).date() - now.astimezone(there).date()).days
    if days == 0:
        return ""
    if days == 1:
        return gettext("mañana")
    return format_date(at.astimezone(there).date(), gettext("EEE d"), locale=locale_name())


def passed_text(since: datetime, *, now: datetime) -> str:
    """Write how long ago something was: menos de 1 min, 12 min, 2 h 5 min."""
    minutes = max(0, int((now - since).total_seconds()) // MINUTE_S)
    if minutes == 0:
        return gettext("menos de 1 min")
    if minutes < HOUR_MIN:
        return gettext("%(minutes)s min", minutes=minutes)
    hours, rest = divmod(minutes, HOUR_MIN)
    if hours >= HOUR_MIN:  # some days: nobody counts minutes any more
        return gettext("%(hours)s h", hours=hours)
    return gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)


def left_text(until: datetime, *, now: datetime) -> str:
    """Write how long is left: menos de 1 min, 12 min, 2 h 5 min."""
    return passed_text(now, now=until)


def goods_text(lines: tuple[LineFacts, ...]) -> str:
    """Count what is wanted: 7 artículos; a weighed product is one."""
    count = sum(
        1 if line.unit == "kg" else line.quantities.held // MILLI
        for line in lines
        if line.quantities.held
    )
    return ngettext("%(count)s artículo", "%(count)s artículos", count, count=whole_text(count))


def missing_text(to_pick: int) -> str:
    """Say how many lines are still to be picked; "" when none is."""
    if not to_pick:
        return ""
    return ngettext(
        "Falta %(count)s para terminar", "Faltan %(count)s para terminar", to_pick, count=to_pick
    )


def state_word(state: OrderState) -> str:
    """Say how an order stands, in one or two words."""
    words = {
        OrderState.PLACED: gettext("nuevo"),
        OrderState.ACCEPTED: gettext("preparando"),
        OrderState.READY: gettext("listo"),
        OrderState.DONE: gettext("entregado"),
        OrderState.CANCELED: gettext("cancelado"),
        OrderState.MISSED: gettext("no vino nadie"),
    }
    return words[state]


def who_text(said: LastSaid, *, contact: str) -> str:
    """Name who did something: a colleague, the shopper, a till or the clock."""
    if said.name:
        return said.name
    words = {"shopper": contact, "clock": gettext("el reloj")}
    return words.get(said.act.actor, gettext("la caja"))


def truth_text(order: OrderFacts, said: LastSaid | None, *, now: datetime) -> str:
    """Say how an order really stands and since when, to somebody who saw it otherwise."""
    state = order.state_at(now)
    who = "" if said is None else who_text(said, contact=order.contact_name)
    told = {
        OrderState.PLACED: gettext("El pedido %(number)s espera que alguien lo acepte."),
        OrderState.ACCEPTED: gettext("El pedido %(number)s se está preparando, con %(who)s."),
        OrderState.READY: gettext("El pedido %(number)s ya está listo."),
        OrderState.DONE: gettext("El pedido %(number)s ya se entregó, hace %(ago)s."),
        OrderState.CANCELED: gettext("El pedido %(number)s está cancelado: %(who)s, hace %(ago)s."),
        OrderState.MISSED: gettext("El pedido %(number)s se cerró: nadie vino a tiempo."),
    }
    since = order.ended_at or (order.deadline if state is not order.state else None) or now
    return told[state] % {
        "number": order.number,
        "who": who or gettext("el reloj"),
        "ago": passed_text(since, now=now),
    }
