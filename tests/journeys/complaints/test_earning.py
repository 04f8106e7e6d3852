"""Complaints about earning that users of other systems made; each is impossible here."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from loyalty.journeys.hand_off_order import HandoffAnswer
from loyalty.journeys.place_order import PlacedOrder
from loyalty.journeys.sale_report import SaleReceipt
from loyalty.orders.place import Owner
from loyalty.programs.staff import hire
from loyalty.programs.staff_cards import mark_staff_card, unmark_staff_card
from loyalty.sales.rules import SaleLineReport
from tests.support.at_once import at_once
from tests.support.checkout import Counter
from tests.support.desk import Desk
from tests.support.street import Phone, new_phone, points_of

BASE = {"id": "base", "kind": "per_money", "points": 1, "per_minor": 100}


def phone_of(counter: Counter) -> Phone:
    return new_phone(counter.database, counter.street, counter.tools)


def points(counter: Counter, phone: Phone) -> int:
    return points_of(counter.database, counter.street, phone.member_id, counter.tools)


def line(reference: str, minor: int, quantity: int = 1000) -> SaleLineReport:
    return SaleLineReport(reference, reference or "x", quantity, minor)


def sell(counter: Counter, sale_id: str, phone: Phone, *lines: SaleLineReport) -> SaleReceipt:
    total = sum(one.total_minor for one in lines)
    return counter.send(counter.report(sale_id, total, code=counter.shown(phone), lines=lines))


def test_offline_sync_retried_doubles_points(counter: Counter) -> None:
    """OCA/pos#185, odoo PR#270532: the same sale sent again and again earns once."""
    phone = phone_of(counter)
    report = counter.report("s1", 1240, code=counter.shown(phone))
    receipts = [counter.send(report) for _ in range(5)]
    assert {receipt.points_earned for receipt in receipts} == {12}
    assert points(counter, phone) == 12


def test_settling_a_web_order_at_the_till_rewards_twice(counter: Counter) -> None:
    """odoo#145782, #193506: two tills that send one sale are one sale, whoever is first."""
    phone = phone_of(counter)
    report = counter.report("order-7", 2_000, code=counter.shown(phone))
    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(counter.resend, [report] * 4, range(4)))
    assert sum(not receipt.replayed for receipt in receipts) == 1
    assert points(counter, phone) == 20


