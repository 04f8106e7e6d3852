"""What an order's own page shows: how it stands, the code, what is in it, what can be changed."""

from dataclasses import dataclass
from typing import Final

from flask import url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.language import gettext
from app.links import LinkPurpose
from app.pages.card_page import spaced
from app.pages.checkout_page import SlotDay, slot_days
from app.pages.goods_words import moment_text, price_text, quantity_text, window_text
from app.pages.shop_frame import ShopFrame, shop_frame
from app.pages.store_page import Contact, Knot, contact_of
from app.text import clock_text, money_parts, money_text
from app.wiring import absolute_url, services
from loyalty.codes.render import live_svg
from loyalty.journeys.order_totals import line_total
from loyalty.journeys.order_view import CollectView, OrderView
from loyalty.journeys.pickup_slots import pickup_slots
from loyalty.orders.queries import DelegateFacts, LineFacts, OrderFacts
from loyalty.orders.rules import OPEN, OrderState

SHOPPER: Final = "shopper"
CLOCK: Final = "clock"


@dataclass(frozen=True, slots=True)
class Ended:
    """How an order ended: a tone ("success", "attention"), an icon, a title, why."""

    tone: str
    icon: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A line of an order; `short` says what of it is missing."""

    quantity: str
    name: str
    price: str
    total: str
    short: str


@dataclass(frozen=True, slots=True)
class DelegateRow:
    """Somebody else who may collect, and the address that is sent to them."""

    name: str
    subject: str
    href: str
    address: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One order, for whoever ordered it."""

    frame: ShopFrame
    token: str
    number: str
    version: str
    status: str
    ended: Ended | None
    window: str
    place: str
    knots: tuple[Knot, ...]
    code_svg: Markup
    code_text: str
    spoken: str
    keep_text: str
    rows: tuple[OrderRow, ...]
    reward_name: str
    reward_off: str
    total_label: str
    total: tuple[str, str, str]
    note: str
    calendar_href: str
    state_href: str
    can_change: bool
    change_text: str
    days: tuple[SlotDay, ...]
    is_open: bool
    delegates: tuple[DelegateRow, ...]
    contact: Contact | None
    shop_href: str


@dataclass(frozen=True, slots=True)
class CollectPage:
    """What somebody who collects for another sees."""

    frame: ShopFrame
    number: str
    name: str
    window: str
    place: str
    ended: Ended | None
    code_svg: Markup
    code_text: str


def order_page(session: Session, view: OrderView, *, token: str) -> OrderPage:
    """Gather an order's page."""
    order, store = view.order, view.store
    now = services().tools.clock.now()
    zone = store.time_zone
    is_open = view.state in OPEN
    is_done = view.state is OrderState.DONE
    is_off = not is_open and not is_done
    offers = pickup_slots(session, store, now=now) if view.can_change else ()
    others = tuple(each for each in offers if each.slot.starts_at != order.slot_starts_at)
    amount = view.paid_minor if is_done else view.due_minor
    return OrderPage(
        frame=shop_frame(store),
        token=token,
        number=order.number,
        version=view.version,
        status=_status(view),
        ended=_ended(view),
        window=window_text(order.slot_starts_at, order.slot_ends_at, zone, now=now),
        place=", ".join(part for part in (store.name, store.street) if part),
        knots=_knots(view),
        code_svg=_picture(view.code, gettext("Código para recoger el pedido")),
        code_text=view.code,
        spoken=spaced(view.spoken) if view.spoken else "",
        keep_text=_keep_text(view),
        rows=tuple(_row(line, order.currency, is_off=is_off) for line in view.lines),
        reward_name=view.reward_name or "",
        reward_off=_reward_off(order),
        total_label=_total_label(view.state),
        total=money_parts(amount, order.currency),
        note=order.note,
        calendar_href=url_for("order.calendar", token=token),
        state_href=url_for("order.state", token=token),
        can_change=view.can_change,
        change_text=_change_text(view),
        days=slot_days(others, store, now=now, wanted=None),
        is_open=is_open,
        delegates=tuple(_delegate(order.program_id, each) for each in view.delegates if is_open),
        contact=contact_of(store),
        shop_href=url_for("shop.goods", slug=store.slug),
    )


def _reward_off(order: OrderFacts) -> str:
    """Write what the reward takes off, or took off at the handoff."""
    minor = order.discount_minor or order.discount_taken_minor
    return gettext("−%(amount)s", amount=money_text(minor, order.currency)) if minor else ""


def collect_page(view: CollectView) -> CollectPage:
    """Gather the page of somebody who collects for another."""
    order, store = view.order, view.store
    now = services().tools.clock.now()
    return CollectPage(
        frame=shop_frame(store),
        number=order.number,
        name=view.name,
        window=window_text(order.slot_starts_at, order.slot_ends_at, store.time_zone, now=now),
        place=", ".join(part for part in (store.name, store.street) if part),
        ended=_no_collecting(view),
        code_svg=_picture(view.code, gettext("Código para recoger el pedido")),
        code_text=view.code,
    )


def _picture(code: str, label: str) -> Markup:
    return Markup(live_svg(code, label=label)) if code else Markup("")  # noqa: S704  drawn by us


