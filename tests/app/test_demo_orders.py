"""The demo takes an order at once, whenever it is opened, in both shops."""

from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from app.demo import demo_program, make_demo
from loyalty.catalog.queries import products_of
from loyalty.db.session import Database
from loyalty.journeys.pickup_slots import pickup_slots
from loyalty.journeys.place_order import OrderRequest, place_order
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import verify_program
from loyalty.kernel.ids import new_id
from loyalty.orders.place import Contact
from loyalty.programs.queries import stores_of
from tests.support.clock import ManualClock

# The last one is Christmas Eve, at night: the worst moment for a shop with holidays.
STARTS = (
    datetime(2026, 11, 22, 3, tzinfo=UTC),
    datetime(2026, 12, 24, 22, tzinfo=UTC),
)


@pytest.mark.parametrize("opened", STARTS, ids=str)
def test_whoever_opens_the_demo_can_order_in_both_shops(
    sqlite_database: Database, tools: Tools, clock: ManualClock, opened: datetime
) -> None:
    clock.advance(s=(opened - clock.now()).total_seconds())
    make_demo(sqlite_database, tools)
    program_id = demo_program(sqlite_database)
    assert program_id is not None
    with sqlite_database.unit_of_work(program_id) as session:
        stores = stores_of(session, program_id)
        assert len(stores) == 2
        for hour in range(0, 7 * 24, 5):
            moment = opened + timedelta(hours=hour)
            offers = chain.from_iterable(pickup_slots(session, s, now=moment)[:1] for s in stores)
            assert [offer.places > 0 for offer in offers] == [True, True]
        for store in stores:
            product = next(one for one in products_of(session, program_id, store.store_id))
            request = OrderRequest(
                program_id=program_id,
                store_id=store.store_id,
                order_id=new_id(opened),
                slot_starts_at=pickup_slots(session, store, now=opened)[0].slot.starts_at,
                lines=((product.product_id, 1000),),
                contact=Contact("Lucía"),
            )
            assert not place_order(session, request, tools=tools).replayed
        assert verify_program(session, program_id, tools=tools) == ()
