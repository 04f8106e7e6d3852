"""Keep a product list that was read: in parts, so that no sale waits long for its turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.import_rules import ReadRow
from loyalty.catalog.products import save_products
from loyalty.catalog.stock import count_stock

PART_ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class ListPart:
    """Some rows of a list; `act_id` names the list and the part, and counts them once."""

    act_id: str
    rows: tuple[ReadRow, ...]


def parts_of(rows: Sequence[ReadRow], *, list_id: str) -> Iterator[ListPart]:
    """Cut a list into parts that are kept one after another."""
    told = iter(rows)
    number = 0
    while part := tuple(islice(told, PART_ROWS)):
        yield ListPart(f"import:{list_id}:{number}", part)
        number += 1


def keep_part(
    session: Session,
    program_id: int,
    store_id: UUID,
    part: ListPart,
    *,
    currency: str,
    at: datetime,
) -> None:
    """Add or change the products of a part and set the stock that its rows name.

    Done again it changes nothing; a list that was cut off half-way is simply sent again.
    """
    ids = save_products(
        session,
        program_id,
        store_id,
        [row.draft for row in part.rows],
        currency=currency,
        at=at,
    )
    counted = {
        ids[row.draft.sku]: row.stock_milli for row in part.rows if row.stock_milli is not None
    }
    count_stock(session, program_id, counted, act_id=part.act_id, at=at)
