"""A shop of the service that takes orders: goods in its window, hours, slots; and its shoppers."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.catalog.queries import products_by_id
from loyalty.catalog.stock import Moves, count_stock, move_stock
from loyalty.journeys.pickup_slots import SlotOffer, pickup_slots
from loyalty.journeys.prepare_order import OrderStep, accept_order, pick_line, tell_order_ready
from loyalty.kernel.ids import new_id
from loyalty.orders.queries import ORDER, OrderFacts, lines_of, order_by_id
from loyalty.orders.slot_rules import Policy
from loyalty.orders.slots import set_policy
from loyalty.outbox.queries import Message, latest_messages
from loyalty.programs.models import Store
from loyalty.programs.queries import store_by_id
from tests.support.forms import Visitor, visitor
from tests.support.service import Service, Shop

POLICY = Policy(
    slot_minutes=60, days_ahead=2, keep_hours=4, lead_minutes=30, cutoff_minutes=30, capacity=2
)
GOODS = (
    (ProductDraft("PAN", "Hogaza de masa madre", 480, 400, category="Panes"), 5_000),
    (ProductDraft("CRU", "Cruasán de mantequilla", 160, 1000, category="Dulces"), 30_000),
    (ProductDraft("EMP", "Empanada de atún", 1690, 1000, "kg", category="Salado"), 3_200),
    (ProductDraft("ROS", "Roscón de nata", 2250, 1000, category="Dulces"), 0),
    (ProductDraft("CAF", "Café molido", 690, 1000, category="Despensa"), None),
)
LUCIA = {"name": "Lucía", "email": "lucia@example.org", "phone": "", "note": ""}
CHECKOUT = re.compile(r'name="checkout" value="([^"]+)"')
SLOT = re.compile(r'name="slot" value="(\d+)"( checked)?( disabled)?')
CART = re.compile(r'name="cart" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Window:
    """One store's goods and slots."""

    service: Service
    shop: Shop
    products: dict[str, UUID]

    @property
    def home(self) -> str:
        return f"/S/{self.shop.slug}"

    def set_policy(self, policy: Policy = POLICY) -> None:
        parts, shop = self.service.services, self.shop
        with parts.database.unit_of_work(shop.program_id) as session:
            at = parts.tools.clock.now()
            set_policy(session, shop.program_id, shop.program.store_id, policy, at=at)

    def slots(self) -> tuple[SlotOffer, ...]:
        parts, shop = self.service.services, self.shop
        with parts.database.reading(shop.program_id) as session:
            store = store_by_id(session, shop.program_id, shop.program.store_id)
            assert store is not None
            return pickup_slots(session, store, now=parts.tools.clock.now())

    def sell(self, sku: str, pieces: int) -> None:
        """Sell some at the till meanwhile."""
        parts, shop = self.service.services, self.shop
        now = parts.tools.clock.now()
        moves = Moves("sold", f"sale:{new_id(now)}", {self.products[sku]: pieces * 1000}, now)
        with parts.database.unit_of_work(shop.program_id) as session:
            move_stock(session, shop.program_id, moves)

    def price(self, sku: str, price_minor: int) -> None:
        """Change a price meanwhile."""
        parts, shop = self.service.services, self.shop
        draft = next(draft for draft, _ in GOODS if draft.sku == sku)
        changed = ProductDraft(sku, draft.name, price_minor, draft.tax_bp, category=draft.category)
        with parts.database.unit_of_work(shop.program_id) as session:
            save_products(
                session,
                shop.program_id,
                shop.program.store_id,
                [changed],
                currency="EUR",
                at=parts.tools.clock.now(),
            )

    def reserved(self, sku: str) -> int:
        parts, shop = self.service.services, self.shop
        product_id = self.products[sku]
        with parts.database.reading(shop.program_id) as session:
            facts = products_by_id(session, shop.program_id, [product_id])[product_id]
        return facts.reserved_milli or 0

    def orders(self) -> list[OrderFacts]:
        """List all orders, the first one first."""
        parts, shop = self.service.services, self.shop
        with parts.database.reading(shop.program_id) as session:
            ids = session.scalars(
                ORDER.select()
                .with_only_columns(ORDER.c.order_id)
                .where(ORDER.c.program_id == shop.program_id)
                .order_by(ORDER.c.number)
            ).all()
            found = [order_by_id(session, shop.program_id, order_id) for order_id in ids]
        return [order for order in found if order is not None]

    def mails(self) -> list[Message]:
        """List what was posted, the first one first."""
        parts, shop = self.service.services, self.shop
        with parts.database.reading(shop.program_id) as session:
            return list(reversed(latest_messages(session, shop.program_id)))

    def prepare(self, order: OrderFacts, *, picked: dict[str, int] | None = None) -> None:
        """Accept an order, pick it (all of it, or so many thousandths by reference) and tell."""
        parts, shop = self.service.services, self.shop
        step = OrderStep(shop.program_id, order.order_id, f"staff:{shop.staff_ids['owner']}")
        with parts.database.unit_of_work(shop.program_id) as session:
            change = accept_order(session, step, tools=parts.tools)
        for number, line in change.lines.items():
            much = (picked or {}).get(line.sku, line.ordered_milli)
            with parts.database.unit_of_work(shop.program_id) as session:
                pick_line(session, step, number, picked_milli=much, is_all=True, tools=parts.tools)
        with parts.database.unit_of_work(shop.program_id) as session:
            tell_order_ready(session, step, tools=parts.tools)

    def take_out(self, order: OrderFacts, sku: str, *, left: int) -> None:
        """Find that of a line only so many thousandths are there after all."""
        parts, shop = self.service.services, self.shop
        step = OrderStep(shop.program_id, order.order_id, f"staff:{shop.staff_ids['owner']}")
        with parts.database.unit_of_work(shop.program_id) as session:
            lines = lines_of(session, shop.program_id, order.order_id)
            number = next(number for number, line in lines.items() if line.sku == sku)
            pick_line(session, step, number, picked_milli=left, is_all=True, tools=parts.tools)


