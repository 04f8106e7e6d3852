"""What the cart shows: its lines, the times to collect, who collects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from app.api.wording import cost_text
from app.language import gettext, ngettext
from app.links import LinkPurpose
from app.pages.goods_words import (
    day_title,
    drawing_of,
    only_text,
    price_text,
    quantity_text,
    span_text,
)
from app.pages.shop_frame import ShopFrame, shop_frame
from app.pages.shop_page import takes_orders
from app.pages.visited import phone_here
from app.text import money_parts, money_text
from app.wiring import services
from loyalty.catalog.rules import MILLI
from loyalty.journeys.cart_rewards import CartReward
from loyalty.journeys.fill_cart import CartItem, CartView
from loyalty.journeys.pickup_slots import SlotOffer, pickup_slots
from loyalty.orders.carts import CartPlace
from loyalty.orders.queries import policy_of
from loyalty.programs.queries import StoreFacts

FEW_PLACES: Final = 2
TYPED: Final = ("name", "email", "phone", "note", "reward", "points")


@dataclass(frozen=True, slots=True)
class CartRow:
    """A line of the cart; `problem` says what is wrong with it, `keep_milli` what is possible."""

    product_id: str
    name: str
    drawing: str
    price: str
    quantity: str
    total: str
    can_add: bool
    problem: str
    keep_milli: int
    keep_text: str


@dataclass(frozen=True, slots=True)
class SlotTile:
    """A time to choose; `value` is its beginning in seconds since 1970."""

    value: int
    text: str
    note: str
    is_full: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class SlotDay:
    """The times of one day in the store's calendar."""

    title: str
    free: str
    is_open: bool
    tiles: tuple[SlotTile, ...]


