"""A shop of the service that takes orders: hours, slots, counted products, orders placed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.catalog.stock import count_stock
from loyalty.journeys.pickup_slots import pickup_slots
from loyalty.journeys.place_order import OrderRequest, place_order
from loyalty.kernel.ids import new_id
from loyalty.orders.place import NOBODY, Contact, Owner
from loyalty.orders.queries import OrderFacts, order_by_id
from loyalty.orders.slot_rules import Policy
from loyalty.orders.slots import set_policy
from loyalty.programs.models import Store
from loyalty.programs.queries import StoreFacts, store_by_id
from tests.support.service import Service, Shop

POLICY = Policy(
    slot_minutes=30,
    lead_minutes=30,
    cutoff_minutes=60,
    capacity=3,
    days_ahead=1,
    hold_minutes=120,
    keep_hours=4,
)
GOODS = (
    ProductDraft("BREAD", "Pan de pueblo", 120, 400, category="Panes", barcode="8410001"),
    ProductDraft("EGGS", "Huevos camperos", 320, 400),
    ProductDraft("ORANGES", "Naranja de zumo", 195, 400, unit="kg"),
)
NOELIA = Contact("Noelia Sanz", email="noelia@example.org", phone="+34600000001", language="es")


def take_orders(service: Service, shop: Shop, policy: Policy = POLICY) -> Mapping[str, UUID]:
    """Open the whole week, offer slots and fill the shelf; gives the products by reference."""
    at = service.services.tools.clock.now()
    program_id, store_id = shop.program_id, shop.program.store_id
    with service.services.database.unit_of_work(program_id) as session:
        session.execute(
            update(Store).where(Store.program_id == program_id).values(hours="Mo-Su 08:00-22:00")
        )
        set_policy(session, program_id, store_id, policy, at=at)
        ids = save_products(session, program_id, store_id, GOODS, currency="EUR", at=at)
        counted = {ids["BREAD"]: 20_000, ids["EGGS"]: 20_000, ids["ORANGES"]: 20_000}
        count_stock(session, program_id, counted, act_id=f"count:{store_id}", at=at)
    return ids


def offered(service: Service, shop: Shop) -> list[datetime]:
    """List the times that can be chosen now."""
    store, now = store_of(service, shop), service.services.tools.clock.now()
    with service.services.database.reading(shop.program_id) as session:
        return [one.slot.starts_at for one in pickup_slots(session, store, now=now)]


def store_of(service: Service, shop: Shop) -> StoreFacts:
    """Look the shop's store up."""
    with service.services.database.reading(shop.program_id) as session:
        store = store_by_id(session, shop.program_id, shop.program.store_id)
    assert store is not None
    return store


def order(
    service: Service,
    shop: Shop,
    quantities: Mapping[UUID, int],
    *,
    slot: datetime | None = None,
    contact: Contact = NOELIA,
    note: str = "",
    owner: Owner = NOBODY,
) -> OrderFacts:
    """Place an order of thousandths by product, for the first time that is offered."""
    tools = service.services.tools
    request = OrderRequest(
        program_id=shop.program_id,
        store_id=shop.program.store_id,
        order_id=new_id(tools.clock.now()),
        slot_starts_at=slot or offered(service, shop)[0],
        lines=tuple(quantities.items()),
        contact=replace(contact, note=note),
        owner=owner,
    )
    with service.services.database.unit_of_work(shop.program_id) as session:
        return place_order(session, request, tools=tools).order


def now_is(service: Service, shop: Shop, placed: OrderFacts) -> OrderFacts:
    """Look at an order again."""
    with service.services.database.reading(shop.program_id) as session:
        found = order_by_id(session, shop.program_id, placed.order_id)
    assert found is not None
    return found
