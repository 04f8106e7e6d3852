"""Which customer of another program a sale names, kept with the sale for ever."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, table_of
from loyalty.sales.models import SaleCustomer

CUSTOMER: Final = table_of(SaleCustomer)


def keep_customer(session: Session, program_id: int, sale_id: str, identifier_id: UUID) -> bool:
    """Keep whom a sale names; said again it changes nothing."""
    row = {"program_id": program_id, "sale_id": sale_id, "identifier_id": identifier_id}
    return insert_new(session, SaleCustomer, row)


def sales_of_customers(
    session: Session, program_id: int, identifier_ids: Collection[UUID], *, limit: int
) -> dict[str, UUID]:
    """List the sales that name some customers, the newest ids first, each with whom it names."""
    rows = session.execute(
        select(CUSTOMER.c.sale_id, CUSTOMER.c.identifier_id)
        .where(CUSTOMER.c.program_id == program_id, CUSTOMER.c.identifier_id.in_(identifier_ids))
        .order_by(CUSTOMER.c.sale_id.desc())
        .limit(limit)
    )
    return {row.sale_id: row.identifier_id for row in rows}
