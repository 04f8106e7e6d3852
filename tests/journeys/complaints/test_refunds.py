"""Complaints about refunds that users of other systems made; each is impossible here."""

from dataclasses import replace
from itertools import permutations

import pytest

from loyalty.journeys.refund_sale import refund_sale
from loyalty.kernel.ids import new_id
from loyalty.points.posting import Act
from loyalty.points.queries import balance_of, wallet_of_member
from loyalty.points.take_back import take_back
from loyalty.sales.errors import RefundConflictError, RefundExceedsSaleError, SaleUnknownError
from loyalty.sales.rules import RefundLineReport, SaleLineReport
from tests.support.checkout import Counter
from tests.support.street import Phone, new_phone, points_of


def phone_of(counter: Counter) -> Phone:
    return new_phone(counter.database, counter.street, counter.tools)


def points(counter: Counter, phone: Phone) -> int:
    return points_of(counter.database, counter.street, phone.member_id, counter.tools)


def spend(counter: Counter, phone: Phone, amount: int) -> None:
    now = counter.tools.clock.now()
    with counter.database.unit_of_work(counter.street.program_id) as session:
        wallet_id = wallet_of_member(session, counter.street.program_id, phone.member_id)
        assert wallet_id is not None
        act = Act(act_id=f"spend:{new_id(now)}", occurred_at=now, subject="spend")
        take_back(session, counter.street.program_id, wallet_id, act=act, points=amount, at=now)


def debt(counter: Counter, phone: Phone) -> int:
    with counter.database.reading(counter.street.program_id) as session:
        wallet_id = wallet_of_member(session, counter.street.program_id, phone.member_id)
        assert wallet_id is not None
        return balance_of(session, counter.street.program_id, wallet_id).debt


def test_refund_keeps_the_points(counter: Counter) -> None:
    """odoo#257854, #238806, erpnext#32951: buy, refund, repeat leaves nothing."""
    phone = phone_of(counter)
    for number in range(3):
        counter.sell(f"s{number}", 1000, code=counter.shown(phone))
        counter.refund(f"r{number}", f"s{number}", 1000)
    assert points(counter, phone) == 0
    assert counter.findings() == ()


def test_refund_takes_the_points_twice(counter: Counter) -> None:
    """odoo#212922, #221928: sent twice, or twice for the whole, it takes them once."""
    phone = phone_of(counter)
    counter.sell("s1", 1000, code=counter.shown(phone))
    counter.sell("s2", 700, code=counter.shown(phone))
    first, again = (counter.refund("r1", "s1", 1000) for _ in range(2))
    assert again == replace(first, replayed=True)
    with pytest.raises(RefundExceedsSaleError):
        counter.refund("r2", "s1", 1000)
    assert points(counter, phone) == 7


def test_partial_refund_is_all_or_nothing(counter: Counter) -> None:
    """Smile: "no partial points deductions". Lines in any order take what all at once take."""
    lines = (
        SaleLineReport("A", "A", 2000, 350),
        SaleLineReport("B", "B", 1000, 420),
        SaleLineReport("C", "C", 500, 999),
    )
    backs = (
        RefundLineReport(1, 1000, 175),
        RefundLineReport(2, 1000, 420),
        RefundLineReport(3, None, 333),
    )
    left = (350 + 420 + 999 - 175 - 420 - 333) // 100
    for number, order in enumerate(permutations(backs)):
        phone = phone_of(counter)
        report = counter.report(f"s{number}", 1769, code=counter.shown(phone), lines=lines)
        counter.send(report)
        for part, back in enumerate(order):
            counter.refund_lines(f"r{number}-{part}", f"s{number}", back)
        assert points(counter, phone) == left
    assert counter.findings() == ()


def test_a_sale_cannot_be_cancelled_because_its_points_were_used(counter: Counter) -> None:
    """ERPNext: the money comes back all the same; what was spent is owed, never negative."""
    phone = phone_of(counter)
    counter.sell("s1", 1000, code=counter.shown(phone))
    spend(counter, phone, 8)
    receipt = counter.refund("r1", "s1", 1000)
    assert (receipt.points_taken, receipt.points_owed, receipt.points_balance) == (10, 8, 0)
    assert (points(counter, phone), debt(counter, phone)) == (0, 8)
    assert counter.sell("s2", 1000, code=counter.shown(phone)).points_balance == 2


def test_cancel_and_complete_again_gives_no_points(counter: Counter) -> None:
    """wpswings/points-and-rewards#111, #112: sold again it is a sale, and earns as one."""
    phone = phone_of(counter)
    counter.sell("s1", 1000, code=counter.shown(phone))
    counter.refund("r1", "s1", 1000)
    assert counter.sell("s2", 1000, code=counter.shown(phone)).points_earned == 10
    assert points(counter, phone) == 10


def test_the_balance_depends_on_the_order_of_events(counter: Counter) -> None:
    """nopCommerce#5595: a refund before its sale is refused; sent again after it, it counts."""
    phone = phone_of(counter)
    report = counter.refund_report("r1", "s1", 400)
    with (
        pytest.raises(SaleUnknownError),
        counter.database.unit_of_work(report.program_id) as session,
    ):
        refund_sale(session, report, tools=counter.tools)
    counter.sell("s1", 1000, code=counter.shown(phone))
    with counter.database.unit_of_work(report.program_id) as session:
        assert refund_sale(session, report, tools=counter.tools).points_taken == 4
    with pytest.raises(RefundConflictError):
        counter.refund("r1", "s1", 401)
    assert points(counter, phone) == 6
    assert counter.findings() == ()
