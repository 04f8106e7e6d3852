"""Any mix of what shoppers, staff, tills and the clock do leaves orders, slots and shelf right.

The model knows an order as the pieces of each line in each state, a slot as a number, a product
as two. What is refused changes nothing. Line by line, nothing is both let go and handed over.
"""

import random
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from loyalty.catalog.errors import StockShortError
from loyalty.kernel.errors import LoyaltyError
from loyalty.orders.queries import OrderFacts
from loyalty.orders.rules import OrderState
from tests.support.desk import POLICY, Desk
from tests.support.sizes import SEARCHES, SIZE, SIZE_NAME, STATE_MACHINE, STEPS_PER_RUN

PIECES = 12
VERIFY_EVERY = 10
STEPS = 20_000 if SIZE_NAME == "prove" else SIZE.steps
OPEN = {"placed", "accepted", "ready"}
PLACES = {*OPEN, "done"}


@dataclass
class Model:
    """One order as the model knows it: pieces by product, line after line."""

    order: OrderFacts
    products: list[UUID]
    waits: list[int]  # neither picked nor let go
    picked: list[int]
    given: list[int]
    let_go: list[int]
    slot: Any
    state: str = "placed"

    def settle(self, *, told_ready: bool = False) -> None:
        """Say how the order stands after its pieces moved."""
        if self.state == "placed" and any(self.waits):
            return
        if any(self.waits):
            self.state = "accepted"
        elif any(self.picked):
            self.state = "ready" if told_ready or self.state == "ready" else "accepted"
        else:
            self.state = "done" if any(self.given) else "canceled"


@dataclass
class Shelf:
    on_hand: dict[UUID, int] = field(default_factory=dict)
    reserved: dict[UUID, int] = field(default_factory=dict)


