"""What sales earn by the owner's rules, at the till, after refunds and in other hands."""

from dataclasses import replace

import pytest

from loyalty.catalog.products import ProductDraft, save_products
from loyalty.journeys.refund_sale import refund_sale
from loyalty.journeys.sale_report import SaleReceipt
from loyalty.sales.errors import AmountInvalidError, CurrencyMismatchError, RefundExceedsSaleError
from loyalty.sales.rules import RefundLineReport, SaleLineReport
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.street import Phone, new_phone, points_of

BASE = {"id": "base", "kind": "per_money", "points": 1, "per_minor": 100}
BREAD = {
    "id": "bread",
    "name": "Pan doble",
    "kind": "per_money",
    "points": 2,
    "per_minor": 100,
    "include": {"categories": ["Pan"]},
}


def phone_of(counter: Counter) -> Phone:
    return new_phone(counter.database, counter.street, counter.tools)


def points(counter: Counter, phone: Phone) -> int:
    return points_of(counter.database, counter.street, phone.member_id, counter.tools)


def line(reference: str, minor: int, quantity: int = 1000) -> SaleLineReport:
    return SaleLineReport(reference, reference, quantity, minor)


def given_products(counter: Counter) -> None:
    drafts = [
        ProductDraft(sku="B1", name="Barra", category="Pan", price_minor=100, tax_bp=400),
        ProductDraft(sku="M1", name="Leche", category="Lácteos", price_minor=100, tax_bp=400),
    ]
    with counter.database.unit_of_work(counter.street.program_id) as session:
        save_products(
            session,
            counter.street.program_id,
            counter.street.store_id,
            drafts,
            currency="EUR",
            at=counter.tools.clock.now(),
        )


def sell(counter: Counter, sale_id: str, phone: Phone, *lines: SaleLineReport) -> SaleReceipt:
    total = sum(one.total_minor for one in lines)
    return counter.send(counter.report(sale_id, total, code=counter.shown(phone), lines=lines))


def let_pass(counter: Counter, **time: float) -> None:
    assert isinstance(counter.tools.clock, ManualClock)
    counter.tools.clock.advance(**time)


def test_the_best_rule_wins_and_the_receipt_names_it(counter: Counter) -> None:
    given_products(counter)
    counter.set_rules(BASE, BREAD)
    phone = phone_of(counter)
    receipt = sell(counter, "s1", phone, line("B1", 600), line("M1", 500))
    assert receipt.rule is not None
    assert (receipt.points_earned, receipt.rule.rule_id, receipt.rule.name) == (
        12,
        "bread",
        "Pan doble",
    )
    again = sell(counter, "s1", phone, line("B1", 600), line("M1", 500))
    assert again == replace(receipt, replayed=True)
    assert counter.findings() == ()


def test_line_by_line_refunds_leave_what_the_rest_would_earn(counter: Counter) -> None:
    given_products(counter)
    counter.set_rules(BASE, BREAD)
    phone = phone_of(counter)
    sell(counter, "s1", phone, line("B1", 600), line("M1", 500))
    first = counter.refund_lines("r1", "s1", RefundLineReport(1, 500, 300))
    assert (first.points_taken, first.points_balance) == (4, 8)
    second = counter.refund_lines("r2", "s1", RefundLineReport(2, None, 500))
    assert (second.points_taken, second.points_balance) == (2, 6)
    assert counter.findings() == ()
    third = counter.refund("r3", "s1", 300)
    assert (third.points_taken, third.points_balance, third.left_minor) == (6, 0, 0)
    assert counter.findings() == ()


def test_no_more_of_a_line_comes_back_than_was_sold(counter: Counter) -> None:
    phone = phone_of(counter)
    sell(counter, "s1", phone, line("B1", 600, 2000), line("M1", 500))
    counter.refund_lines("r1", "s1", RefundLineReport(1, 1000, 300))
    for number, bad in enumerate(
        (
            RefundLineReport(1, 1000, 301),
            RefundLineReport(1, 1001, 300),
            RefundLineReport(3, None, 1),
        )
    ):
        with pytest.raises(RefundExceedsSaleError):
            counter.refund_lines(f"bad{number}", "s1", bad)
    with pytest.raises(AmountInvalidError):
        counter.refund_lines("twice", "s1", RefundLineReport(2, 1, 1), RefundLineReport(2, 1, 1))
    counter.refund_lines("r2", "s1", RefundLineReport(1, 1000, 300), RefundLineReport(2, 1000, 500))
    assert points(counter, phone) == 0
    assert counter.findings() == ()


