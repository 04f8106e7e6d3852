"""The same goods earn the same at the till and as an order that is collected, to the step."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import UUID

import pytest

from loyalty.journeys.sale_report import SaleReceipt
from loyalty.orders.place import Owner
from loyalty.sales.rules import SaleLineReport
from tests.support.checkout import Counter
from tests.support.desk import POLICY, Desk
from tests.support.sizes import SIZE_NAME
from tests.support.street import Phone, new_phone, points_of

RULES: tuple[dict[str, Any], ...] = (
    {"id": "money", "kind": "per_money", "points": 3, "per_minor": 70, "tax": "out"},
    {
        "id": "pairs",
        "kind": "per_unit",
        "points": 2,
        "per_units": 2,
        "include": {"products": ["P1", "P2"]},
    },
)
# At each door, with and without carry-over: 8 in a quick run, 150 where all is proved.
BASKETS = 8 if SIZE_NAME == "test" else 150


@dataclass(frozen=True, slots=True)
class Doors:
    """A store with a till and orders that sells the same goods at both."""

    desk: Desk
    till: Counter
    prices: dict[UUID, tuple[str, int]]

    def phone(self) -> Phone:
        return new_phone(self.desk.database, self.desk.street, self.desk.tools)

    def points(self, phone: Phone) -> int:
        return points_of(self.desk.database, self.desk.street, phone.member_id, self.desk.tools)

    def collect(self, wanted: dict[UUID, int], phone: Phone) -> SaleReceipt:
        owner = Owner(card_id=phone.card_id, member_id=phone.member_id)
        order = self.desk.make_ready(self.desk.place(wanted, owner=owner))
        receipt = self.desk.hand_off(self.desk.handoff(self.desk.code(order))).receipt
        assert receipt is not None
        assert receipt.total_minor == order.total_minor
        return receipt

    def sell(
        self, sale_id: str, wanted: dict[UUID, int], phone: Phone, random: Random
    ) -> SaleReceipt:
        lines = tuple(self.lines(wanted, random))
        total = sum(line.total_minor for line in lines)
        code = self.till.shown(phone)
        return self.till.send(self.till.report(sale_id, total, code=code, lines=lines))

    def lines(self, wanted: dict[UUID, int], random: Random) -> list[SaleLineReport]:
        """Ring goods up as a till does: piece by piece or at once, coupons as their own lines."""
        told = []
        for product_id, pieces in wanted.items():
            sku, price = self.prices[product_id]
            parts = [1] * pieces if random.random() < 0.5 else [pieces]
            off = random.choice([0, 0, random.randint(1, 200)])
            told += [
                SaleLineReport(sku, sku, 1_000 * part, part * price + off * (place == 0))
                for place, part in enumerate(parts)
            ]
            if off:
                told.append(SaleLineReport(sku, "Vale", 0, -off))
        random.shuffle(told)
        return told


@pytest.fixture
def doors(desk: Desk) -> Doors:
    random = Random(5)
    desk.set_policy(replace(POLICY, capacity=1_000))
    prices = {}
    for number in range(4):
        price = random.randint(1, 999)
        sku = f"P{number}"
        prices[desk.product(sku, pieces=100_000, price=price)] = (sku, price)
    return Doors(desk, Counter(desk.database, desk.street, desk.tools), prices)


# What is earned is worked out before the database hears of it: one of them is enough.
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("carry_over", [False, True])
def test_random_baskets_earn_the_same_at_both_doors(doors: Doors, *, carry_over: bool) -> None:
    doors.till.set_rules(*RULES, tax_bp=1000)
    doors.till.set_policy(carry_over=carry_over)
    random = Random(6)
    web, till = doors.phone(), doors.phone()
    for number in range(BASKETS):
        goods = random.sample(list(doors.prices), random.randint(1, 4))
        wanted = {product_id: random.randint(1, 4) for product_id in goods}
        told = doors.sell(f"t{number}", wanted, till, random)
        assert doors.collect(wanted, web).points_earned == told.points_earned
        doors.desk.clock.advance(minutes=1)
    assert doors.points(web) == doors.points(till) > 0
    assert doors.desk.findings() == ()