class OrderMachine(RuleBasedStateMachine):
    """Acts on one database; every run has products and slots of its own."""

    desk: ClassVar[Desk]
    run: ClassVar[int] = 0
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        OrderMachine.run += 1
        # A day of its own for every run: slots start empty, and nothing of another run is open.
        self.desk.clock.advance(days=5)
        self.desk.release()
        self.products = [
            self.desk.product(f"R{OrderMachine.run}-{letter}", pieces=PIECES) for letter in "AB"
        ]
        self.shelf = Shelf(dict.fromkeys(self.products, PIECES), dict.fromkeys(self.products, 0))
        self.orders: list[Model] = []
        self.taken: dict[Any, int] = {}

    @initialize(first=st.integers(1, 3), second=st.integers(1, 3))
    def begin(self, first: int, second: int) -> None:
        """Begin with two orders, one of them on the table, so that short runs say something."""
        self.place((first, 1), 1)
        self.place((0, second), 1)
        self.prepare(0)

    @rule(wanted=st.tuples(st.integers(0, 3), st.integers(0, 3)), place=st.integers(0, 2))
    def place(self, wanted: tuple[int, int], place: int) -> None:
        pieces = {product: n for product, n in zip(self.products, wanted, strict=True) if n}
        slot = self.desk.slots()[place].slot.starts_at
        has_place = self.taken.get(slot, 0) < POLICY.capacity
        has_stock = all(
            self.shelf.on_hand[product] - self.shelf.reserved[product] >= n
            for product, n in pieces.items()
        )
        request = self.desk.request(pieces, slot=slot)
        if not (pieces and has_place and has_stock):
            with pytest.raises(LoyaltyError):
                self.desk.send(request)
            return
        order = self.desk.send(request).order
        assert self.desk.send(request).replayed
        self.taken[slot] = self.taken.get(slot, 0) + 1
        for product, n in pieces.items():
            self.shelf.reserved[product] += n
        none = [0] * len(pieces)
        self.orders.append(
            Model(order, list(pieces), list(pieces.values()), none[:], none[:], none[:], slot)
        )

    @rule(which=st.integers(0, 9))
    def accept(self, which: int) -> None:
        if model := self._some(which):
            if model.state in OPEN:
                self.desk.accept(model.order)
                model.state = "accepted" if model.state == "placed" else model.state
            else:
                self._refused(lambda: self.desk.accept(model.order))

    @rule(
        which=st.integers(0, 9), line=st.integers(0, 1), n=st.integers(0, 4), is_all=st.booleans()
    )
    def pick(self, which: int, line: int, n: int, *, is_all: bool) -> None:
        if (model := self._some(which)) is None:
            return
        can = model.state in {"accepted", "ready"} and line < len(model.products)
        if not can or n > model.waits[line] + model.picked[line]:
            self._refused(lambda: self.desk.pick(model.order, line + 1, n, is_all=is_all))
            return
        for _ in range(2):
            self.desk.pick(model.order, line + 1, n, is_all=is_all)
            if model.state not in OPEN or not any([*model.waits, *model.picked]):
                return
            rest = model.waits[line] + model.picked[line] - n
            was = (model.waits[line], model.picked[line])
            model.picked[line], model.waits[line] = n, 0 if is_all else rest
            if is_all:
                self._let_go(model, line, rest)
            if was != (model.waits[line], model.picked[line]):
                model.settle()
            self._free(model)
            if model.state not in OPEN:
                return

    @rule(which=st.integers(0, 9))
    def tell_ready(self, which: int) -> None:
        if (model := self._some(which)) is None:
            return
        if model.state == "ready":
            assert not self.desk.tell_ready(model.order).is_new
        elif model.state == "accepted" and not any(model.waits):
            self.desk.tell_ready(model.order)
            model.settle(told_ready=True)
        else:
            self._refused(lambda: self.desk.tell_ready(model.order))

    @rule(which=st.integers(0, 9))
    def prepare(self, which: int) -> None:
        """Go the whole way that most orders go."""
        if (model := self._some(which)) is None or model.state not in OPEN:
            return
        self.accept(which)
        for line in range(len(model.products)):
            there = model.waits[line] + model.picked[line]
            self.pick(which, line, there, is_all=False)
        self.tell_ready(which)

    @rule(which=st.integers(0, 9), part=st.booleans())
    def hand_off(self, which: int, *, part: bool) -> None:
        if (model := self._some(which)) is None:
            return
        request = self.desk.handoff(self.desk.code(model.order))
        if model.state not in OPEN or not any(model.picked):
            self._refused(lambda: self.desk.hand_off(request))
            return
        given = list(model.picked)
        if part:
            line = next(line for line, n in enumerate(given) if n)
            given = [1 if each == line else 0 for each in range(len(given))]
            lines = {line + 1: 1000}
            request = type(request)(
                **{name: getattr(request, name) for name in request.__slots__ if name != "lines"},
                lines=lines,
            )
        assert not self.desk.hand_off(request).replayed
        assert self.desk.hand_off(request).replayed
        for line, n in enumerate(given):
            model.picked[line] -= n
            model.given[line] += n
            self.shelf.on_hand[model.products[line]] -= n
            self.shelf.reserved[model.products[line]] -= n
        model.settle()

    @rule(which=st.integers(0, 9))
    def cancel(self, which: int) -> None:
        if (model := self._some(which)) is None:
            return
        if model.state == "canceled":
            assert not self.desk.cancel(model.order, by_shopper=False).is_new
        elif model.state in OPEN:
            self.desk.cancel(model.order, by_shopper=False)
            self._close(model, "canceled")
        else:
            self._refused(lambda: self.desk.cancel(model.order, by_shopper=False))

    @rule(which=st.integers(0, 9), place=st.integers(4, 6))
    def reschedule(self, which: int, place: int) -> None:
        if (model := self._some(which)) is None:
            return
        slot = self.desk.slots()[place].slot.starts_at
        is_late = self.desk.clock.now() >= self.desk.order(model.order).change_until
        is_full = slot != model.slot and self.taken.get(slot, 0) >= POLICY.capacity
        if model.state not in OPEN or is_late or is_full:
            self._refused(lambda: self.desk.reschedule(model.order, slot))
            return
        self.desk.reschedule(model.order, slot)
        self.taken[model.slot] -= 1
        self.taken[slot] = self.taken.get(slot, 0) + 1
        model.slot = slot

    @rule(product=st.integers(0, 1))
    def sell_at_the_till(self, product: int) -> None:
        self.desk.till_sells(self.products[product])
        self.shelf.on_hand[self.products[product]] -= 1

    @rule(product=st.integers(0, 1), n=st.integers(1, 4))
    def bake(self, product: int, n: int) -> None:
        self.desk.move("received", self.products[product], n)
        self.shelf.on_hand[self.products[product]] += n

    @rule(minutes=st.sampled_from([20, 90, 400]))
    def wait(self, minutes: int) -> None:
        self.desk.clock.advance(minutes=minutes)
        now = self.desk.clock.now()
        overdue = 0
        for model in self.orders:
            deadline = self.desk.order(model.order).deadline
            if deadline is not None and now >= deadline:
                overdue += 1
                self._close(model, "canceled" if model.state == "placed" else "missed")
        assert self.desk.release() == overdue

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        ids = [model.order.order_id for model in self.orders]
        kept = self.desk.look(self.products, self.taken, ids)
        for product in self.products:
            told = (self.shelf.on_hand[product] * 1000, self.shelf.reserved[product] * 1000)
            assert kept.shelf[product] == told
        for slot, taken in self.taken.items():
            assert kept.taken.get(slot, 0) == taken <= POLICY.capacity
        for model in self.orders:
            assert kept.orders[model.order.order_id].state is OrderState(model.state)
            for line, facts in enumerate(kept.lines[model.order.order_id]):
                amounts = facts.quantities
                assert amounts.proposed + amounts.reserved == model.waits[line] * 1000
                assert amounts.prepared == model.picked[line] * 1000
                assert amounts.completed == model.given[line] * 1000
                assert amounts.canceled + amounts.failed == model.let_go[line] * 1000
        OrderMachine.steps += 1

    def teardown(self) -> None:
        # It looks at everything of all runs so far, so it need not look after each of them.
        if OrderMachine.run % VERIFY_EVERY == 0:
            assert self.desk.findings() == ()
        self.desk.clock.advance(days=5)
        self.desk.release()

    def _some(self, which: int) -> Model | None:
        return self.orders[which % len(self.orders)] if self.orders else None

    def _refused(self, act: Any) -> None:  # noqa: ANN401  whatever an act answers
        with pytest.raises(LoyaltyError) as refusal:
            act()
        assert not isinstance(refusal.value, StockShortError)

    def _let_go(self, model: Model, line: int, n: int) -> None:
        model.let_go[line] += n
        self.shelf.reserved[model.products[line]] -= n

    def _free(self, model: Model) -> None:
        if model.state not in PLACES:
            self.taken[model.slot] -= 1

    def _close(self, model: Model, state: str) -> None:
        for line in range(len(model.products)):
            self._let_go(model, line, model.waits[line] + model.picked[line])
            model.waits[line] = model.picked[line] = 0
        model.state = "done" if any(model.given) else state
        self._free(model)


@pytest.mark.prove
@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_any_mix_of_acts_leaves_orders_slots_and_shelf_right(desk: Desk) -> None:
    OrderMachine.steps = 0
    machine = type("BoundMachine", (OrderMachine,), {"desk": desk})
    # Some runs are shorter than they may be: search on, elsewhere, until all steps were made.
    start = random.randrange(2**32) if SEARCHES else 0
    while (left := STEPS - OrderMachine.steps) > 0:
        search = settings(STATE_MACHINE, max_examples=10 + left // STEPS_PER_RUN)
        run_state_machine_as_test(seed(start + OrderMachine.steps)(machine), settings=search)
    assert desk.findings() == ()
