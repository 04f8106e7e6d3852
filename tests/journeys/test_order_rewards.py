"""An order with a reward: place, goods and points at once or nothing; taken at the handoff."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from loyalty.journeys.order_reward import OrderReward
from loyalty.journeys.order_view import order_view
from loyalty.journeys.verify import verify_program
from loyalty.orders.errors import SlotFullError
from loyalty.orders.place import Owner
from loyalty.orders.queries import OrderFacts
from loyalty.orders.rules import OrderState
from loyalty.points.add_reward import RewardDraft, add_reward
from loyalty.points.errors import PointsShortError
from tests.support.at_once import at_once
from tests.support.desk import Desk
from tests.support.redeeming import CENTS, FIVE_EUROS
from tests.support.street import Phone, Purchase, buy, new_phone, points_of, shown_code

TENTH_OFF = RewardDraft("10 %", 100, "percent", {"percent": 10})


@dataclass(frozen=True, slots=True)
class Ordering:
    """Somebody with points who orders."""

    desk: Desk
    phone: Phone

    def offer(self, draft: RewardDraft) -> UUID:
        with self.desk.database.unit_of_work(self.desk.program_id) as session:
            return add_reward(session, self.desk.program_id, draft, at=self.desk.clock.now())

    def place(
        self, pieces: Mapping[UUID, int], reward: UUID, points: int | None = None
    ) -> OrderFacts:
        owner = Owner(member_id=self.phone.member_id, card_id=self.phone.card_id)
        asked = self.desk.request(pieces, owner=owner)
        wanted = OrderReward(reward, points)
        return self.desk.send(replace(asked, reward=wanted)).order

    @property
    def points(self) -> int:
        return points_of(
            self.desk.database, self.desk.street, self.phone.member_id, self.desk.tools
        )

    def due(self, order: OrderFacts) -> tuple[int, int]:
        """Say what the order's page tells is to be paid, and was."""
        with self.desk.database.reading(self.desk.program_id) as session:
            view = order_view(session, self.desk.program_id, order.order_id, tools=self.desk.tools)
        return view.due_minor, view.paid_minor

    def collect(self, order: OrderFacts) -> tuple[int, int]:
        """Collect it and say what was paid and which points the receipt tells were taken."""
        request = self.desk.handoff(self.desk.code(order))
        answer = self.desk.hand_off(request)
        assert self.desk.hand_off(request).receipt == replace(answer.receipt, replayed=True)  # type: ignore[type-var]
        assert answer.receipt is not None
        taken = 0 if answer.receipt.redeemed is None else answer.receipt.redeemed.points
        return answer.receipt.total_minor, taken

    def check(self) -> None:
        with self.desk.database.reading(self.desk.program_id) as session:
            assert verify_program(session, self.desk.program_id, tools=self.desk.tools) == ()


@pytest.fixture
def ana(desk: Desk) -> Ordering:
    """Somebody with 300 points."""
    phone = new_phone(desk.database, desk.street, desk.tools)
    code = shown_code(desk.database, desk.street, phone, desk.tools)
    buy(desk.database, desk.street, Purchase(30_000, code), desk.tools)
    return Ordering(desk, phone)


def test_an_order_holds_its_points_and_takes_them_when_it_is_collected(
    desk: Desk, ana: Ordering
) -> None:
    bread, reward = desk.product(pieces=10, price=500), ana.offer(FIVE_EUROS)
    order = ana.place({bread: 4}, reward)
    assert (ana.points, ana.due(order)) == (200, (1_500, 0))
    desk.make_ready(order)
    assert ana.collect(order) == (1_500, 100)
    assert ana.due(order) == (0, 1_500)
    assert ana.points == 200 + 15
    ana.check()


def test_points_that_are_not_there_place_nothing(desk: Desk, ana: Ordering) -> None:
    bread, reward = desk.product(pieces=10, price=500), ana.offer(replace(FIVE_EUROS, points=301))
    with pytest.raises(PointsShortError):
        ana.place({bread: 4}, reward)
    assert desk.stock(bread) == (10, 0)
    assert desk.taken(desk.slots()[0].slot.starts_at) == 0


