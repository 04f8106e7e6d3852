"""A sale is kept once, linked to the visit that showed its code, and rewarded."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest
from sqlalchemy import func, select

from loyalty.identity.models import Link
from loyalty.journeys.consents import withdraw_consent
from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.ids import new_id
from loyalty.points.add_reward import add_reward
from loyalty.points.queries import history, wallet_of_member
from loyalty.programs.tills import create_till
from loyalty.sales.errors import AmountInvalidError, CurrencyMismatchError, SaleConflictError
from loyalty.sales.queries import lines_of, sale_by_id
from loyalty.sales.rules import SaleLineReport
from loyalty.wire.codes import CodeOutcome
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.street import browser, new_phone, points_of


def links_of_sales(counter: Counter) -> int:
    with counter.database.reading(counter.street.program_id) as session:
        return session.execute(
            select(func.count())
            .select_from(Link)
            .where(
                Link.program_id == counter.street.program_id,
                Link.kind == "session",
                Link.active.is_(True),
            )
        ).scalar_one()


def test_a_sale_with_a_live_code_earns_whole_euros_and_says_why(counter: Counter) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    receipt = counter.sell("s1", 1240, code=counter.shown(phone))
    assert receipt.code_outcome is CodeOutcome.OK
    assert (receipt.points_earned, receipt.points_balance) == (12, 12)
    assert receipt.rule is not None
    assert receipt.rule.rate is not None
    assert (receipt.rule.rate.points, receipt.rule.rate.per_minor) == (1, 100)
    assert receipt.store_name == "Panadería Sol"
    assert receipt.person is not None
    assert receipt.person.display_name is None
    assert not receipt.linked_visit
    assert counter.findings() == ()


def test_the_same_sale_sent_again_gets_the_same_answer(
    counter: Counter, clock: ManualClock
) -> None:
    phone = counter.consenting_phone()
    with counter.database.unit_of_work(counter.street.program_id) as session:
        add_reward(session, counter.street.program_id, name="Café", points=20, at=clock.now())
    report = counter.report("s1", 1240, code=counter.shown(phone))
    first = counter.send(report)
    counter.sell("s2", 500, code=counter.shown(phone))
    clock.advance(days=30)
    again = counter.send(report)
    assert again == replace(first, replayed=True)
    assert first.linked_visit
    assert first.next_reward is not None
    assert (first.next_reward.name, first.next_reward.missing) == ("Café", 8)
    assert points_of(counter.database, counter.street, phone.member_id, counter.tools) == 17
    assert counter.findings() == ()


@pytest.mark.parametrize("changed", [{"total_minor": 1250}, {"code": None}, {"store_id": None}])
def test_other_content_under_the_same_id_is_a_conflict(
    counter: Counter, changed: dict[str, object]
) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    report = counter.report("s1", 1240, code=counter.shown(phone))
    counter.send(report)
    if "store_id" in changed:
        changed = {"sold_at": report.sold_at - timedelta(seconds=1)}
    with pytest.raises(SaleConflictError) as refusal:
        counter.send(replace(report, **changed))  # type: ignore[arg-type]
    assert refusal.value.facts == {"sale_id": "s1"}
    assert points_of(counter.database, counter.street, phone.member_id, counter.tools) == 12


def test_a_repeat_from_another_till_is_the_same_sale(counter: Counter) -> None:
    report = counter.report("s1", 1240)
    counter.send(report)
    assert counter.send(replace(report, till_id=new_id(counter.tools.clock.now()))).replayed


def test_two_tills_that_read_one_live_code_both_count(counter: Counter) -> None:
    phone = counter.consenting_phone()
    code, at = counter.shown(phone), counter.tools.clock.now()
    with counter.database.unit_of_work(counter.street.program_id) as session:
        second = create_till(
            session,
            counter.street.program_id,
            counter.street.store_id,
            name="Caja 2",
            kind="browser",
            key_hash="0" * 64,
            at=at,
        )
    receipts = [
        counter.send(counter.report("s1", 1240, code=code)),
        counter.send(replace(counter.report("s2", 300, code=code), till_id=second)),
    ]
    assert [each.points_earned for each in receipts] == [12, 3]
    assert points_of(counter.database, counter.street, phone.member_id, counter.tools) == 15
    assert links_of_sales(counter) == 2
    assert counter.findings() == ()


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (None, CodeOutcome.NO_CODE),
        ("8410297112345", CodeOutcome.NOT_OURS),
        ("https://panaderia.example/", CodeOutcome.NOT_OURS),
        ("B" * 154, CodeOutcome.MALFORMED),
        ("BCDEFGHI", CodeOutcome.NOT_OURS),
    ],
)
def test_a_sale_is_kept_whatever_its_code_is_worth(
    counter: Counter, code: str | None, outcome: CodeOutcome
) -> None:
    for _ in range(2):
        receipt = counter.sell("s1", 1240, code=code)
        assert receipt.code_outcome is outcome
        assert (receipt.points_earned, receipt.points_balance, receipt.person) == (0, None, None)
    with counter.database.reading(counter.street.program_id) as session:
        assert sale_by_id(session, counter.street.program_id, "s1") is not None
    assert counter.findings() == ()


def test_an_expired_code_earns_nothing_and_the_sale_stays(
    counter: Counter, clock: ManualClock
) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    code = counter.shown(phone)
    clock.advance(minutes=10)
    receipt = counter.sell("s1", 1240, code=code)
    assert receipt.code_outcome is CodeOutcome.EXPIRED
    assert receipt.points_earned == 0


def test_a_sale_that_waited_in_the_queue_is_judged_by_the_time_of_its_scan(
    counter: Counter, clock: ManualClock
) -> None:
    phone = counter.consenting_phone()
    report = counter.report("s1", 1240, code=counter.shown(phone))
    clock.advance(hours=9)
    receipt = counter.send(report)
    assert receipt.code_outcome is CodeOutcome.OK
    assert (receipt.points_earned, receipt.linked_visit) == (12, True)


def test_a_till_without_a_clock_still_earns(counter: Counter, clock: ManualClock) -> None:
    phone = counter.consenting_phone()
    report = counter.report("s1", 1240, code=counter.shown(phone), clock_sure=False)
    clock.advance(minutes=10)
    receipt = counter.send(report)
    assert receipt.code_outcome is CodeOutcome.TIME_UNSURE
    assert receipt.points_earned == 12
    assert counter.findings() == ()


@pytest.mark.parametrize(
    ("minutes_off", "clock_sure", "outcome", "points"),
    [
        (0, True, CodeOutcome.OK, 12),  # ten minutes off, and corrected by the offset
        (-10, False, CodeOutcome.OK, 12),  # not known to be off: the arrival counts
        (10, False, CodeOutcome.OK, 12),
        (10, True, CodeOutcome.OK, 12),  # a scan in our future is not believed
        (-10, True, CodeOutcome.NOT_YET_VALID, 0),  # wrongly sure: kept, and says why
    ],
)
def test_a_tills_clock_ten_minutes_off_loses_no_sale(
    counter: Counter, minutes_off: int, *, clock_sure: bool, outcome: CodeOutcome, points: int
) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    tills_time = counter.tools.clock.now() + timedelta(minutes=minutes_off)
    report = counter.report(
        "s1",
        1240,
        code=counter.shown(phone),
        scanned_at=tills_time,
        sold_at=tills_time,
        clock_sure=clock_sure,
    )
    for _ in range(2):
        receipt = counter.send(report)
        assert (receipt.code_outcome, receipt.points_earned) == (outcome, points)
    assert counter.findings() == ()


@pytest.mark.parametrize("total_minor", [-1, 1_000_000_001, 0])
def test_an_amount_that_cannot_be_is_refused(counter: Counter, total_minor: int) -> None:
    with pytest.raises(AmountInvalidError):
        counter.sell("s1", total_minor)


def test_a_gift_with_lines_is_a_sale_of_nothing(counter: Counter) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    line = SaleLineReport("", "Muestra", 1000, 0)
    receipt = counter.send(counter.report("s1", 0, code=counter.shown(phone), lines=(line,)))
    assert (receipt.points_earned, receipt.points_balance) == (0, 0)
    assert counter.findings() == ()


def test_another_currency_is_refused(counter: Counter) -> None:
    with pytest.raises(CurrencyMismatchError) as refusal:
        counter.send(counter.report("s1", 100, currency="USD"))
    assert refusal.value.facts == {"currency": "USD", "store_currency": "EUR"}


def test_a_store_of_nobody_is_refused(counter: Counter) -> None:
    stranger = new_id(counter.tools.clock.now())
    with pytest.raises(NotFoundError):
        counter.send(replace(counter.report("s1", 100), store_id=stranger))


def test_card_numbers_in_lines_are_struck_out_and_counted(counter: Counter) -> None:
    line = SaleLineReport("8410297112345", "tarjeta 4111 1111 1111 1111", 1000, 500)
    receipt = counter.send(counter.report("s1", 500, lines=(line,)))
    assert receipt.masked == 1
    with counter.database.reading(counter.street.program_id) as session:
        (kept,) = lines_of(session, counter.street.program_id, "s1")
    assert "4111 1111" not in kept.description
    assert kept.description.endswith("1111")
    assert kept.product_ref == "8410297112345"


def test_each_sale_is_linked_once_to_the_visit_that_showed_its_code(counter: Counter) -> None:
    phone = counter.consenting_phone()
    code = counter.shown(phone)
    for _ in range(2):
        for sale_id in ("s1", "s2"):
            assert counter.sell(sale_id, 500, code=code).linked_visit
    assert links_of_sales(counter) == 2
    assert counter.findings() == ()


def test_without_consent_nothing_is_linked_and_no_point_is_lost(counter: Counter) -> None:
    phone = counter.consenting_phone()
    shopper = browser(counter.database, counter.street, phone.secret, counter.tools)
    code = counter.shown(phone)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        withdraw_consent(session, shopper, "web_visits", tools=counter.tools)
    receipt = counter.sell("s1", 500, code=code)
    assert (receipt.linked_visit, receipt.points_earned) == (False, 5)
    assert links_of_sales(counter) == 0


def test_letters_typed_instead_of_the_code_earn_too(counter: Counter) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    receipt = counter.sell("s1", 700, code=counter.letters(phone).lower())
    assert (receipt.code_outcome, receipt.points_earned) == (CodeOutcome.OK, 7)


def test_the_history_shows_each_sale_with_its_act(counter: Counter, clock: ManualClock) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    for number in range(3):
        counter.sell(f"s{number}", 100 * (number + 1), code=counter.shown(phone))
        clock.advance(minutes=5)
    with counter.database.reading(counter.street.program_id) as session:
        wallet_id = wallet_of_member(session, counter.street.program_id, phone.member_id)
        assert wallet_id is not None
        rows = history(session, counter.street.program_id, [wallet_id])
    assert [(row.points, row.posting.subject) for row in rows] == [
        (3, "sale:s2"),
        (2, "sale:s1"),
        (1, "sale:s0"),
    ]


def test_a_sale_told_in_another_time_zone_has_the_same_receipt_twice(counter: Counter) -> None:
    phone = counter.consenting_phone()
    here = timezone(timedelta(hours=2))
    sold_at = counter.tools.clock.now().astimezone(here)
    report = counter.report(
        "s1", 1240, code=counter.shown(phone), sold_at=sold_at, scanned_at=sold_at
    )
    first, again = counter.send(report), counter.send(report)
    assert replace(again, replayed=False) == first
    assert str(first.sold_at) == str(again.sold_at)
    assert first.sold_at.tzinfo == UTC
