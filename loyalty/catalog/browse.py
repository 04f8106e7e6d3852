"""Find products in a store's list the way an owner looks for them."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.catalog.models import StockMove
from loyalty.catalog.queries import PRODUCT, STOCK, ProductFacts, products_by_id
from loyalty.db.writes import table_of

MOVE: Final = table_of(StockMove)

Show = Literal["all", "on_sale", "off_sale", "out", "short"]
SHOWS: Final[tuple[Show, ...]] = ("all", "on_sale", "off_sale", "out", "short")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an owner looks for: words, a category ("" for any), and which ones."""

    text: str = ""
    category: str = ""
    show: Show = "all"


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found, and how many there are in all and of each kind."""

    products: tuple[ProductFacts, ...]
    count: int
    counts: dict[Show, int]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MoveFacts:
    """Why a stock changed."""

    kind: str
    on_hand_delta: int
    reserved_delta: int
    act_id: str
    at: datetime


def plain(text: str) -> str:
    """Write a text without accents and capitals, as people type when they look for something."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def find_products(
    session: Session, program_id: int, store_id: UUID, asked: Asked, *, skip: int, take: int
) -> Found:
    """Find a store's products by words in name, category, reference or barcode.

    Every word has to be there; capitals and accents do not count.
    """
    rows = session.execute(
        select(
            PRODUCT.c.product_id,
            PRODUCT.c.name,
            PRODUCT.c.sku,
            PRODUCT.c.barcode,
            PRODUCT.c.category,
            PRODUCT.c.is_active,
            STOCK.c.on_hand_milli,
            STOCK.c.reserved_milli,
        )
        .outerjoin(
            STOCK,
            (STOCK.c.program_id == PRODUCT.c.program_id)
            & (STOCK.c.product_id == PRODUCT.c.product_id),
        )
        .where(PRODUCT.c.program_id == program_id, PRODUCT.c.store_id == store_id)
        .order_by(PRODUCT.c.position, PRODUCT.c.product_id)
    ).all()
    words = plain(asked.text).split()
    counts: dict[Show, int] = dict.fromkeys(SHOWS, 0)
    wanted: list[UUID] = []
    for row in rows:
        kinds = _kinds(row.is_active, row.on_hand_milli, row.reserved_milli)
        for kind in kinds:
            counts[kind] += 1
        if asked.show not in kinds or asked.category not in {"", row.category}:
            continue
        if words:
            told = plain(f"{row.name} {row.sku} {row.barcode} {row.category}")
            if not all(word in told for word in words):
                continue
        wanted.append(row.product_id)
    page = wanted[skip : skip + take]
    facts = products_by_id(session, program_id, page)
    return Found(
        products=tuple(facts[product_id] for product_id in page),
        count=len(wanted),
        counts=counts,
        categories=tuple(sorted({row.category for row in rows if row.category}, key=plain)),
    )


def last_moves(
    session: Session, program_id: int, product_id: UUID, *, limit: int
) -> tuple[MoveFacts, ...]:
    """List why a product's stock is what it is, the newest reason first."""
    rows = session.execute(
        select(MOVE.c.kind, MOVE.c.on_hand_delta, MOVE.c.reserved_delta, MOVE.c.act_id, MOVE.c.at)
        .where(MOVE.c.program_id == program_id, MOVE.c.product_id == product_id)
        .order_by(MOVE.c.move_id.desc())
        .limit(limit)
    )
    return tuple(
        MoveFacts(row.kind, row.on_hand_delta, row.reserved_delta, row.act_id, row.at)
        for row in rows
    )


def _kinds(is_active: bool, on_hand: int | None, reserved: int | None) -> tuple[Show, ...]:  # noqa: FBT001
    kinds: list[Show] = ["all", "on_sale" if is_active else "off_sale"]
    if on_hand is not None and reserved is not None:
        if on_hand < reserved or on_hand < 0:
            kinds.append("short")
        if is_active and on_hand - reserved <= 0:
            kinds.append("out")
    return tuple(kinds)
