"""Any day at the counter, each message sent once or more, ends with everybody's own points.

The oracle is a list: what is left of each sale, whose card it counts for, and which members
are together. A person has what the rests of their sales earn, and owes nothing.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from loyalty.journeys.join_memberships import join_memberships, undo_join
from loyalty.journeys.reassign_sale import ReassignReceipt
from loyalty.sales.errors import ReassignmentConflictError, RefundExceedsSaleError
from tests.support.checkout import Counter
from tests.support.sizes import STATE_MACHINE
from tests.support.street import Phone, points_of

PHONES = 3
# Each step here is several acts of the whole house: hundreds of days, not thousands.
DAYS_MAX = 100
SHORT_DAYS = settings(
    STATE_MACHINE,
    stateful_step_count=30,
    max_examples=min(DAYS_MAX, 2 * STATE_MACHINE.max_examples),
)
times = st.integers(1, 2)


@dataclass
class Sold:
    """A sale as the oracle sees it."""

    left: int
    phone: int | None


@dataclass
class Town:
    """The oracle."""

    sales: dict[str, Sold] = field(default_factory=dict)
    joined: dict[int, int] = field(default_factory=dict)
    number: int = 0

    def next_id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"

    def person(self, phone: int) -> int:
        return self.joined.get(phone, phone)

    def points(self, person: int) -> int:
        return sum(
            sold.left // 100
            for sold in self.sales.values()
            if sold.phone is not None and self.person(sold.phone) == person
        )


class CounterMachine(RuleBasedStateMachine):
    """A bakery with three phones; each run starts with phones of its own."""

    counter: ClassVar[Counter]
    run: ClassVar[int] = 0
    sales = Bundle("sales")
    joins = Bundle("joins")

    @initialize()
    def open(self) -> None:
        CounterMachine.run += 1
        self.name = f"run{CounterMachine.run}"
        self.town = Town()
        self.phones: list[Phone] = [self.counter.consenting_phone() for _ in range(PHONES)]

    def code(self, phone: int | None) -> str | None:
        return None if phone is None else self.counter.shown(self.phones[phone])

    @rule(
        target=sales,
        phone=st.none() | st.integers(0, PHONES - 1),
        total=st.integers(1, 3000),
        times=times,
    )
    def sell(self, phone: int | None, total: int, times: int) -> str:
        sale_id = f"{self.name}-{self.town.next_id('s')}"
        report = self.counter.report(sale_id, total, code=self.code(phone))
        receipts = [self.counter.send(report) for _ in range(times)]
        assert all(receipt.points_earned == receipts[0].points_earned for receipt in receipts)
        assert receipts[0].points_earned == (0 if phone is None else total // 100)
        self.town.sales[sale_id] = Sold(total, phone)
        return sale_id

    @rule(sale=sales, amount=st.integers(1, 3000), times=times)
    def refund(self, sale: str, amount: int, times: int) -> None:
        sold, refund_id = self.town.sales[sale], f"{self.name}-{self.town.next_id('r')}"
        if amount > sold.left:
            with pytest.raises(RefundExceedsSaleError):
                self.counter.refund(refund_id, sale, amount)
            return
        receipts = [self.counter.refund(refund_id, sale, amount) for _ in range(times)]
        assert [receipt.replayed for receipt in receipts] == [False, True][:times]
        sold.left -= amount

    @rule(sale=sales, phone=st.none() | st.integers(0, PHONES - 1), times=times)
    def reassign(self, sale: str, phone: int | None, times: int) -> None:
        sold, move_id = self.town.sales[sale], f"{self.name}-{self.town.next_id('m')}"
        code = self.code(phone)
        if sold.left == 0 or sold.phone == phone:
            with pytest.raises(ReassignmentConflictError):
                self.counter.reassign(move_id, sale, code=code)
            return
        for _ in range(times):
            assert isinstance(self.counter.reassign(move_id, sale, code=code), ReassignReceipt)
        sold.phone = phone

    @precondition(lambda self: not self.town.joined)
    @rule(target=joins, keep=st.integers(0, PHONES - 1), step=st.integers(1, PHONES - 1))
    def join(self, keep: int, step: int) -> str:
        other = (keep + step) % PHONES
        program_id = self.counter.street.program_id
        event = f"join:{self.name}-{self.town.next_id('j')}"
        for _ in range(2):
            with self.counter.database.unit_of_work(program_id) as session:
                join = join_memberships(
                    session,
                    program_id,
                    keep_member=self.phones[keep].member_id,
                    other_member=self.phones[other].member_id,
                    actor="shopper",
                    event=event,
                    tools=self.counter.tools,
                )
        assert join.refused_rule is None
        assert join.link_id is not None
        self.town.joined = {other: keep}
        return join.link_id

    @rule(link=consumes(joins), times=times)
    def undo(self, link: str, times: int) -> None:
        program_id = self.counter.street.program_id
        for _ in range(times):
            with self.counter.database.unit_of_work(program_id) as session:
                undo_join(session, program_id, link, actor="shopper", tools=self.counter.tools)
        self.town.joined = {}

    @invariant()
    def everybody_has_their_own_points(self) -> None:
        counter = self.counter
        for number, phone in enumerate(self.phones):
            held = points_of(counter.database, counter.street, phone.member_id, counter.tools)
            assert held == self.town.points(self.town.person(number))

    def teardown(self) -> None:
        assert self.counter.findings() == ()


@pytest.mark.prove
@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_any_day_at_the_counter_ends_with_everybodys_own_points(counter: Counter) -> None:
    machine = type("BoundMachine", (CounterMachine,), {"counter": counter})
    run_state_machine_as_test(machine, settings=SHORT_DAYS)