@dataclass(frozen=True, slots=True)
class TypedForm:
    """What was typed, to be given back, and what is wrong with which field."""

    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Give back what was typed."""
        return self.typed.get(name, "")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing was ordered, and what to do."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class RewardTile:
    """A reward to choose; `most` points where the shopper says how many, else 0."""

    value: str
    name: str
    cost: str
    off: str
    most: int
    points: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CartPage:
    """The cart and everything that is asked to order it."""

    frame: ShopFrame
    shop_href: str
    order_href: str
    line_href: str
    can_order: bool
    rows: tuple[CartRow, ...]
    total: tuple[str, str, str]
    total_text: str
    days: tuple[SlotDay, ...]
    rewards: tuple[RewardTile, ...]
    cutoff_text: str
    token: str
    form: TypedForm
    trouble: Trouble | None
    name_wrong: str
    email_wrong: str
    keeps_phone: bool


def cart_page(  # noqa: PLR0913  a cart page has this many sides
    session: Session,
    store: StoreFacts,
    place: CartPlace | None,
    cart: CartView,
    *,
    form: TypedForm,
    wanted: datetime | None = None,
    trouble: Trouble | None = None,
    rewards: Sequence[CartReward] = (),
) -> CartPage:
    """Gather the cart as it would be ordered now; `wanted` is the time that was chosen before."""
    now = services().tools.clock.now()
    can_order = takes_orders(session, store)
    offers = pickup_slots(session, store, now=now) if can_order and cart.items else ()
    policy = policy_of(session, store.program_id, store.store_id)
    return CartPage(
        frame=shop_frame(store),
        shop_href=url_for("shop.goods", slug=store.slug),
        order_href=url_for("checkout.order", slug=store.slug),
        line_href=url_for("checkout.change", slug=store.slug),
        can_order=can_order,
        rows=tuple(cart_row(item) for item in cart.items),
        total=money_parts(cart.total_minor, store.currency),
        total_text=money_text(cart.total_minor, store.currency),
        days=slot_days(offers, store, now=now, wanted=wanted),
        rewards=tuple(_reward_tile(each, form, store.currency) for each in rewards),
        cutoff_text=_cutoff_text(policy.cutoff_minutes) if policy else "",
        token=_token(place, cart),
        form=form,
        trouble=trouble,
        name_wrong=form.wrong.get("name", ""),
        email_wrong=form.wrong.get("email", ""),
        keeps_phone=phone_here(store) is not None,
    )


def _reward_tile(each: CartReward, form: TypedForm, currency: str) -> RewardTile:
    """Write a reward as the cart offers it."""
    reward, discount = each.reward, each.discount
    minor = money_text(discount.minor, currency)
    return RewardTile(
        value=str(reward.reward_id),
        name=reward.name,
        cost=cost_text(reward, discount.points),
        off=gettext("−%(amount)s", amount=minor) if discount.minor else gettext("gratis"),
        most=discount.points if each.is_money else 0,
        points=form.value("points") or str(discount.points),
        is_chosen=form.value("reward") == str(reward.reward_id),
    )


def cart_row(item: CartItem) -> CartRow:
    """Write a line of the cart."""
    product, there = item.product, item.product.available_milli
    keep = 0
    if item.is_short and not item.is_gone and there is not None:
        keep = there - there % MILLI if product.unit == "piece" else there
    return CartRow(
        product_id=str(product.product_id),
        name=product.name,
        drawing=drawing_of(product),
        price=price_text(product.price_minor, product.unit, product.currency),
        quantity=quantity_text(item.quantity_milli, product.unit),
        total=money_text(item.total_minor, product.currency),
        can_add=there is None or item.quantity_milli < there,
        problem=_problem(item),
        keep_milli=keep,
        keep_text=gettext("Dejar %(much)s", much=quantity_text(keep, product.unit)),
    )


def _problem(item: CartItem) -> str:
    if not item.product.is_active:
        return gettext("Ya no está a la venta")
    if item.is_gone:
        return gettext("Se ha agotado")
    return only_text(item.product) if item.is_short else ""


def nearest(offers: Iterable[SlotOffer], wanted: datetime) -> SlotOffer | None:
    """Choose the free time that is nearest to one that cannot be had."""
    free = [each for each in offers if each.places]
    return min(free, key=lambda each: abs(each.slot.starts_at - wanted), default=None)


def slot_days(
    offers: tuple[SlotOffer, ...],
    store: StoreFacts,
    *,
    now: datetime,
    wanted: datetime | None,
) -> tuple[SlotDay, ...]:
    """Lay the offered times out by day; the wanted one is chosen, else the first free one."""
    zone = ZoneInfo(store.time_zone)
    free = [each for each in offers if each.places]
    chosen = next((each for each in free if each.slot.starts_at == wanted), None)
    if chosen is None:
        chosen = nearest(offers, wanted) if wanted else next(iter(free), None)
    today = now.astimezone(zone).date()
    days: list[SlotDay] = []
    for day, group in groupby(offers, key=lambda each: each.slot.starts_at.astimezone(zone).date()):
        of_day = tuple(group)
        count = sum(1 for each in of_day if each.places)
        days.append(
            SlotDay(
                title=day_title(day, today=today),
                free=ngettext("%(num)s hora libre", "%(num)s horas libres", count)
                if count
                else gettext("completo"),
                is_open=chosen in of_day,
                tiles=tuple(_tile(each, store, is_chosen=each is chosen) for each in of_day),
            )
        )
    return tuple(days)


def _tile(offer: SlotOffer, store: StoreFacts, *, is_chosen: bool) -> SlotTile:
    slot, places = offer.slot, offer.places
    note = gettext("completo") if not places else ""
    if 0 < places <= FEW_PLACES:
        note = ngettext("queda %(num)s", "quedan %(num)s", places)
    return SlotTile(
        value=int(slot.starts_at.timestamp()),
        text=span_text(slot.starts_at, slot.ends_at, store.time_zone),
        note=note,
        is_full=not places,
        is_chosen=is_chosen,
    )


def _cutoff_text(minutes: int) -> str:
    if minutes == 0:
        return gettext("Puedes cambiar la hora o cancelar tú hasta que empiece.")
    if minutes % 60:
        return gettext("Puedes cambiar la hora o cancelar tú hasta %(num)s min antes.", num=minutes)
    return ngettext(
        "Puedes cambiar la hora o cancelar tú hasta %(num)s hora antes.",
        "Puedes cambiar la hora o cancelar tú hasta %(num)s horas antes.",
        minutes // 60,
    )


def _token(place: CartPlace | None, cart: CartView) -> str:
    """Sign the cart as it is shown: exactly this is ordered, or nothing."""
    if place is None or cart.order_id is None or not cart.items:
        return ""
    payload = {
        "program_id": place.program_id,
        "cart_id": str(place.cart_id),
        "store_id": str(place.store_id),
        "order_id": str(cart.order_id),
        "seal": cart.seal,
    }
    return services().links.sign(LinkPurpose.CHECKOUT, payload)
