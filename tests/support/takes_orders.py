"""A shop of the service that takes orders: hours, slots, counted products, orders placed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from app.wiring import Services
from loyalty.catalog.products import ProductDraft, save_products
from loyalty.catalog.stock import count_stock
from loyalty.journeys.pickup_slots import pickup_slots
from loyalty.journeys.place_order import OrderRequest, place_order
from loyalty.kernel.ids import new_id
from loyalty.orders.place import Contact
from loyalty.orders.queries import OrderFacts, order_by_id
from loyalty.orders.slot_rules import Policy
from loyalty.orders.slots import set_policy
from loyalty.programs.models import Store
from loyalty.programs.queries import StoreFacts, store_by_id
from tests.support.service import Service, Shop

HOURS = "Mo-Su 08:00-22:00"
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


@dataclass(frozen=True, slots=True)
class Kitchen:
    """One store of a running service that takes orders."""

    parts: Services
    program_id: int
    store_id: UUID

    def fill(self, policy: Policy = POLICY, *, hours: str = HOURS) -> Mapping[str, UUID]:
        """Open the whole week, offer slots and fill the shelf; gives the products by reference."""
        at = self.parts.tools.clock.now()
        with self.parts.database.unit_of_work(self.program_id) as session:
            session.execute(
                update(Store).where(Store.program_id == self.program_id).values(hours=hours)
            )
            set_policy(session, self.program_id, self.store_id, policy, at=at)
            ids = save_products(
                session, self.program_id, self.store_id, GOODS, currency="EUR", at=at
            )
            counted = {ids["BREAD"]: 20_000, ids["EGGS"]: 20_000, ids["ORANGES"]: 20_000}
            count_stock(session, self.program_id, counted, act_id=f"count:{self.store_id}", at=at)
        return ids

    def offered(self) -> list[datetime]:
        """List the times that can be chosen now."""
        store, now = self.store(), self.parts.tools.clock.now()
        with self.parts.database.reading(self.program_id) as session:
            return [one.slot.starts_at for one in pickup_slots(session, store, now=now)]

    def store(self) -> StoreFacts:
        """Look the store up."""
        with self.parts.database.reading(self.program_id) as session:
            store = store_by_id(session, self.program_id, self.store_id)
        assert store is not None
        return store

    def order(
        self,
        quantities: Mapping[UUID, int],
        *,
        slot: datetime | None = None,
        contact: Contact = NOELIA,
        note: str = "",
    ) -> OrderFacts:
        """Place an order of thousandths by product, for the first time that is offered."""
        tools = self.parts.tools
        request = OrderRequest(
            program_id=self.program_id,
            store_id=self.store_id,
            order_id=new_id(tools.clock.now()),
            slot_starts_at=slot or self.offered()[0],
            lines=tuple(quantities.items()),
            contact=replace(contact, note=note),
        )
        with self.parts.database.unit_of_work(self.program_id) as session:
            return place_order(session, request, tools=tools).order


def kitchen(service: Service, shop: Shop) -> Kitchen:
    """Stand in the kitchen of a shop."""
    return Kitchen(service.services, shop.program_id, shop.program.store_id)


def store_of(service: Service, shop: Shop) -> StoreFacts:
    """Look the shop's store up."""
    return kitchen(service, shop).store()


def take_orders(service: Service, shop: Shop, policy: Policy = POLICY) -> Mapping[str, UUID]:
    """Let a shop take orders; gives its products by reference."""
    return kitchen(service, shop).fill(policy)


def offered(service: Service, shop: Shop) -> list[datetime]:
    """List the times that a shop offers now."""
    return kitchen(service, shop).offered()


def order(
    service: Service,
    shop: Shop,
    quantities: Mapping[UUID, int],
    *,
    slot: datetime | None = None,
    contact: Contact = NOELIA,
    note: str = "",
) -> OrderFacts:
    """Place an order at a shop."""
    return kitchen(service, shop).order(quantities, slot=slot, contact=contact, note=note)


def now_is(service: Service, shop: Shop, placed: OrderFacts) -> OrderFacts:
    """Look at an order again."""
    with service.services.database.reading(shop.program_id) as session:
        found = order_by_id(session, shop.program_id, placed.order_id)
    assert found is not None
    return found
