"""What the list of products shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import ngettext
from app.pages.admin_frame import Frame, frame_of, my_stores
from app.pages.admin_product_words import (
    share_text,
    short_text,
    show_words,
    stock_text,
    unit_word,
)
from app.pages.admin_store_page import StoreTab
from app.text import money_text, whole_text
from loyalty.catalog.browse import SHOWS, Asked, Show, find_products
from loyalty.catalog.queries import ProductFacts
from loyalty.programs.queries import StoreFacts

ROWS: Final = 50
PAGES_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product of the list; `short` says what is wrong with its stock, or is ""."""

    name: str
    href: str
    detail: str
    price: str
    stock: str
    short: str
    short_tone: str
    is_active: bool
    sale_url: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A way to narrow the list, and how many it leaves."""

    label: str
    count: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ProductsPage:
    """Everything the list of products shows."""

    frame: Frame
    store_id: str
    store_name: str
    tabs: tuple[StoreTab, ...]
    text: str
    show: str
    category: str
    categories: tuple[str, ...]
    filters: tuple[Filter, ...]
    is_empty: bool
    count: str
    rows: tuple[ProductRow, ...]
    before_url: str
    after_url: str
    where: str
    import_url: str


def products_page(
    session: Session, principal: StaffPrincipal, store: StoreFacts, args: Mapping[str, str]
) -> ProductsPage:
    """Lay out a page of a store's products as the address asks for them."""
    asked = _asked(args)
    number = _page_number(args.get("page", ""))
    found = find_products(
        session,
        principal.program_id,
        store.store_id,
        asked,
        skip=ROWS * (number - 1),
        take=ROWS,
    )
    pages = max(1, -(-found.count // ROWS))

    def address(**changed: str | int) -> str:
        kept = {"q": asked.text, "category": asked.category, "show": asked.show}
        told: dict[str, Any] = {name: value for name, value in {**kept, **changed}.items() if value}
        return url_for("admin_products.products", store_id=store.store_id, **told)

    return ProductsPage(
        frame=frame_of(session, principal, section="products", store=store),
        store_id=str(store.store_id),
        store_name=store.name,
        tabs=tuple(
            StoreTab(
                name=one.name,
                href=url_for("admin_products.products", store_id=one.store_id),
                is_current=one.store_id == store.store_id,
            )
            for one in my_stores(session, principal, "owner", "manager")
        ),
        text=asked.text,
        show=asked.show,
        category=asked.category,
        categories=found.categories,
        filters=tuple(
            Filter(
                label=label,
                count=whole_text(found.counts[show]),
                href=address(show=show),
                is_current=show == asked.show,
            )
            for show, label in show_words().items()
            if found.counts[show] or show == asked.show
        ),
        is_empty=found.counts["all"] == 0,
        count=_count_text(found.count),
        rows=tuple(_row(product) for product in found.products),
        before_url=address(page=number - 1) if number > 1 else "",
        after_url=address(page=number + 1) if number < pages else "",
        import_url=url_for("admin_import.choose", store_id=store.store_id),
        where=f"{whole_text(number)} / {whole_text(pages)}" if pages > 1 else "",
    )


def _asked(args: Mapping[str, str]) -> Asked:
    shows: dict[str, Show] = {show: show for show in SHOWS}
    return Asked(
        text=" ".join(args.get("q", "").split())[:100],
        category=args.get("category", ""),
        show=shows.get(args.get("show", ""), "all"),
    )


def _page_number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(PAGES_MAX))
    return min(max(int(text), 1), PAGES_MAX) if is_number else 1


def _count_text(count: int) -> str:
    return ngettext("%(count)s producto", "%(count)s productos", count, count=whole_text(count))


def _row(product: ProductFacts) -> ProductRow:
    address: dict[str, Any] = {"store_id": product.store_id, "product_id": product.product_id}
    price = money_text(product.price_minor, product.currency)
    told = (product.category, product.sku, share_text(product.tax_bp))
    return ProductRow(
        name=product.name,
        href=url_for("admin_products.product", **address),
        detail=" · ".join(one for one in told if one and one != product.name),
        price=f"{price}/{unit_word('kg')}" if product.unit == "kg" else price,
        stock=stock_text(product),
        short=short_text(product),
        short_tone="refusal" if product.is_short else "attention",
        is_active=product.is_active,
        sale_url=url_for("admin_products.sale", **address),
    )
