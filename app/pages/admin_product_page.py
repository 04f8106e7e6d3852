"""What the page of one product shows, or of one that is about to be added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext
from app.pages.admin_amounts import text_from_milli, text_from_share
from app.pages.admin_frame import Frame, Typed, frame_of, take_typed
from app.pages.admin_product_form import form_of
from app.pages.admin_product_words import (
    move_word,
    quantity_text,
    short_text,
    stock_text,
    unit_word,
)
from app.pages.admin_team_page import Choice
from app.text import recent_text
from loyalty.catalog.browse import MoveFacts, last_moves
from loyalty.catalog.queries import ProductFacts
from loyalty.catalog.usual import usual_of
from loyalty.programs.queries import StoreFacts

MOVES: Final = 10


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One reason of a stock."""

    word: str
    when: str
    change: str


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Everything the page of a product shows; `is_new` when there is none yet."""

    frame: Frame
    store_id: str
    store_name: str
    title: str
    is_new: bool
    save_url: str
    sku: str
    values: dict[str, str]
    units: tuple[Choice, ...]
    categories: tuple[str, ...]
    currency: str
    typed: Typed
    is_active: bool
    sale_url: str
    count_url: str
    act: str
    stock: str
    stock_value: str
    stock_unit: str
    short: str
    moves: tuple[MoveRow, ...]
    count_typed: Typed


def new_product_page(session: Session, principal: StaffPrincipal, store: StoreFacts) -> ProductPage:
    """Lay out an empty product."""
    typed = take_typed("product")
    usual = usual_of(session, principal.program_id, store.store_id)
    fields = ("name", "price", "tax", "unit", "barcode", "category", "description", "sku", "stock")
    values = {name: typed.value(name) for name in fields}
    values["tax"] = typed.value("tax", text_from_share(usual.tax_bp))
    return ProductPage(
        frame=frame_of(session, principal, section="products", store=store),
        store_id=str(store.store_id),
        store_name=store.name,
        title=gettext("Añadir un producto"),
        is_new=True,
        save_url=url_for("admin_products.add", store_id=store.store_id),
        sku="",
        values=values,
        units=_units(typed.value("unit", "piece")),
        categories=usual.categories,
        currency=store.currency,
        typed=typed,
        is_active=True,
        sale_url="",
        count_url="",
        act="",
        stock="",
        stock_value=values["stock"],
        stock_unit="",
        short="",
        moves=(),
        count_typed=take_typed("count"),
    )


def product_page(
    session: Session,
    principal: StaffPrincipal,
    store: StoreFacts,
    product: ProductFacts,
    *,
    now: datetime,
) -> ProductPage:
    """Lay out a product; what was typed and refused stands in its field."""
    typed, count_typed = take_typed("product"), take_typed("count")
    values = {name: typed.value(name, kept) for name, kept in form_of(product).items()}
    address: dict[str, Any] = {"store_id": store.store_id, "product_id": product.product_id}
    moves = last_moves(session, principal.program_id, product.product_id, limit=MOVES)
    counted = product.on_hand_milli
    shown = "" if counted is None or counted < 0 else text_from_milli(counted)
    return ProductPage(
        frame=frame_of(session, principal, section="products", store=store),
        store_id=str(store.store_id),
        store_name=store.name,
        title=product.name,
        is_new=False,
        save_url=url_for("admin_products.change", **address),
        sku=product.sku,
        values=values,
        units=_units(values["unit"]),
        categories=usual_of(session, principal.program_id, store.store_id).categories,
        currency=store.currency,
        typed=typed,
        is_active=product.is_active,
        sale_url=url_for("admin_products.sale", **address),
        count_url=url_for("admin_products.count", **address),
        act=str(uuid4()),
        stock=stock_text(product),
        stock_value=count_typed.value("stock", shown),
        stock_unit=unit_word(product.unit),
        short=short_text(product),
        moves=tuple(_move(move, product, store, now=now) for move in moves),
        count_typed=count_typed,
    )


def _move(move: MoveFacts, product: ProductFacts, store: StoreFacts, *, now: datetime) -> MoveRow:
    delta = move.on_hand_delta or -move.reserved_delta
    return MoveRow(
        word=move_word(move.kind),
        when=recent_text(move.at, store.time_zone, now=now),
        change=f"{'+' if delta > 0 else ''}{quantity_text(delta, product.unit)}",
    )


def _units(chosen: str) -> tuple[Choice, ...]:
    labels = {"piece": gettext("Por pieza"), "kg": gettext("Por kilo")}
    return tuple(Choice(unit, label, is_chosen=unit == chosen) for unit, label in labels.items())
