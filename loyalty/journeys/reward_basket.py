"""What is being bought, as rewards read it: each line with what the shop's list says of it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.queries import ProductFacts, products_by_id, products_by_reference
from loyalty.points.rewards.base import Basket, BasketLine
from loyalty.sales.rules import SaleLineReport


def basket_of(
    session: Session,
    program_id: int,
    store_id: UUID,
    lines: Sequence[SaleLineReport],
    *,
    total_minor: int,
    currency: str,
) -> Basket:
    """Read a basket as a till told it; a product is known by its reference or its barcode."""
    refs = {line.product_ref for line in lines if line.product_ref}
    ids = products_by_reference(session, program_id, store_id, refs)
    products = products_by_id(session, program_id, set(ids.values())) if ids else {}
    told = tuple(_line(line, products.get(ids.get(line.product_ref, NOBODY))) for line in lines)
    return Basket(total_minor, currency, told)


NOBODY = UUID(int=0)


def _line(line: SaleLineReport, product: ProductFacts | None) -> BasketLine:
    names = {line.product_ref}
    if product is not None:
        names |= {product.sku, product.barcode}
    return BasketLine(
        references=frozenset(names - {""}),
        category="" if product is None else product.category,
        quantity_milli=line.quantity_milli,
        total_minor=line.total_minor,
    )