def open_window(service: Service, shop: Shop) -> Window:
    """Put goods into a shop's window and let it take orders every day from 9 to 21."""
    parts = service.services
    now = parts.tools.clock.now()
    with parts.database.unit_of_work(shop.program_id) as session:
        session.execute(
            update(Store)
            .where(Store.program_id == shop.program_id)
            .values(hours="Mo-Su 09:00-21:00", street="Plaza del Trigo, 2")
        )
        saved = save_products(
            session,
            shop.program_id,
            shop.program.store_id,
            [draft for draft, _ in GOODS],
            currency="EUR",
            at=now,
        )
        counted = {saved[draft.sku]: stock for draft, stock in GOODS if stock is not None}
        count_stock(session, shop.program_id, counted, act_id="count:window", at=now)
    window = Window(service, shop, saved)
    window.set_policy()
    return window


@dataclass
class Shopper:
    """A browser without a card that shops in a window."""

    window: Window
    browser: Visitor

    def put(self, sku: str, times: int = 1, *, step: str = "more") -> None:
        """Press + (or −) so many times."""
        for _ in range(times):
            if f"{self.window.home}/shop" not in self.browser.text:
                self.browser.open(f"{self.window.home}/shop")
            cart = CART.search(self.browser.text)
            self.browser.send(
                f"{self.window.home}/shop",
                product_id=str(self.window.products[sku]),
                step=step,
                cart=cart[1] if cart else "",
            )

    def cart(self) -> str:
        """Open the cart."""
        self.browser.open(f"{self.window.home}/cart")
        return self.browser.text

    def form(self, **typed: str) -> dict[str, str]:
        """Fill the cart's form as it is shown, with the time that it marks."""
        found = CHECKOUT.search(self.browser.text)
        assert found, "the cart cannot be ordered"
        chosen = next(slot[1] for slot in SLOT.finditer(self.browser.text) if slot[2])
        return {**LUCIA, "checkout": found[1], "slot": chosen, **typed}

    def order(self, **typed: str) -> int:
        """Order what the cart shows; gives the status of the page that answers."""
        return self.browser.send(f"{self.window.home}/cart", **self.form(**typed)).status_code

    def address(self) -> str:
        """Read the address of the order's page that is open."""
        found = re.search(r'data-state="([^"]+)/state\.json"', self.browser.text)
        assert found, "this is no order's page"
        return found[1]

    def send(self, place: str, **fields: str) -> int:
        """Send a form of the order's page."""
        return self.browser.send(f"{self.address()}{place}", **fields).status_code


def shopper_at(window: Window) -> Shopper:
    """Open a browser before a window."""
    return Shopper(window, visitor(window.service))


def seconds(moment: datetime, *, plus: timedelta = timedelta(0)) -> str:
    """Write a moment as the form of the cart does."""
    return str(int((moment.astimezone(UTC) + plus).timestamp()))