def test_a_refund_in_another_currency_is_refused(counter: Counter) -> None:
    counter.sell("s1", 1000)
    report = replace(counter.refund_report("r1", "s1", 100), currency="CLP")
    with (
        pytest.raises(CurrencyMismatchError),
        counter.database.unit_of_work(report.program_id) as session,
    ):
        refund_sale(session, report, tools=counter.tools)


def test_the_version_of_the_sale_counts_for_its_refund(counter: Counter) -> None:
    phone = phone_of(counter)
    sell(counter, "s1", phone, line("", 1000))
    let_pass(counter, minutes=5)
    counter.set_rules(BASE | {"points": 5})
    assert sell(counter, "s2", phone, line("", 1000)).points_earned == 50
    assert counter.refund("r1", "s1", 500).points_taken == 5
    assert counter.refund("r2", "s2", 500).points_taken == 25
    assert counter.findings() == ()


def test_a_products_new_category_does_not_change_what_was_earned(counter: Counter) -> None:
    given_products(counter)
    counter.set_rules(BREAD)
    phone = phone_of(counter)
    sell(counter, "s1", phone, line("B1", 600))
    moved = ProductDraft(sku="B1", name="Barra", category="Bollería", price_minor=100, tax_bp=400)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        save_products(
            session,
            counter.street.program_id,
            counter.street.store_id,
            [moved],
            currency="EUR",
            at=counter.tools.clock.now(),
        )
    assert counter.findings() == ()
    assert counter.refund("r1", "s1", 300).points_taken == 6
    assert counter.findings() == ()


def test_remainders_wait_for_the_next_sale_and_refunds_take_them_exactly(counter: Counter) -> None:
    counter.set_rules(BASE | {"per_minor": 5000})
    counter.set_policy(carry_over=True)
    phone = phone_of(counter)
    assert sell(counter, "s1", phone, line("", 3000)).points_earned == 0
    assert sell(counter, "s2", phone, line("", 2000)).points_earned == 1
    assert counter.findings() == ()
    # Without the thirty euros there never were fifty.
    assert counter.refund("r1", "s1", 1).points_taken == 1
    assert points(counter, phone) == 0
    assert counter.findings() == ()
    assert sell(counter, "s3", phone, line("", 1)).points_earned == 1
    assert counter.refund("r2", "s2", 2000).points_taken == 1
    assert counter.refund("r3", "s1", 2999).points_taken == 0
    assert points(counter, phone) == 0
    assert counter.findings() == ()


def test_a_sale_that_changes_hands_takes_its_remainder_along(counter: Counter) -> None:
    counter.set_rules(BASE | {"per_minor": 1000})
    counter.set_policy(carry_over=True)
    one, other = phone_of(counter), phone_of(counter)
    sell(counter, "s1", one, line("", 600))
    sell(counter, "s2", one, line("", 600))
    sell(counter, "s3", other, line("", 500))
    assert (points(counter, one), points(counter, other)) == (1, 0)
    counter.reassign("a1", "s1", code=counter.shown(other))
    assert (points(counter, one), points(counter, other)) == (0, 1)
    assert counter.findings() == ()


def test_caps_cut_and_a_refund_gives_the_room_back(counter: Counter) -> None:
    counter.set_rules(BASE | {"caps": {"member_day": 15, "total": 20}})
    one, other = phone_of(counter), phone_of(counter)
    assert sell(counter, "s1", one, line("", 1000)).points_earned == 10
    assert sell(counter, "s2", one, line("", 1000)).points_earned == 5
    none = sell(counter, "s3", one, line("", 1000))
    assert (none.points_earned, none.why_none) == (0, "capped")
    assert sell(counter, "s4", other, line("", 1000)).points_earned == 5
    assert counter.findings() == ()
    assert counter.refund("r1", "s1", 1000).points_taken == 10
    assert sell(counter, "s5", one, line("", 1000)).points_earned == 10
    # What a cap withheld of a sale is given back before its points.
    assert counter.refund("r2", "s2", 500).points_taken == 0
    assert counter.refund("r3", "s2", 500).points_taken == 5
    assert counter.findings() == ()


def test_a_card_earns_so_often_and_so_much_in_a_day(counter: Counter) -> None:
    counter.set_policy(card_sales_per_day=2, card_points_per_day=15)
    phone = phone_of(counter)
    told = [
        sell(counter, sale_id, phone, line("", 1000)).points_earned
        for sale_id in ("s1", "s2", "s3")
    ]
    assert told == [10, 5, 0]
    counter.refund("r2", "s2", 1000)
    assert sell(counter, "s4", phone, line("", 200)).points_earned == 2
    let_pass(counter, days=1)
    assert sell(counter, "s5", phone, line("", 1000)).points_earned == 10
    assert counter.findings() == ()
