"""What a till sold leaves the shelf: lines that name a product of the store move its stock."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.queries import products_by_reference
from loyalty.catalog.stock import MoveKind, Moves, move_stock, total_by_product
from loyalty.sales.rules import SaleLineReport


def take_sold(
    session: Session,
    program_id: int,
    store_id: UUID,
    lines: Sequence[SaleLineReport],
    *,
    sale_id: str,
    at: datetime,
) -> None:
    """Lower the stock by what a sale's lines name, once for each sale.

    A line names a product by the shop's reference or the barcode. The sale has happened, so it
    always counts, whatever is left. Lines that bring something back on the same ticket raise
    the stock. Sales whose lines name nothing ask nothing of the database.
    """
    references = {line.product_ref for line in lines if line.product_ref}
    if not references:
        return
    found = products_by_reference(session, program_id, store_id, references)
    sold = total_by_product(
        (found[line.product_ref], line.quantity_milli)
        for line in lines
        if line.product_ref in found
    )
    # One by one in the order of their ids, as every act takes its products.
    for product_id in sorted(sold):
        quantity = sold[product_id]
        if quantity:
            kind: MoveKind = "sold" if quantity > 0 else "returned"
            moves = Moves(kind, f"sale:{sale_id}", {product_id: abs(quantity)}, at=at)
            move_stock(session, program_id, moves)
