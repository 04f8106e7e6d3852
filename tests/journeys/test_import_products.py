"""A long list is kept in steps: each goes on where the last one ended, and nothing twice."""

from uuid import UUID

from loyalty.catalog.import_list import PART_ROWS
from loyalty.catalog.queries import audit_stock, products_of
from loyalty.journeys.import_products import KeptList, ListKept, keep_products
from loyalty.programs.queries import StoreFacts, store_by_id
from tests.support.desk import Desk

LIST_ID = UUID("0190f3a0-0000-4000-8000-000000000001")
ROWS = 2 * PART_ROWS + 50


def store_of(desk: Desk) -> StoreFacts:
    street = desk.street
    with desk.database.reading(street.program_id) as session:
        store = store_by_id(session, street.program_id, street.store_id)
    assert store is not None
    return store


def spring() -> KeptList:
    rows = "".join(f"P{number};Pan {number};1,20;{number % 7}\n" for number in range(ROWS))
    data = f"referencia;nombre;precio;existencias\n{rows}".encode()
    return KeptList(LIST_ID, data, mark=",", tax_bp=400)


def test_a_list_cut_off_half_way_is_sent_again_until_all_of_it_is_kept(desk: Desk) -> None:
    store, tools = store_of(desk), desk.tools
    steps = [
        keep_products(desk.database, spring(), store, seconds=0, tools=tools) for _ in range(4)
    ]
    # The last step finds nothing to do: twice is once.
    assert steps == [ListKept(200, 250), ListKept(200, 50), ListKept(50, 0), ListKept(0, 0)]
    with desk.database.reading(store.program_id) as session:
        listed = products_of(session, store.program_id, store.store_id)
        assert audit_stock(session, store.program_id) == ()
    kept = {one.sku: one.on_hand_milli for one in listed if one.sku.startswith("P")}
    assert len(kept) == ROWS
    assert kept["P6"] == 6000