def _delegate(program_id: int, each: DelegateFacts) -> DelegateRow:
    payload = {"program_id": program_id, "code_subject": each.code_subject}
    token = services().links.sign(LinkPurpose.COLLECT, payload)
    return DelegateRow(
        name=each.name,
        subject=each.code_subject,
        href=url_for("collect.collect", token=token),
        address=absolute_url("collect.collect", token=token),
    )


def _keep_text(view: OrderView) -> str:
    """Tell whoever gets no mail that the code is nowhere else."""
    if view.order.contact_email or view.state not in OPEN:
        return ""
    return gettext(
        "Guarda esta página o haz una captura: sin correo, tu código no está en otro sitio."
    )


def _total_label(state: OrderState) -> str:
    if state is OrderState.DONE:
        return gettext("Pagado al recoger")
    return gettext("Pagas al recoger") if state in OPEN else gettext("No se cobra")


def _row(line: LineFacts, currency: str, *, is_off: bool) -> OrderRow:
    """Write a line; of an order that was called off it says what it was, not what is missing."""
    there = line.quantities
    left = line.ordered_milli if is_off else there.held or there.completed
    missing = line.ordered_milli - left
    short = ""
    if missing and left:
        short = gettext(
            "Pediste %(asked)s, hay %(there)s",
            asked=quantity_text(line.ordered_milli, line.unit),
            there=quantity_text(left, line.unit),
        )
    elif missing and there.canceled:
        short = gettext("No hay: no se cobra")
    return OrderRow(
        quantity=quantity_text(left or line.ordered_milli, line.unit),
        name=line.name,
        price=price_text(line.price_minor, line.unit, currency),
        total=money_text(line_total(line, left), currency),
        short=short,
    )


def _status(view: OrderView) -> str:
    """Say in a sentence how the order stands."""
    order, zone = view.order, view.store.time_zone
    now = services().tools.clock.now()
    if view.state is OrderState.PLACED:
        return gettext(
            "La tienda lo confirma %(when)s como muy tarde.",
            when=moment_text(order.accept_by, zone, now=now),
        )
    if view.state is OrderState.ACCEPTED:
        return gettext("La tienda lo ha visto y lo prepara.")
    if view.state is OrderState.READY:
        return gettext(
            "Está listo. Recógelo hasta %(when)s.",
            when=moment_text(order.collect_by, zone, now=now),
        )
    return ""


def _ended(view: OrderView) -> Ended | None:
    if view.state is OrderState.DONE:
        return Ended("success", "bag-check", gettext("Recogido"), gettext("Gracias por tu pedido."))
    if view.state is OrderState.MISSED:
        return Ended(
            "attention",
            "exclamation-lg",
            gettext("No se recogió"),
            gettext("El plazo pasó y la tienda guardó lo suyo. No se te cobra nada."),
        )
    if view.state is OrderState.CANCELED:
        title = gettext("Pedido cancelado")
        return Ended("attention", "x-lg", title, canceled_words(view))
    return None


def canceled_words(view: OrderView) -> str:
    """Say who called an order off, and why."""
    ending = view.ending
    if ending is None or ending.actor == CLOCK:
        return gettext("La tienda no llegó a confirmarlo a tiempo. No se te cobra nada.")
    if ending.actor == SHOPPER:
        return gettext("Lo cancelaste tú. No se te cobra nada.")
    if ending.reason:
        return gettext(
            "Lo canceló la tienda: %(reason)s. No se te cobra nada.", reason=ending.reason
        )
    return gettext("Lo canceló la tienda. No se te cobra nada.")


def _no_collecting(view: CollectView) -> Ended | None:
    if view.is_revoked:
        return Ended(
            "attention",
            "x-lg",
            gettext("Este código ya no sirve"),
            gettext("Quien hizo el pedido lo retiró. Pregúntale."),
        )
    if view.state is OrderState.DONE:
        return Ended("success", "bag-check", gettext("Ya está recogido"), "")
    if view.state not in OPEN:
        return Ended(
            "attention",
            "x-lg",
            gettext("Este pedido ya no se recoge"),
            gettext("Se canceló o pasó el plazo."),
        )
    return None


def _change_text(view: OrderView) -> str:
    zone, now = view.store.time_zone, services().tools.clock.now()
    if view.can_change:
        return gettext(
            "Puedes cambiarlo tú hasta %(when)s.",
            when=moment_text(view.order.change_until, zone, now=now),
        )
    if view.state in OPEN:
        return gettext("Ya no se puede cambiar desde aquí. Si no puedes venir, avisa a la tienda.")
    return ""


def _knots(view: OrderView) -> tuple[Knot, ...]:
    """Draw how far an order has come."""
    order, zone = view.order, view.store.time_zone
    titles = (
        (gettext("Pedido"), order.placed_at),
        (gettext("La tienda lo prepara"), order.accepted_at),
        (gettext("Listo para recoger"), order.ready_at),
        (gettext("Recogido"), order.ended_at if view.state is OrderState.DONE else None),
    )
    reached = {
        OrderState.PLACED: 1,
        OrderState.ACCEPTED: 2,
        OrderState.READY: 3,
        OrderState.DONE: 4,
    }.get(view.state, 0)
    knots = []
    for place, (title, at) in enumerate(titles, start=1):
        state = "done" if place < reached or reached == len(titles) else "later"
        state = "now" if place == reached < len(titles) else state
        knots.append(Knot(state, title, clock_text(at, zone) if at and place <= reached else ""))
    return tuple(knots) if reached else ()
