"""Many clients at once, on both databases: nothing doubled, nothing lost, one answer."""

from functools import partial

import pytest
from sqlalchemy import func, select

from loyalty.identity.models import Link
from loyalty.journeys.join_memberships import join_memberships
from loyalty.journeys.pair_till import offer_pairing, pair_till
from loyalty.journeys.scan_card import LETTER_TRIES
from loyalty.kernel.errors import LoyaltyError
from loyalty.points.queries import ENTRY, POSTING
from loyalty.programs.errors import PairingCodeWrongError
from loyalty.programs.queries import tills_of
from loyalty.sales.errors import RefundExceedsSaleError
from loyalty.sales.queries import SALE, refunded_minor
from loyalty.wire.codes import ALPHABET, CodeOutcome
from tests.support.at_once import at_once
from tests.support.checkout import Counter
from tests.support.sizes import SIZE
from tests.support.street import new_phone, points_of

pytestmark = pytest.mark.race

CLIENTS = SIZE.clients
# Each race is run anew this often, on a house of its own; within one run most repeat themselves.
ROUNDS = max(2, SIZE.rounds // 5)


@pytest.fixture(autouse=True, params=range(ROUNDS))
def each_round(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


def rows(counter: Counter) -> dict[str, int]:
    program_id = counter.street.program_id
    with counter.database.reading(program_id) as session:
        return {
            table.name: session.execute(
                select(func.count()).select_from(table).where(table.c.program_id == program_id)
            ).scalar_one()
            for table in (SALE, POSTING, ENTRY)
        }


def test_fifty_clients_send_the_same_sale(counter: Counter) -> None:
    for sales in range(1, 6):
        phone = counter.consenting_phone()
        report = counter.report(f"s{sales}", 1240, code=counter.shown(phone))
        receipts = at_once(CLIENTS, partial(counter.resend, report))
        told = {
            (r.sale_id, r.points_earned, r.points_balance, r.recorded_at, r.linked_visit, r.person)
            for r in receipts
            if not isinstance(r, LoyaltyError)
        }
        assert len(told) == 1, [r for r in receipts if isinstance(r, LoyaltyError)][:1]
        assert sum(not r.replayed for r in receipts if not isinstance(r, LoyaltyError)) == 1
        assert not [r for r in receipts if isinstance(r, LoyaltyError)]
        assert rows(counter) == {
            "sale": sales,
            "points_posting": sales,
            "points_entry": 2 * sales,
        }
    assert counter.findings() == ()


def test_fifty_sales_with_one_live_code_are_all_kept_linked_and_earned_once(
    counter: Counter,
) -> None:
    phone = counter.consenting_phone()
    code = counter.shown(phone)
    reports = [counter.report(f"s{n}", 100 * (n + 1), code=code) for n in range(CLIENTS)]
    for _ in range(2):
        receipts = at_once(CLIENTS, lambda n: counter.send(reports[n]))
        assert not [r for r in receipts if isinstance(r, LoyaltyError)]
        assert all(
            r.code_outcome is CodeOutcome.OK and r.linked_visit and r.points_earned == n + 1
            for n, r in enumerate(receipts)
            if not isinstance(r, LoyaltyError)
        )
    assert rows(counter)["sale"] == rows(counter)["points_posting"] == CLIENTS
    total = points_of(counter.database, counter.street, phone.member_id, counter.tools)
    assert total == CLIENTS * (CLIENTS + 1) // 2
    program_id = counter.street.program_id
    with counter.database.reading(program_id) as session:
        events = session.execute(
            select(Link.event, func.count())
            .where(Link.program_id == program_id, Link.kind == "session", Link.active.is_(True))
            .group_by(Link.event)
        ).all()
        ends = session.execute(
            select(Link.a, Link.b)
            .where(Link.program_id == program_id, Link.kind == "session")
            .distinct()
        ).all()
    assert {(event, count) for event, count in events} == {
        (f"sale:s{n}", 1) for n in range(CLIENTS)
    }
    assert len(ends) == 1
    assert counter.findings() == ()


def test_refunds_at_once_never_exceed_the_sale(counter: Counter) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    counter.sell("s1", 1000, code=counter.shown(phone))
    answers = at_once(CLIENTS, lambda n: counter.refund(f"r{n}", "s1", 300))
    refused = [answer for answer in answers if isinstance(answer, RefundExceedsSaleError)]
    assert len(refused) == CLIENTS - 3
    assert len([a for a in answers if not isinstance(a, LoyaltyError)]) == 3
    with counter.database.reading(counter.street.program_id) as session:
        assert refunded_minor(session, counter.street.program_id, "s1") == 900
    assert points_of(counter.database, counter.street, phone.member_id, counter.tools) == 1
    assert counter.findings() == ()


def test_the_same_refund_sent_by_all_counts_once(counter: Counter) -> None:
    phone = new_phone(counter.database, counter.street, counter.tools)
    counter.sell("s1", 1000, code=counter.shown(phone))
    report = counter.refund_report("r1", "s1", 1000)
    answers = at_once(CLIENTS, lambda _: counter.refund("r1", report.sale_id, 1000))
    assert {(a.points_taken, a.left_minor) for a in answers if not isinstance(a, LoyaltyError)} == {
        (10, 0)
    }
    assert not [a for a in answers if isinstance(a, LoyaltyError)]
    assert counter.findings() == ()


def test_reassigning_and_refunding_at_once_leaves_the_books_right(counter: Counter) -> None:
    one, two = counter.consenting_phone(), counter.consenting_phone()
    counter.sell("s1", 1000, code=counter.shown(one))
    code = counter.shown(two)

    def act(number: int) -> object:
        if number % 3 == 0:
            return counter.reassign(f"m{number}", "s1", code=code if number % 2 else None)
        if number % 3 == 1:
            return counter.refund(f"r{number}", "s1", 170)
        return counter.sell(f"s{number}", 100, code=code)

    answers = at_once(18, act)
    refusals = {answer.code.value for answer in answers if isinstance(answer, LoyaltyError)}
    assert refusals <= {"refund_exceeds_sale", "reassignment_conflict"}
    assert counter.findings() == ()


def test_two_cashiers_move_sales_between_the_same_two_cards_the_other_way_round(
    counter: Counter,
) -> None:
    one, two = counter.consenting_phone(), counter.consenting_phone()
    codes = [counter.shown(one), counter.shown(two)]
    for number in range(20):
        counter.sell(f"s{number}", 500, code=codes[number % 2])
    answers = at_once(20, lambda n: counter.reassign(f"m{n}", f"s{n}", code=codes[(n + 1) % 2]))
    assert not [answer for answer in answers if isinstance(answer, LoyaltyError)]
    assert counter.findings() == ()


def test_sales_during_a_join_all_end_in_the_wallet_that_stays(counter: Counter) -> None:
    keep, other = counter.consenting_phone(), counter.consenting_phone()
    codes = [counter.shown(keep), counter.shown(other)]

    def act(number: int) -> object:
        if number == 10:
            with counter.database.unit_of_work(counter.street.program_id) as session:
                return join_memberships(
                    session,
                    counter.street.program_id,
                    keep_member=keep.member_id,
                    other_member=other.member_id,
                    actor="shopper",
                    event="join:test",
                    tools=counter.tools,
                )
        return counter.sell(f"s{number}", 100, code=codes[number % 2])

    answers = at_once(20, act)
    assert not [answer for answer in answers if isinstance(answer, LoyaltyError)]
    for phone in (keep, other):
        assert points_of(counter.database, counter.street, phone.member_id, counter.tools) == 19
    assert counter.findings() == ()


def test_one_pairing_code_pairs_one_till(counter: Counter) -> None:
    program_id = counter.street.program_id
    with counter.database.unit_of_work(program_id) as session:
        offer = offer_pairing(
            session,
            program_id,
            counter.street.store_id,
            till_name="Caja 2",
            staff_id=None,
            tools=counter.tools,
        )
    answers = at_once(
        10,
        lambda n: pair_till(
            counter.database,
            offer.code,
            client_address=f"192.0.2.{n}",
            kind="browser",
            key_sha256=None,
            tools=counter.tools,
        ),
    )
    assert len([a for a in answers if isinstance(a, PairingCodeWrongError)]) == 9
    with counter.database.reading(program_id) as session:
        assert len(tills_of(session, program_id)) == 2


def test_letters_guessed_at_once_are_counted_before_they_are_looked_up(counter: Counter) -> None:
    answers = at_once(CLIENTS, lambda n: counter.scan(letters_number(n)))
    assert not [answer for answer in answers if isinstance(answer, LoyaltyError)]
    looked_up = [a for a in answers if not isinstance(a, LoyaltyError) and not a.tried_out]
    assert len(looked_up) == LETTER_TRIES


def letters_number(number: int) -> str:
    return "BCDEFG" + ALPHABET[number // len(ALPHABET)] + ALPHABET[number % len(ALPHABET)]
