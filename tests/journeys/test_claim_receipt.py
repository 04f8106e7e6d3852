"""The code on a receipt: one purchase, one shopper, whoever is quicker, the till or the phone."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from loyalty.codes.claims import BATCH_MOST, IssuedClaim, claim_by_id, forget_claims
from loyalty.journeys.card_view import card_history
from loyalty.journeys.claim_receipt import (
    ReceiptClaimed,
    ReceiptPeek,
    claim_receipt,
    peek_receipt,
    sign_receipts,
    unclaim_receipt,
)
from loyalty.journeys.sale_report import SaleReceipt
from loyalty.kernel.errors import NotFoundError
from loyalty.points.policy import PointsPolicy
from loyalty.points.set_policy import set_policy
from loyalty.programs.tills import create_till
from loyalty.wire.codes import CodeOutcome
from tests.support.at_once import at_once
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import FIVE_EUROS, Redeeming
from tests.support.street import Phone, browser, new_phone, points_of


def pool(counter: Counter, count: int = 3, till_id: UUID | None = None) -> tuple[IssuedClaim, ...]:
    street = counter.street
    with counter.database.unit_of_work(street.program_id) as session:
        till = till_id or street.till_id
        return sign_receipts(session, street.program_id, till, count, tools=counter.tools)


def sold(counter: Counter, sale_id: str, total_minor: int, claim: IssuedClaim) -> SaleReceipt:
    report = counter.report(sale_id, total_minor)
    return counter.send(replace(report, claim_id=claim.claim_id))


def phone(counter: Counter) -> Phone:
    return new_phone(counter.database, counter.street, counter.tools)


def claimed(counter: Counter, holder: Phone, claim: IssuedClaim) -> ReceiptClaimed:
    shopper = browser(counter.database, counter.street, holder.secret, counter.tools)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        return claim_receipt(
            session, counter.street.program_id, claim.text, shopper=shopper, tools=counter.tools
        )


def peeked(counter: Counter, claim: IssuedClaim, holder: Phone | None = None) -> ReceiptPeek:
    shopper = (
        browser(counter.database, counter.street, holder.secret, counter.tools) if holder else None
    )
    with counter.database.reading(counter.street.program_id) as session:
        return peek_receipt(
            session, counter.street.program_id, claim.text, shopper=shopper, tools=counter.tools
        )


def points(counter: Counter, holder: Phone) -> int:
    return points_of(counter.database, counter.street, holder.member_id, counter.tools)


def test_a_purchase_without_a_card_counts_for_whoever_opens_its_receipt(counter: Counter) -> None:
    claim, ana = pool(counter)[0], phone(counter)
    assert sold(counter, "s1", 1240, claim).points_earned == 0
    seen = peeked(counter, claim, ana)
    assert (seen.state, seen.total_minor) == ("free", 1240)
    done = claimed(counter, ana, claim)
    assert (done.peek.state, done.points, done.balance, done.is_new) == ("own", 12, 12, True)
    assert points(counter, ana) == 12
    shopper = browser(counter.database, counter.street, ana.secret, counter.tools)
    with counter.database.reading(counter.street.program_id) as session:
        row = card_history(session, shopper).months[0].rows[0]
    assert (row.sale_id, row.points, row.reason) == ("s1", 12, "receipt")
    assert counter.findings() == ()


def test_the_same_person_claims_twice_and_earns_once(counter: Counter) -> None:
    claim, ana = pool(counter)[0], phone(counter)
    sold(counter, "s1", 1240, claim)
    claimed(counter, ana, claim)
    again = claimed(counter, ana, claim)
    assert (again.peek.state, again.points, again.is_new) == ("own", 0, False)
    assert points(counter, ana) == 12


def test_a_second_person_is_refused_and_told_nothing_of_the_purchase(counter: Counter) -> None:
    claim, ana, berta = pool(counter)[0], phone(counter), phone(counter)
    sold(counter, "s1", 1240, claim)
    claimed(counter, ana, claim)
    refused = claimed(counter, berta, claim)
    assert (refused.peek.state, refused.peek.total_minor) == ("taken", None)
    assert peeked(counter, claim).state == "taken"
    assert points(counter, berta) == 0


def test_a_sale_that_went_on_a_card_is_claimed_by_nobody(counter: Counter) -> None:
    claim, ana, berta = pool(counter)[0], phone(counter), phone(counter)
    report = counter.report("s1", 1240, code=counter.shown(ana))
    counter.send(replace(report, claim_id=claim.claim_id))
    assert claimed(counter, berta, claim).peek.state == "taken"
    assert points(counter, ana) == 12
    assert points(counter, berta) == 0


def test_a_sale_that_a_cashier_gave_to_a_card_later_is_taken(counter: Counter) -> None:
    claim, ana, berta = pool(counter)[0], phone(counter), phone(counter)
    sold(counter, "s1", 1240, claim)
    counter.reassign("r1", "s1", code=counter.shown(ana))
    assert claimed(counter, berta, claim).peek.state == "taken"
    assert claimed(counter, ana, claim).peek.state == "own"
    assert points(counter, ana) == 12


def test_a_shopper_who_is_quicker_than_the_line_has_the_points_when_the_sale_arrives(
    counter: Counter,
) -> None:
    claim, ana, berta = pool(counter)[0], phone(counter), phone(counter)
    assert claimed(counter, ana, claim).peek.state == "waiting"
    assert claimed(counter, berta, claim).peek.state == "taken"
    assert claimed(counter, ana, claim).peek.state == "own"
    sold(counter, "s1", 1240, claim)
    assert points(counter, ana) == 12
    assert counter.findings() == ()


def test_one_code_serves_one_sale_of_its_own_till(counter: Counter, clock: ManualClock) -> None:
    street = counter.street
    with counter.database.unit_of_work(street.program_id) as session:
        other = create_till(
            session,
            street.program_id,
            street.store_id,
            name="Caja 9",
            kind="agent",
            key_hash="0" * 64,
            at=clock.now(),
        )
    mine, foreign = pool(counter)[0], pool(counter, till_id=other)[0]
    ana = phone(counter)
    sold(counter, "s1", 1240, mine)
    sold(counter, "s2", 5000, mine)
    sold(counter, "s3", 5000, foreign)
    assert claimed(counter, ana, mine).points == 12
    assert claimed(counter, ana, foreign).peek.state == "waiting"
    assert points(counter, ana) == 12


def test_a_receipt_sent_again_is_bound_once(counter: Counter) -> None:
    claim, ana = pool(counter)[0], phone(counter)
    sold(counter, "s1", 1240, claim)
    assert sold(counter, "s1", 1240, claim).replayed
    assert claimed(counter, ana, claim).points == 12


def test_a_receipt_can_be_claimed_for_two_weeks_and_no_longer(
    counter: Counter, clock: ManualClock
) -> None:
    first, second = pool(counter)[:2]
    ana = phone(counter)
    sold(counter, "s1", 1240, first)
    sold(counter, "s2", 1240, second)
    clock.advance(days=14)
    assert claimed(counter, ana, first).points == 12
    clock.advance(s=1)
    assert claimed(counter, ana, second).peek.state == "late"


def test_how_long_a_receipt_can_be_claimed_is_the_owners_to_say(
    counter: Counter, clock: ManualClock
) -> None:
    program_id, ana = counter.street.program_id, phone(counter)
    with counter.database.unit_of_work(program_id) as session:
        policy = PointsPolicy(claim_days=60, claim_code_days=20)
        set_policy(session, program_id, policy, made_by="setup", at=clock.now())
    signed = pool(counter)
    assert signed[0].expires_at == clock.now() + timedelta(days=20), "the till gives it till then"
    clock.advance(days=20)
    sold(counter, "s1", 1240, signed[0])
    sold(counter, "s2", 1240, signed[1])
    clock.advance(days=60)
    assert claimed(counter, ana, signed[0]).points == 12, "given on its last day, good all the time"
    with counter.database.unit_of_work(program_id) as session:
        shorter = PointsPolicy(claim_days=7)
        set_policy(session, program_id, shorter, made_by="setup", at=clock.now())
    assert claimed(counter, ana, signed[1]).peek.state == "late"


def test_what_was_given_back_is_not_claimed_and_a_rest_earns_what_is_left(counter: Counter) -> None:
    whole, part = pool(counter)[:2]
    ana = phone(counter)
    sold(counter, "s1", 1240, whole)
    sold(counter, "s2", 1240, part)
    counter.refund("f1", "s1", 1240)
    counter.refund("f2", "s2", 700)
    assert claimed(counter, ana, whole).peek.state == "refunded"
    assert claimed(counter, ana, part).points == 5
    counter.refund("f3", "s2", 540)
    assert points(counter, ana) == 0
    assert counter.findings() == ()


def test_a_claim_taken_back_leaves_the_receipt_to_its_owner(
    counter: Counter, clock: ManualClock
) -> None:
    claim, ana, berta = pool(counter)[0], phone(counter), phone(counter)
    sold(counter, "s1", 1240, claim)
    claimed(counter, ana, claim)
    shopper = browser(counter.database, counter.street, ana.secret, counter.tools)
    with counter.database.unit_of_work(counter.street.program_id) as session:
        assert unclaim_receipt(session, shopper, claim.claim_id, tools=counter.tools) == 12
    assert points(counter, ana) == 0
    assert claimed(counter, berta, claim).points == 12
    with (
        pytest.raises(NotFoundError),
        counter.database.unit_of_work(counter.street.program_id) as session,
    ):
        unclaim_receipt(session, shopper, claim.claim_id, tools=counter.tools)
    other = browser(counter.database, counter.street, berta.secret, counter.tools)
    clock.advance(hours=2)
    with (
        pytest.raises(NotFoundError),
        counter.database.unit_of_work(counter.street.program_id) as session,
    ):
        unclaim_receipt(session, other, claim.claim_id, tools=counter.tools)
    assert counter.findings() == ()


def test_a_code_that_is_not_a_receipts_is_refused(counter: Counter, clock: ManualClock) -> None:
    claim, ana = pool(counter)[0], phone(counter)
    sold(counter, "s1", 1240, claim)
    live = counter.shown(ana)
    assert claimed(counter, ana, replace(claim, text=live)).peek.state == "refused"
    clock.advance(days=45)
    late = claimed(counter, ana, claim)
    assert (late.peek.state, late.peek.outcome) == ("refused", CodeOutcome.EXPIRED)


def test_codes_that_no_receipt_took_are_forgotten_and_the_others_kept(
    counter: Counter, clock: ManualClock
) -> None:
    used, unused = pool(counter, BATCH_MOST + 9)[:2]
    sold(counter, "s1", 1240, used)
    clock.advance(days=105)
    program_id = counter.street.program_id
    with counter.database.unit_of_work(program_id) as session:
        forget_claims(session, program_id, at=clock.now())
        assert claim_by_id(session, program_id, used.claim_id) is not None
        assert claim_by_id(session, program_id, unused.claim_id) is None


def test_a_sale_that_somebody_elses_points_paid_counts_for_who_claimed_its_receipt(
    counter: Counter, clock: ManualClock
) -> None:
    at_till = Redeeming(counter, clock)
    reward, ana, eva = at_till.offer(FIVE_EUROS), at_till.shopper(100), phone(counter)
    claim = pool(counter)[0]
    assert claimed(counter, eva, claim).peek.state == "waiting"
    held = at_till.hold("h1", ana, reward, basket_minor=1_740)
    report = counter.report("s1", held.to_pay_minor)
    told = counter.send(
        replace(report, claim_id=claim.claim_id, hold_id="h1", customer="square:7")
    ).redeemed
    assert told is not None
    assert (told.fate, told.points) == ("taken", 100)
    assert (points(counter, ana), points(counter, eva)) == (0, 12)
    assert counter.findings() == ()


@pytest.mark.race
def test_of_many_who_open_a_receipt_at_once_one_has_it(counter: Counter) -> None:
    claim = pool(counter)[0]
    phones = [phone(counter) for _ in range(4)]
    sold(counter, "s1", 1240, claim)
    results = at_once(4, lambda turn: claimed(counter, phones[turn], claim))
    told = [each for each in results if isinstance(each, ReceiptClaimed)]
    assert sorted(each.points for each in told) == [0, 0, 0, 12]
    assert counter.findings() == ()


@pytest.mark.race
def test_a_sale_and_its_claim_at_once_count_once(counter: Counter) -> None:
    for turn, claim in enumerate(pool(counter, 5)):
        ana = phone(counter)

        def act(which: int, turn: int = turn, claim: IssuedClaim = claim, ana: Phone = ana) -> None:
            if which:
                claimed(counter, ana, claim)
            else:
                sold(counter, f"s{turn}", 1240, claim)

        assert at_once(2, act) == [None, None]
        assert points(counter, ana) == 12
    assert counter.findings() == ()
