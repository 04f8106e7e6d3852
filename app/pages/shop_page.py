"""What the shop's page with its goods shows."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import url_for
from sqlalchemy.orm import Session

from app.language import gettext, ngettext
from app.pages.goods_words import (
    drawing_of,
    left_text,
    price_text,
    quantity_text,
    unit_text,
    window_text,
)
from app.pages.open_words import open_text
from app.pages.shop_frame import ShopFrame, shop_frame
from app.pages.store_page import HoursRow, hours_rows
from app.text import money_text
from app.wiring import services
from loyalty.catalog.goods import goods_on_sale
from loyalty.catalog.queries import ProductFacts
from loyalty.journeys.fill_cart import CartView
from loyalty.journeys.pickup_slots import SlotOffer, pickup_slots
from loyalty.orders.queries import policy_of
from loyalty.programs.queries import StoreFacts

PAGE_SIZE: Final = 60


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody looks for, and the signed visit that goes along."""

    text: str = ""
    category: str = ""
    page: int = 1
    visit: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A category to choose."""

    label: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class GoodsCard:
    """A product as it stands in the window; `quantity` is what the cart holds, "" for none."""

    product_id: str
    anchor: str
    name: str
    unit: str
    price: str
    drawing: str
    left: str
    is_gone: bool
    quantity: str
    can_add: bool


@dataclass(frozen=True, slots=True)
class CartBar:
    """The bar at the bottom: how many things and how much; `count` is "" while it is empty."""

    count: str
    total: str
    href: str


@dataclass(frozen=True, slots=True)
class ShopPage:
    """The goods of a store, and when they can be collected."""

    frame: ShopFrame
    open_text: str
    card_href: str
    has_card: bool
    shop_href: str
    put_href: str
    can_order: bool
    pickup_text: str
    hours: tuple[HoursRow, ...]
    looked: Looked
    cart_token: str
    tabs: tuple[Tab, ...]
    found_text: str
    goods: tuple[GoodsCard, ...]
    more_href: str
    bar: CartBar


def takes_orders(session: Session, store: StoreFacts) -> bool:
    """Say whether a store lets orders be collected at all."""
    policy = policy_of(session, store.program_id, store.store_id)
    return policy is not None and policy.is_open


def shop_page(
    session: Session,
    store: StoreFacts,
    looked: Looked,
    *,
    cart: CartView,
    cart_token: str,
    has_card: bool,
) -> ShopPage:
    """Gather the goods, what of them is in the cart, and the next time to collect."""
    now = services().tools.clock.now()
    can_order = takes_orders(session, store)
    found = goods_on_sale(
        session,
        store.program_id,
        store.store_id,
        text=looked.text,
        category=looked.category,
        skip=(looked.page - 1) * PAGE_SIZE,
        take=PAGE_SIZE,
    )
    offers = pickup_slots(session, store, now=now) if can_order else ()
    in_cart = {item.product.product_id: item.quantity_milli for item in cart.items}
    more = found.count > looked.page * PAGE_SIZE
    return ShopPage(
        frame=shop_frame(store),
        open_text=open_text(session, store, now),
        card_href=url_for("card.card") if has_card else url_for("store.shop", slug=store.slug),
        has_card=has_card,
        shop_href=url_for("shop.goods", slug=store.slug),
        put_href=url_for("shop.put", slug=store.slug),
        can_order=can_order,
        pickup_text=_pickup_text(store, offers) if can_order else "",
        hours=() if can_order else hours_rows(store),
        looked=looked,
        cart_token=cart_token,
        tabs=_tabs(store, looked, found.categories),
        found_text=_found_text(found.count) if looked.text else "",
        goods=tuple(
            goods_card(each, in_cart.get(each.product_id, 0), can_order=can_order)
            for each in found.products
        ),
        more_href=shop_address(store, looked, page=looked.page + 1) if more else "",
        bar=cart_bar(store, cart),
    )


def cart_bar(store: StoreFacts, cart: CartView) -> CartBar:
    """Sum the cart up in a line."""
    count = len(cart.items)
    return CartBar(
        count=ngettext("%(num)s artículo", "%(num)s artículos", count) if count else "",
        total=money_text(cart.total_minor, store.currency),
        href=url_for("checkout.cart", slug=store.slug),
    )


def goods_card(product: ProductFacts, quantity_milli: int, *, can_order: bool) -> GoodsCard:
    """Put a product into the window."""
    there = product.available_milli
    return GoodsCard(
        product_id=str(product.product_id),
        anchor=f"p-{product.product_id.hex[-12:]}",
        name=product.name,
        unit=unit_text(product),
        price=price_text(product.price_minor, product.unit, product.currency),
        drawing=drawing_of(product),
        left=left_text(product),
        is_gone=there == 0,
        quantity=quantity_text(quantity_milli, product.unit) if quantity_milli else "",
        can_add=can_order and (there is None or quantity_milli < there),
    )


def shop_address(
    store: StoreFacts, looked: Looked, *, category: str | None = None, page: int = 1
) -> str:
    """Give the address of the goods as somebody looks at them."""
    told = {
        "q": looked.text,
        "category": looked.category if category is None else category,
        "page": str(page) if page > 1 else "",
        "visit": looked.visit,
    }
    query = urlencode({name: value for name, value in told.items() if value})
    href = url_for("shop.goods", slug=store.slug)
    return f"{href}?{query}" if query else href


def _tabs(store: StoreFacts, looked: Looked, categories: tuple[str, ...]) -> tuple[Tab, ...]:
    if not categories:
        return ()
    plain = Looked(visit=looked.visit)
    every = Tab(gettext("Todo"), shop_address(store, plain), is_current=not looked.category)
    return (
        every,
        *(
            Tab(each, shop_address(store, plain, category=each), each == looked.category)
            for each in categories
        ),
    )


def _found_text(count: int) -> str:
    return ngettext("%(num)s producto", "%(num)s productos", count)


def _pickup_text(store: StoreFacts, offers: tuple[SlotOffer, ...]) -> str:
    """Say when the first place is free, or that none is."""
    now = services().tools.clock.now()
    free = next((each.slot for each in offers if each.places), None)
    if free is None:
        return gettext("Ahora no queda ninguna hora libre para recoger.")
    window = window_text(free.starts_at, free.ends_at, store.time_zone, now=now)
    return gettext("La primera hora libre: %(window)s.", window=window[:1].lower() + window[1:])
