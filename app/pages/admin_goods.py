"""Picking goods from the shop's list: categories to tick, products by name or reference."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from babel.dates import format_date
from babel.lists import format_list
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.auth import StaffPrincipal
from app.language import gettext
from app.pages.admin_frame import OWNER, my_stores
from app.text import locale_name, whole_text
from loyalty.catalog.browse import plain
from loyalty.catalog.queries import ProductFacts, products_of
from loyalty.kernel.errors import MalformedRequestError
from loyalty.points.earning.document import Goods

SUGGESTED_MAX: Final = 500
GOODS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the stores of an owner sell."""

    products: tuple[ProductFacts, ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """Name the categories, in the order people look them up."""
        return tuple(sorted({one.category for one in self.products if one.category}, key=plain))

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Write the first products for the list under an input."""
        return tuple(product_label(one) for one in self.products[:SUGGESTED_MAX])

    @property
    def names(self) -> Mapping[str, str]:
        """Name products by their reference."""
        return {one.sku: one.name for one in reversed(self.products)}

    def find(self, text: str) -> ProductFacts | None:
        """Find a product by its suggestion, reference, barcode or whole name."""
        wanted = _folded(text)
        for name_of in _NAMES:
            for one in self.products:
                if wanted == _folded(name_of(one)):
                    return one
        return None


@dataclass(frozen=True, slots=True)
class Picked:
    """Goods that were picked; `typed` is what nothing was found for, with `wrong` saying so."""

    categories: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    typed: str = ""
    wrong: str = ""

    def __bool__(self) -> bool:
        """Whether anything is picked."""
        return bool(self.categories or self.products)


@dataclass(frozen=True, slots=True)
class GoodsChoice:
    """One part of a form that picks goods: what is ticked, and what can be.

    Each entry is value, label, and whether it is ticked.
    """

    prefix: str
    legend: str
    categories: tuple[tuple[str, str, bool], ...]
    products: tuple[tuple[str, str, bool], ...]
    typed: str
    wrong: str
    count: int = field(default=0)


def shelf_of(session: Session, principal: StaffPrincipal) -> Shelf:
    """Take down what is on sale in an owner's stores; an equal reference counts once."""
    found: dict[str, ProductFacts] = {}
    for store in my_stores(session, principal, OWNER):
        for one in products_of(session, principal.program_id, store.store_id):
            found.setdefault(one.sku, one)
    return Shelf(tuple(found.values()))


def product_label(product: ProductFacts) -> str:
    """Write a product as the list of suggestions does."""
    return f"{product.name} · {product.sku}"


def picked_from_form(form: MultiDict[str, str], prefix: str, shelf: Shelf) -> Picked:
    """Read what is ticked; what was typed to add a product is found in the list and ticked."""
    if f"{prefix}_kept" in form:
        return _kept(form[f"{prefix}_kept"])
    chosen = dict.fromkeys(form.getlist(f"{prefix}_product"))
    typed, wrong = form.get(f"{prefix}_add", "").strip(), ""
    if typed:
        found = shelf.find(typed)
        if found is None:
            wrong = gettext("No encuentro ese producto en tu lista.")
        else:
            chosen[found.sku], typed = None, ""
    categories = dict.fromkeys(form.getlist(f"{prefix}_category"))
    return Picked(tuple(categories), tuple(chosen), typed, wrong)


def kept_field(prefix: str, picked: Picked) -> dict[str, str]:
    """Write what was picked as one field, for the form that takes a change back."""
    kept = {"categories": picked.categories, "products": picked.products}
    return {f"{prefix}_kept": json.dumps(kept, separators=(",", ":"))}


def _kept(text: str) -> Picked:
    """Read what `kept_field` wrote.

    Errors: `MalformedRequestError` for anything else.
    """
    try:
        told = json.loads(text)
        return Picked(tuple(map(str, told["categories"])), tuple(map(str, told["products"])))
    except (ValueError, KeyError, TypeError):
        raise MalformedRequestError(field="kept") from None


def goods_choice(prefix: str, legend: str, picked: Picked, shelf: Shelf) -> GoodsChoice:
    """Lay the picking out; what is not in the list any more can still be taken off."""
    names = shelf.names
    categories = dict.fromkeys((*shelf.categories, *picked.categories))
    return GoodsChoice(
        prefix=prefix,
        legend=legend,
        categories=tuple((one, one, one in picked.categories) for one in categories),
        products=tuple((sku, names.get(sku, sku), True) for sku in picked.products),
        typed=picked.typed,
        wrong=picked.wrong,
        count=len(picked.categories) + len(picked.products),
    )


def goods_text(goods: Goods, products: Mapping[str, str]) -> str:
    """Name goods: categories first; of many, how many more."""
    names = [*goods.categories, *(products.get(each, each) for each in goods.products)]
    if len(names) <= GOODS_SHOWN:
        return format_list(names, locale=locale_name())
    shown, more = names[: GOODS_SHOWN - 1], len(names) - GOODS_SHOWN + 1
    return gettext("%(names)s y %(more)s cosas más", names=", ".join(shown), more=whole_text(more))


def plain_day_text(day: date) -> str:
    """Write a day of the calendar: 31 dic 2026."""
    return format_date(day, "d MMM y", locale=locale_name())


_NAMES: Final[tuple[Callable[[ProductFacts], str], ...]] = (
    product_label,
    lambda one: one.sku,
    lambda one: one.barcode,
    lambda one: one.name,
)


def _folded(text: str) -> str:
    return " ".join(plain(text).split())
