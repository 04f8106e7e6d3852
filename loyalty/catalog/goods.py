"""A store's products as a shopper looks through them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.catalog.browse import plain
from loyalty.catalog.queries import PRODUCT, ProductFacts, products_by_id


@dataclass(frozen=True, slots=True)
class Goods:
    """One page of what is on sale, how much there is in all, and the categories to choose from."""

    products: tuple[ProductFacts, ...]
    count: int
    categories: tuple[str, ...]


def goods_on_sale(
    session: Session,
    program_id: int,
    store_id: UUID,
    *,
    text: str = "",
    category: str = "",
    skip: int = 0,
    take: int,
) -> Goods:
    """Find what is on sale by words in its name, description or category, in the shop's order.

    Every word has to be there; capitals and accents do not count. What is sold out stays in
    the list: the page says so.
    """
    rows = session.execute(
        select(PRODUCT.c.product_id, PRODUCT.c.name, PRODUCT.c.description, PRODUCT.c.category)
        .where(
            PRODUCT.c.program_id == program_id,
            PRODUCT.c.store_id == store_id,
            PRODUCT.c.is_active,
        )
        .order_by(PRODUCT.c.position, PRODUCT.c.product_id)
    ).all()
    words = plain(text).split()
    wanted = [
        row.product_id
        for row in rows
        if category in {"", row.category}
        and all(word in plain(f"{row.name} {row.description} {row.category}") for word in words)
    ]
    page = wanted[skip : skip + take]
    facts = products_by_id(session, program_id, page)
    categories = dict.fromkeys(row.category for row in rows if row.category)
    return Goods(tuple(facts[each] for each in page), len(wanted), tuple(categories))


def sells_anything(session: Session, program_id: int, store_id: UUID) -> bool:
    """Say whether a store has any product on sale."""
    found = session.execute(
        select(PRODUCT.c.product_id)
        .where(
            PRODUCT.c.program_id == program_id, PRODUCT.c.store_id == store_id, PRODUCT.c.is_active
        )
        .limit(1)
    )
    return found.first() is not None
