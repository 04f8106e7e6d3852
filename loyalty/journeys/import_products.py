"""An owner brings the shop's list: read, held against the shelf, kept part by part."""

import time
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.catalog.import_list import PART_ROWS, ListPart, keep_part
from loyalty.catalog.import_plan import ImportPlan, plan_import
from loyalty.catalog.import_rules import ReadList, read_list
from loyalty.catalog.products import set_active
from loyalty.catalog.queries import moved_by, products_of
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.kernel.decimal_marks import DecimalMark
from loyalty.kernel.money import minor_digits
from loyalty.programs.queries import StoreFacts


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list that an owner wants kept, and how it is read.

    `retires` takes what the list does not name off sale.
    """

    list_id: UUID
    data: bytes
    mark: DecimalMark | None
    tax_bp: int
    retires: bool = False


@dataclass(frozen=True, slots=True)
class ListKept:
    """How many products were kept in this step, and how many are still to come."""

    done: int
    left: int


def read_products(
    data: bytes, store: StoreFacts, *, mark: DecimalMark | None, tax_bp: int
) -> tuple[ReadList, bool]:
    """Read a list, outside any unit of work; says whether the decimal mark has to be asked.

    Errors: `ListUnreadableError`.
    """
    digits = minor_digits(store.currency)
    read = read_list(data, mark=mark, minor_digits=digits, tax_bp=tax_bp)
    if read.mark is not None:
        return read, False
    other = read_list(data, mark=",", minor_digits=digits, tax_bp=tax_bp)
    return read, (other.rows, other.errors) != (read.rows, read.errors)


def plan_products(session: Session, store: StoreFacts, list_id: UUID, read: ReadList) -> ImportPlan:
    """Say what keeping a list would do now."""
    current = products_of(session, store.program_id, store.store_id)
    counted = moved_by(session, store.program_id, _act_id(list_id))
    return plan_import(read, current, counted=counted)


def keep_products(
    database: Database, told: KeptList, store: StoreFacts, *, seconds: float, tools: Tools
) -> ListKept | None:
    """Keep what differs, in short acts, for some seconds; done again it goes on where it was.

    None while nobody has said how the list's decimals are written: nothing is kept then.
    Errors: `ListUnreadableError`.
    """
    read, is_asked = read_products(told.data, store, mark=told.mark, tax_bp=told.tax_bp)
    if is_asked:
        return None
    with database.reading(store.program_id) as session:
        plan = plan_products(session, store, told.list_id, read)
    ends = time.monotonic() + seconds
    for first in range(0, len(plan.rows), PART_ROWS):
        if first and time.monotonic() > ends:
            return ListKept(first, len(plan.rows) - first)
        part = ListPart(_act_id(told.list_id), plan.rows[first : first + PART_ROWS])
        with database.unit_of_work(store.program_id) as session:
            at, currency = tools.clock.now(), store.currency
            keep_part(session, store.program_id, store.store_id, part, currency=currency, at=at)
    if told.retires:
        _retire(database, store, plan, tools=tools)
    return ListKept(len(plan.rows), 0)


def _retire(database: Database, store: StoreFacts, plan: ImportPlan, *, tools: Tools) -> None:
    for first in range(0, len(plan.missing), PART_ROWS):
        with database.unit_of_work(store.program_id) as session:
            at = tools.clock.now()
            for product in plan.missing[first : first + PART_ROWS]:
                set_active(session, store.program_id, product.product_id, is_active=False, at=at)


def _act_id(list_id: UUID) -> str:
    return f"import:{list_id}"