def test_an_order_paid_online_gives_no_points_and_a_first_buyer_loses_the_card(desk: Desk) -> None:
    """Viindoo/odoo#1240, a race: who joins and orders for the first time keeps card and points.

    The order is placed by many taps, handed over at many tills, and the phone shows its code
    meanwhile: it is one order, the points are given once, and the card goes on.
    """
    till = Counter(desk.database, desk.street, desk.tools)
    phone = phone_of(till)
    bread = desk.product(pieces=10, price=620)
    asked = desk.request({bread: 2}, owner=Owner(card_id=phone.card_id, member_id=phone.member_id))
    placed = at_once(6, lambda _: desk.send(asked))
    orders = {each.order.order_id: each.order for each in placed if isinstance(each, PlacedOrder)}
    (order,) = orders.values()
    assert points(till, phone) == 0, "points come with the goods"
    code = desk.code(desk.make_ready(order))
    handed = [desk.handoff(code) for _ in range(6)]
    done = at_once(12, lambda at: till.shown(phone) if at % 2 else desk.hand_off(handed[at // 2]))
    given = [each for each in done if isinstance(each, HandoffAnswer)]
    assert len({each for each in done if isinstance(each, str)}) == 1, "one phone, one code"
    assert {each.receipt.points_earned for each in given if each.receipt} == {12}
    assert points(till, phone) == 12
    assert till.sell("s1", 300, code=till.shown(phone)).points_earned == 3
    assert (points(till, phone), desk.findings()) == (15, ())


def test_opening_a_saved_order_on_a_second_till_doubles_points(counter: Counter) -> None:
    """odoo#244412, #241674: what is earned follows from what is sold, not from how often."""
    phone = phone_of(counter)
    sell(counter, "s1", phone, line("", 500), line("", 740))
    sell(counter, "s1", phone, line("", 500), line("", 740))
    assert points(counter, phone) == 12


def test_points_counted_on_the_discount_line(counter: Counter) -> None:
    """odoo#150833, #124480: nothing is earned on what a discount or a reward took off."""
    counter.set_rules(BASE | {"include": {"products": ["CAFE", "PAN"]}})
    phone = phone_of(counter)
    receipt = sell(counter, "s1", phone, line("CAFE", 700), line("PAN", 700), line("", -400))
    assert receipt.points_earned == 10
    free = sell(counter, "s2", phone, line("CAFE", 150), line("", -150))
    assert (free.points_earned, free.why_none) == (0, "nothing_paid")


def test_points_given_on_voided_items(counter: Counter) -> None:
    """FloCafe#720: a line that is taken off the ticket again earns nothing."""
    counter.set_rules(BASE | {"include": {"products": ["CAFE"]}})
    phone = phone_of(counter)
    receipt = sell(
        counter, "s1", phone, line("CAFE", 700), line("PAN", 900), line("CAFE", -700, -1000)
    )
    assert (receipt.points_earned, receipt.why_none) == (0, "no_such_goods")


def test_thirty_and_twenty_dollars_make_no_fifty_dollar_star(counter: Counter) -> None:
    """Square community 392376: with carry-over the thirty wait for the twenty."""
    counter.set_rules(BASE | {"per_minor": 5_000})
    counter.set_policy(carry_over=True)
    phone = phone_of(counter)
    first, second = (sell(counter, f"s{minor}", phone, line("", minor)) for minor in (3000, 2000))
    assert (first.points_earned, second.points_earned) == (0, 1)
    assert counter.findings() == ()


def test_till_rounds_half_up_and_web_rounds_down(desk: Desk) -> None:
    """Odoo's own comment: a basket earns the same at the till and as an order handed over."""
    till = Counter(desk.database, desk.street, desk.tools)
    till.set_rules(BASE | {"per_minor": 70, "points": 3, "tax": "out"}, tax_bp=1000)
    phone = new_phone(desk.database, desk.street, desk.tools)
    bread = desk.product(pieces=10, price=555)
    order = desk.make_ready(
        desk.place({bread: 3}, owner=Owner(card_id=phone.card_id, member_id=phone.member_id))
    )
    web = desk.hand_off(desk.handoff(desk.code(order))).receipt
    assert web is not None
    sold = SaleLineReport("BREAD", "", 3000, 1665)
    told = till.send(till.report("s1", 1665, code=till.shown(phone), lines=(sold,)))
    assert web.points_earned == told.points_earned > 0
    assert desk.findings() == ()


def test_staff_earn_on_their_own_card_at_their_till(counter: Counter) -> None:
    phone = phone_of(counter)
    program_id, now = counter.street.program_id, counter.tools.clock.now()
    with counter.database.unit_of_work(program_id) as session:
        staff_id = hire(session, program_id, display_name="Ana", email=None, language="es", at=now)
        mark_staff_card(
            session, program_id, card_id=phone.card_id, staff_id=staff_id, marked_by="x", at=now
        )
    own = sold_by(counter, "s1", phone, staff_id)
    assert (own.points_earned, own.why_none, own.person is None) == (0, "own_card", False)
    # The sale is kept, at another's hands it counts, and a refund of it takes nothing.
    assert sold_by(counter, "s2", phone, None).points_earned == 10
    assert counter.refund("r1", "s1", 1000).points_taken == 0
    with counter.database.unit_of_work(program_id) as session:
        unmark_staff_card(session, program_id, phone.card_id)
    assert sold_by(counter, "s3", phone, staff_id).points_earned == 10
    assert counter.findings() == ()


def sold_by(counter: Counter, sale_id: str, phone: Phone, staff_id: UUID | None) -> SaleReceipt:
    code = counter.shown(phone)
    return counter.send(counter.report(sale_id, 1000, code=code, staff_id=staff_id))


@pytest.mark.parametrize("years", [-30, 30])
def test_clocks_years_off_earn_by_rules_that_hold(counter: Counter, years: int) -> None:
    phone = phone_of(counter)
    sold_at = counter.tools.clock.now() + timedelta(days=365 * years)
    report = counter.report("s1", 1000, code=counter.shown(phone), sold_at=sold_at)
    assert counter.send(report).points_earned == 10
    assert counter.findings() == ()
