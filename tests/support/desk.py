"""A bakery that takes orders: products counted, slots offered, all through the journeys."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.catalog.queries import products_by_id
from loyalty.catalog.stock import MoveKind, Moves, count_stock, move_stock
from loyalty.db.session import Database
from loyalty.journeys.hand_off_order import HandoffAnswer, HandoffRequest, hand_off_order
from loyalty.journeys.order_codes import delegate_code, pickup_code, spoken_code
from loyalty.journeys.pickup_slots import SlotOffer, pickup_slots
from loyalty.journeys.place_order import OrderRequest, PlacedOrder, place_order
from loyalty.journeys.prepare_order import (
    SHOPPER,
    OrderStep,
    accept_order,
    cancel_order,
    pick_line,
    reschedule_order,
    tell_order_ready,
)
from loyalty.journeys.record_sale import record_sale
from loyalty.journeys.release_orders import release_orders
from loyalty.journeys.sale_report import SaleReport
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import Finding, verify_program
from loyalty.kernel.ids import new_id
from loyalty.orders.change import Change
from loyalty.orders.delegates import add_delegate
from loyalty.orders.pick import Seen
from loyalty.orders.place import NOBODY, Contact, Owner
from loyalty.orders.queries import (
    ORDER,
    LineFacts,
    OrderFacts,
    lines_of,
    lines_of_orders,
    order_by_id,
    order_facts,
    taken_of,
)
from loyalty.orders.slot_rules import Policy, SlotTime
from loyalty.orders.slots import set_policy
from loyalty.programs.models import Store
from loyalty.programs.queries import store_by_id
from loyalty.sales.rules import SaleLineReport
from tests.support.clock import ManualClock
from tests.support.street import Street, open_street

HOURS = "Mo-Su 09:00-21:00"
POLICY = Policy(
    slot_minutes=60,
    lead_minutes=30,
    cutoff_minutes=60,
    capacity=3,
    days_ahead=2,
    hold_minutes=120,
    keep_hours=24,
)
LUCIA = Contact("Lucía", email="lucia@example.org")


@dataclass(frozen=True, slots=True)
class Look:
    """What is kept at one moment: thousandths on hand and reserved, places taken, orders, lines."""

    shelf: Mapping[UUID, tuple[int, int]]
    taken: Mapping[datetime, int]
    orders: Mapping[UUID, OrderFacts]
    lines: Mapping[UUID, tuple[LineFacts, ...]]


@dataclass(frozen=True, slots=True)
class Desk:
    """One store's orders in one database."""

    database: Database
    street: Street
    tools: Tools
    clock: ManualClock

    @property
    def program_id(self) -> int:
        return self.street.program_id

    def set_policy(self, policy: Policy = POLICY) -> None:
        with self.database.unit_of_work(self.program_id) as session:
            set_policy(session, self.program_id, self.street.store_id, policy, at=self.clock.now())

    def product(self, sku: str = "BREAD", *, pieces: int | None = 10, price: int = 120) -> UUID:
        """Sell something; counted unless `pieces` is None."""
        now = self.clock.now()
        with self.database.unit_of_work(self.program_id) as session:
            saved = save_products(
                session,
                self.program_id,
                self.street.store_id,
                [ProductDraft(sku, f"Pan {sku}", price, 400)],
                currency="EUR",
                at=now,
            )
            if pieces is not None:
                count_stock(
                    session,
                    self.program_id,
                    {saved[sku]: pieces * 1000},
                    act_id=f"count:{new_id(now)}",
                    at=now,
                )
        return saved[sku]

    def stock(self, product_id: UUID) -> tuple[int, int]:
        """Say how many pieces are on hand and how many of them are reserved."""
        with self.database.reading(self.program_id) as session:
            facts = products_by_id(session, self.program_id, [product_id])[product_id]
        assert facts.on_hand_milli is not None
        assert facts.reserved_milli is not None
        return facts.on_hand_milli // 1000, facts.reserved_milli // 1000

    def till_sells(self, product_id: UUID, pieces: int = 1) -> None:
        self.move("sold", product_id, pieces)

    def till_sells_to(self, code: str, pieces: Mapping[str, int]) -> None:
        """Sell pieces for 1 € each, by reference, to whoever shows a code."""
        now = self.clock.now()
        report = SaleReport(
            program_id=self.program_id,
            store_id=self.street.store_id,
            till_id=self.street.till_id,
            staff_id=None,
            sale_id=str(new_id(now)),
            total_minor=sum(pieces.values()) * 100,
            currency="EUR",
            sold_at=now,
            code=code,
            scanned_at=now,
            clock_sure=True,
            lines=tuple(
                SaleLineReport(sku, sku, number * 1000, number * 100)
                for sku, number in pieces.items()
            ),
        )
        with self.database.unit_of_work(self.program_id) as session:
            record_sale(session, report, tools=self.tools)

    def move(self, kind: MoveKind, product_id: UUID, pieces: int) -> None:
        now = self.clock.now()
        moves = Moves(kind, f"sale:{new_id(now)}", {product_id: pieces * 1000}, now)
        with self.database.unit_of_work(self.program_id) as session:
            move_stock(session, self.program_id, moves)

    def slots(self) -> tuple[SlotOffer, ...]:
        with self.database.reading(self.program_id) as session:
            store = store_by_id(session, self.program_id, self.street.store_id)
            assert store is not None
            return pickup_slots(session, store, now=self.clock.now())

    def taken(self, starts_at: datetime) -> int:
        slot = SlotTime(starts_at, starts_at + timedelta(hours=1))
        with self.database.reading(self.program_id) as session:
            found = taken_of(session, self.program_id, self.street.store_id, [slot])
        return found.get(starts_at, 0)

    def request(
        self, pieces: Mapping[UUID, int], *, slot: datetime | None = None, owner: Owner = NOBODY
    ) -> OrderRequest:
        return OrderRequest(
            program_id=self.program_id,
            store_id=self.street.store_id,
            order_id=new_id(self.clock.now()),
            slot_starts_at=slot or self.slots()[0].slot.starts_at,
            lines=tuple((product_id, number * 1000) for product_id, number in pieces.items()),
            contact=LUCIA,
            owner=owner,
        )

    def send(self, request: OrderRequest) -> PlacedOrder:
        with self.database.unit_of_work(self.program_id) as session:
            return place_order(session, request, tools=self.tools)

    def place(
        self, pieces: Mapping[UUID, int], *, slot: datetime | None = None, owner: Owner = NOBODY
    ) -> OrderFacts:
        return self.send(self.request(pieces, slot=slot, owner=owner)).order

    def accept(self, order: OrderFacts) -> Change:
        with self.database.unit_of_work(self.program_id) as session:
            return accept_order(session, self._step(order), tools=self.tools)

    def pick(
        self,
        order: OrderFacts,
        line: int,
        pieces: int,
        *,
        is_all: bool = False,
        seen: Seen | None = None,
    ) -> Change:
        with self.database.unit_of_work(self.program_id) as session:
            return pick_line(
                session,
                self._step(order),
                line,
                picked_milli=pieces * 1000,
                is_all=is_all,
                seen=seen,
                tools=self.tools,
            )

    def tell_ready(self, order: OrderFacts) -> Change:
        with self.database.unit_of_work(self.program_id) as session:
            return tell_order_ready(session, self._step(order), tools=self.tools)

    def make_ready(self, order: OrderFacts) -> OrderFacts:
        """Accept an order, pick all of it and say so."""
        self.accept(order)
        for number, line in self.lines(order).items():
            self.pick(order, number, line.quantities.reserved // 1000)
        return self.tell_ready(order).order

    def cancel(self, order: OrderFacts, *, by_shopper: bool = True) -> Change:
        step = self._step(order)
        if by_shopper:
            step = replace(step, actor=SHOPPER)
        with self.database.unit_of_work(self.program_id) as session:
            return cancel_order(session, step, tools=self.tools)

    def reschedule(self, order: OrderFacts, slot: datetime) -> Change:
        step = replace(self._step(order), actor=SHOPPER)
        with self.database.unit_of_work(self.program_id) as session:
            return reschedule_order(session, step, slot, tools=self.tools)

    def release(self) -> int:
        return release_orders(self.database, tools=self.tools)

    def code(self, order: OrderFacts) -> str:
        with self.database.reading(self.program_id) as session:
            return pickup_code(session, order, tools=self.tools)

    def spoken(self, order: OrderFacts) -> str:
        return spoken_code(order, keys=self.tools.keys)

    def delegate(self, order: OrderFacts, name: str = "Marta") -> tuple[str, str]:
        """Let somebody else collect: the subject of their code, and the code."""
        with self.database.unit_of_work(self.program_id) as session:
            made = add_delegate(
                session, self.program_id, order.order_id, name=name, at=self.clock.now()
            )
            return made.code_subject, delegate_code(session, order, made, tools=self.tools)

    def handoff(self, code: str | None, *, order: OrderFacts | None = None) -> HandoffRequest:
        now = self.clock.now()
        return HandoffRequest(
            program_id=self.program_id,
            handoff_id=new_id(now),
            store_id=self.street.store_id,
            till_id=self.street.till_id,
            staff_id=None,
            code=code,
            handed_at=now,
            clock_sure=True,
            order_id=None if order is None else order.order_id,
        )

    def hand_off(self, request: HandoffRequest) -> HandoffAnswer:
        """Hand over as the view does: what is refused after counting is raised once it is kept."""
        with self.database.unit_of_work(self.program_id) as session:
            answer = hand_off_order(session, request, tools=self.tools)
        if answer.refused is not None:
            raise answer.refused
        return answer

    def order(self, order: OrderFacts) -> OrderFacts:
        with self.database.reading(self.program_id) as session:
            found = order_by_id(session, self.program_id, order.order_id)
        assert found is not None
        return found

    def lines(self, order: OrderFacts) -> dict[int, LineFacts]:
        with self.database.reading(self.program_id) as session:
            return lines_of(session, self.program_id, order.order_id)

    def look(
        self, products: Collection[UUID], slots: Collection[datetime], orders: Collection[UUID]
    ) -> Look:
        """Look at shelf, slots and orders at one moment, in four statements."""
        hour = timedelta(hours=1)
        times = [SlotTime(starts_at, starts_at + hour) for starts_at in slots]
        columns = [ORDER.c[name] for name in OrderFacts.__slots__]
        with self.database.reading(self.program_id) as session:
            shelf = products_by_id(session, self.program_id, products)
            taken = taken_of(session, self.program_id, self.street.store_id, times)
            rows = session.execute(
                select(*columns).where(
                    ORDER.c.program_id == self.program_id, ORDER.c.order_id.in_(orders)
                )
            )
            return Look(
                shelf={
                    product_id: ((one.on_hand_milli or 0), (one.reserved_milli or 0))
                    for product_id, one in shelf.items()
                },
                taken=taken,
                orders={row.order_id: order_facts(row) for row in rows},
                lines=lines_of_orders(session, self.program_id, orders),
            )

    def findings(self) -> tuple[Finding, ...]:
        with self.database.reading(self.program_id) as session:
            return verify_program(session, self.program_id, tools=self.tools)

    def _step(self, order: OrderFacts) -> OrderStep:
        return OrderStep(self.program_id, order.order_id, f"staff:{self.street.staff_id}")


def open_desk(database: Database, tools: Tools, clock: ManualClock) -> Desk:
    """Start a program whose store takes orders."""
    return take_orders_in(open_street(database, tools), database, tools, clock)


def take_orders_in(street: Street, database: Database, tools: Tools, clock: ManualClock) -> Desk:
    """Let the store of a street take orders."""
    with database.unit_of_work(street.program_id) as session:
        session.execute(
            update(Store).where(Store.program_id == street.program_id).values(hours=HOURS)
        )
    desk = Desk(database, street, tools, clock)
    desk.set_policy()
    return desk
