"""Money back takes the points of that part back, and never more than the sale."""

from dataclasses import replace

import pytest

from loyalty.journeys.refund_sale import refund_sale
from loyalty.kernel.ids import new_id
from loyalty.points.posting import Act
from loyalty.points.queries import balance_of, wallet_of_member
from loyalty.points.take_back import take_back
from loyalty.sales.errors import (
    AmountInvalidError,
    RefundConflictError,
    RefundExceedsSaleError,
    SaleUnknownError,
)
from loyalty.sales.queries import refund_by_id
from tests.support.checkout import Counter
from tests.support.street import Phone, new_phone, points_of


def phone_of(counter: Counter) -> Phone:
    return new_phone(counter.database, counter.street, counter.tools)


def points(counter: Counter, phone: Phone) -> int:
    return points_of(counter.database, counter.street, phone.member_id, counter.tools)


def test_a_full_refund_takes_every_point_back(counter: Counter) -> None:
    phone = phone_of(counter)
    counter.sell("s1", 1240, code=counter.shown(phone))
    first = counter.refund("r1", "s1", 1240)
    again = counter.refund("r1", "s1", 1240)
    assert (first.points_taken, first.points_balance, first.left_minor) == (12, 0, 0)
    assert again == replace(first, replayed=True)
    assert points(counter, phone) == 0
    assert counter.findings() == ()


@pytest.mark.parametrize("parts", [[1, 1239], [620, 620], [99, 1, 40, 1100], [41] * 30])
def test_refunds_in_parts_take_what_one_refund_of_their_sum_takes(
    counter: Counter, parts: list[int]
) -> None:
    phone = phone_of(counter)
    counter.sell("s1", 1240, code=counter.shown(phone))
    left = 1240
    for number, part in enumerate(parts):
        receipt = counter.refund(f"r{number}", "s1", part)
        left -= part
        assert receipt.left_minor == left
        assert receipt.points_balance == left // 100
    assert points(counter, phone) == left // 100
    assert counter.findings() == ()


def test_more_than_the_rest_is_never_given_back(counter: Counter) -> None:
    counter.sell("s1", 1000)
    counter.refund("r1", "s1", 600)
    for _ in range(2):
        with pytest.raises(RefundExceedsSaleError) as refusal:
            counter.refund("r2", "s1", 401)
        assert refusal.value.facts == {"sale_id": "s1", "amount_minor": 401, "left_minor": 400}
    assert counter.refund("r3", "s1", 400).left_minor == 0
    with counter.database.reading(counter.street.program_id) as session:
        assert refund_by_id(session, counter.street.program_id, "r2") is None


def test_an_id_used_for_another_refund_is_a_conflict(counter: Counter) -> None:
    counter.sell("s1", 1000)
    counter.sell("s2", 1000)
    counter.refund("r1", "s1", 100)
    with pytest.raises(RefundConflictError):
        counter.refund("r1", "s1", 200)
    with pytest.raises(RefundConflictError):
        counter.refund("r1", "s2", 100)


def test_a_sale_nobody_knows_cannot_be_refunded(counter: Counter) -> None:
    with pytest.raises(SaleUnknownError):
        counter.refund("r1", "nothing", 100)


@pytest.mark.parametrize("amount_minor", [0, -5, 1_000_000_001])
def test_a_refund_of_nothing_is_refused(counter: Counter, amount_minor: int) -> None:
    counter.sell("s1", 1000)
    with pytest.raises(AmountInvalidError):
        counter.refund("r1", "s1", amount_minor)


def test_a_sale_without_a_card_is_refunded_without_points(counter: Counter) -> None:
    counter.sell("s1", 1000)
    receipt = counter.refund("r1", "s1", 1000)
    assert (receipt.points_taken, receipt.points_balance) == (0, None)


def test_another_till_may_refund(counter: Counter) -> None:
    phone = phone_of(counter)
    counter.sell("s1", 500, code=counter.shown(phone))
    report = counter.refund_report("r1", "s1", 500)
    other = new_id(counter.tools.clock.now())
    first = counter.refund("r1", "s1", 500)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        again = refund_sale(session, replace(report, till_id=other), tools=counter.tools)
    assert (again.replayed, again.points_taken) == (True, first.points_taken)


def test_a_refund_takes_from_whoever_the_sale_counts_for_now(counter: Counter) -> None:
    phone, other = phone_of(counter), phone_of(counter)
    counter.sell("s1", 1000, code=counter.shown(phone))
    counter.sell("s2", 300, code=counter.shown(phone))
    counter.reassign("m1", "s1", code=counter.shown(other))
    receipt = counter.refund("r1", "s1", 1000)
    assert (receipt.points_taken, receipt.points_owed, receipt.points_balance) == (10, 0, 0)
    assert (points(counter, phone), points(counter, other)) == (3, 0)
    assert counter.findings() == ()


def test_points_that_are_gone_are_owed_and_later_sales_repay_them(counter: Counter) -> None:
    phone = phone_of(counter)
    counter.sell("s1", 1000, code=counter.shown(phone))
    program_id, now = counter.street.program_id, counter.tools.clock.now()
    with counter.database.unit_of_work(program_id) as session:
        wallet_id = wallet_of_member(session, program_id, phone.member_id)
        assert wallet_id is not None
        act = Act(act_id="spent elsewhere", occurred_at=now, subject="test")
        take_back(session, program_id, wallet_id, act=act, points=7, at=now)
    receipt = counter.refund("r1", "s1", 1000)
    assert (receipt.points_taken, receipt.points_owed, receipt.points_balance) == (10, 7, 0)
    later = counter.sell("s2", 900, code=counter.shown(phone))
    assert (later.points_earned, later.points_balance) == (9, 2)
    with counter.database.reading(program_id) as session:
        assert balance_of(session, program_id, wallet_id).debt == 0
    assert counter.findings() == ()