def test_a_full_slot_holds_no_points(desk: Desk, ana: Ordering) -> None:
    bread, reward = desk.product(pieces=10, price=500), ana.offer(FIVE_EUROS)
    slot = desk.slots()[0].slot.starts_at
    for _ in range(3):
        desk.place({bread: 1}, slot=slot)
    with pytest.raises(SlotFullError):
        ana.place({bread: 1}, reward)
    assert ana.points == 300


@pytest.mark.parametrize("how", ["canceled", "missed"])
def test_an_order_that_is_called_off_or_missed_gives_its_points_free(
    desk: Desk, ana: Ordering, how: str
) -> None:
    bread, reward = desk.product(pieces=10, price=500), ana.offer(FIVE_EUROS)
    order = ana.place({bread: 4}, reward)
    if how == "canceled":
        desk.cancel(order, by_shopper=False)
    else:
        desk.make_ready(order)
        desk.clock.advance(days=5)
        desk.release()
    assert desk.order(order).state is OrderState(how)
    assert (ana.points, ana.due(order)) == (300, (0, 0))
    ana.check()


def test_what_was_not_found_makes_the_discount_smaller_and_frees_its_points(
    desk: Desk, ana: Ordering
) -> None:
    bread = desk.product("BREAD", pieces=10, price=500)
    cake = desk.product("CAKE", pieces=10, price=1_000)
    share, cents = ana.offer(TENTH_OFF), ana.offer(CENTS)
    tenth = ana.place({bread: 2, cake: 1}, share)
    assert ana.due(tenth) == (1_800, 0)
    desk.accept(tenth)
    desk.pick(tenth, 1, 1, is_all=True)
    assert ana.due(tenth) == (1_350, 0)
    desk.pick(tenth, 2, 1)
    desk.tell_ready(tenth)
    assert ana.collect(tenth) == (1_350, 100)
    all_of_it = ana.place({bread: 1}, cents, 200)
    assert ana.due(all_of_it) == (300, 0)
    desk.accept(all_of_it)
    desk.pick(all_of_it, 1, 0, is_all=True)
    assert desk.order(all_of_it).state is OrderState.CANCELED
    assert ana.points == 200 + 13
    ana.check()


def test_in_parts_it_comes_off_where_it_fits_whole_and_at_the_end_as_far_as_it_goes(
    desk: Desk, ana: Ordering
) -> None:
    bread, reward = desk.product(pieces=10, price=300), ana.offer(FIVE_EUROS)
    order = ana.place({bread: 3}, reward)
    desk.make_ready(order)
    part = replace(desk.handoff(desk.code(order)), lines={1: 1_000})
    first = desk.hand_off(part).receipt
    assert first is not None
    assert (first.total_minor, first.redeemed) == (300, None)
    assert ana.due(order) == (100, 300)
    assert ana.collect(order) == (100, 100)
    ana.check()


def test_a_parcel_given_before_its_order_was_let_go_takes_its_points_all_the_same(
    desk: Desk, ana: Ordering
) -> None:
    bread, reward = desk.product(pieces=10, price=500), ana.offer(FIVE_EUROS)
    order = ana.place({bread: 4}, reward)
    desk.make_ready(order)
    given = replace(desk.handoff(desk.code(order)), was_given=True)
    desk.clock.advance(days=5)
    desk.release()
    other = ana.place({bread: 4}, ana.offer(CENTS), 250)
    assert ana.points == 50
    told = desk.hand_off(given).receipt
    assert told is not None
    assert told.total_minor == 1_500
    assert told.redeemed is not None
    assert told.redeemed.points == 100
    assert ana.points == 0, "what was spent meanwhile is owed"
    desk.cancel(other, by_shopper=False)
    ana.check()


@pytest.mark.race
def test_two_orders_and_one_wallet_hold_its_points_once(desk: Desk, ana: Ordering) -> None:
    bread, reward = desk.product(pieces=10, price=500), ana.offer(replace(FIVE_EUROS, points=200))

    def place(_: int) -> bool:
        try:
            ana.place({bread: 1}, reward)
        except PointsShortError:
            return False
        return True

    assert sorted(at_once(3, place), key=bool) == [False, False, True]
    assert ana.points == 100
    assert desk.stock(bread) == (10, 1)
    ana.check()
