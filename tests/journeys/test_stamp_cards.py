"""Stamp cards: sales stamp them, a full one gives its reward, refunds take stamps back."""

from dataclasses import replace
from uuid import UUID

import pytest

from loyalty.journeys.stamp_cards import StampCard
from loyalty.journeys.stamp_sales import pieces_left
from loyalty.points.bonuses.referrals import note_referral, waiting_referrals
from loyalty.points.retire_reward import retire_reward
from loyalty.programs.staff_cards import mark_staff_card
from loyalty.sales.rules import RefundLineReport, SaleLineReport
from tests.journeys.test_claim_receipt import claimed, pool
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import TENTH, VISITS, Redeeming
from tests.support.street import Phone


@pytest.fixture
def at_till(counter: Counter, clock: ManualClock) -> Redeeming:
    return Redeeming(counter, clock)


def coffees(count: int) -> tuple[SaleLineReport, ...]:
    return (SaleLineReport("cafe", "Café", count * 1_000, count * 140),)


def stamps(at_till: Redeeming, phone: Phone) -> dict[str, int]:
    at_till.clock.advance(minutes=2)
    cards: tuple[StampCard, ...] = at_till.counter.scan(at_till.card(phone)).stamps
    return {card.reward.name: card.stamps for card in cards}


def sell(at_till: Redeeming, sale_id: str, count: int, who: Phone) -> None:
    code = at_till.card(who)
    report = at_till.counter.report(sale_id, count * 140, code=code, lines=coffees(count))
    at_till.counter.send(report)
    at_till.counter.send(report)


def test_the_tenth_coffee_is_free(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(TENTH), at_till.shopper(0)
    sell(at_till, "s1", 4, ana)
    assert stamps(at_till, ana) == {"Décimo café gratis": 4}
    sell(at_till, "s2", 6, ana)
    scanned = at_till.counter.scan(at_till.card(ana))
    assert [each.name for each in scanned.rewards_in_reach] == ["Décimo café gratis"]
    held = at_till.hold("h1", ana, reward, basket_minor=280, lines=coffees(2))
    assert (held.points, held.discount_minor, held.free) == (9, 140, 1)
    told = at_till.sell("s3", 140, "h1").redeemed
    assert told is not None
    assert (told.fate, told.points) == ("taken", 9)
    assert stamps(at_till, ana) == {"Décimo café gratis": 1}
    assert at_till.points(ana) == 13, "stamps are no points"
    assert at_till.counter.findings() == ()


def test_stamps_go_back_with_what_earned_them(at_till: Redeeming) -> None:
    at_till.offer(VISITS)
    ana = at_till.shopper(0)
    at_till.counter.sell("s1", 700, code=at_till.card(ana))
    at_till.counter.sell("s2", 499, code=at_till.card(ana))
    assert stamps(at_till, ana) == {"Cinco visitas": 1}
    at_till.counter.refund("r1", "s1", 200)
    assert stamps(at_till, ana) == {"Cinco visitas": 1}
    at_till.counter.refund("r2", "s1", 100)
    at_till.counter.refund("r2", "s1", 100)
    assert stamps(at_till, ana) == {"Cinco visitas": 0}
    assert at_till.counter.findings() == ()


def test_stamps_follow_a_sale_to_the_right_card(at_till: Redeeming) -> None:
    at_till.offer(TENTH)
    ana, eva = at_till.shopper(0), at_till.shopper(0)
    sell(at_till, "s1", 3, ana)
    at_till.counter.reassign("x1", "s1", code=at_till.card(eva))
    assert (stamps(at_till, ana), stamps(at_till, eva)) == (
        {"Décimo café gratis": 0},
        {"Décimo café gratis": 3},
    )
    at_till.counter.send(at_till.counter.report("s2", 280, lines=coffees(2)))
    at_till.counter.reassign("x2", "s2", code=at_till.card(ana))
    assert stamps(at_till, ana) == {"Décimo café gratis": 2}
    at_till.counter.reassign("x3", "s1")
    assert stamps(at_till, eva) == {"Décimo café gratis": 0}
    assert at_till.counter.findings() == ()


def cashier_with(at_till: Redeeming, card: Phone) -> UUID:
    """Mark a card as that of whoever works at the till."""
    staff_id, now = at_till.street.staff_id, at_till.counter.tools.clock.now()
    with at_till.counter.database.unit_of_work(at_till.program_id) as session:
        mark_staff_card(
            session,
            at_till.program_id,
            card_id=card.card_id,
            staff_id=staff_id,
            marked_by="owner",
            at=now,
        )
    return staff_id


def has(at_till: Redeeming, *phones: Phone) -> list[int]:
    return [sum(stamps(at_till, phone).values()) for phone in phones]


def test_whoever_sells_gets_no_stamps_on_their_own_card_however_a_sale_comes_to_it(
    at_till: Redeeming,
) -> None:
    at_till.offer(TENTH)
    counter, (luis, ana) = at_till.counter, (at_till.shopper(0) for _ in range(2))
    cashier, claim = cashier_with(at_till, luis), pool(counter)[0]
    own = at_till.card(luis)
    counter.send(counter.report("s0", 560, code=own, lines=coffees(4), staff_id=cashier))
    counter.send(counter.report("s1", 560, lines=coffees(4), staff_id=cashier))
    counter.reassign("from nobody", "s1", code=own)
    code = at_till.card(ana)
    counter.send(counter.report("s2", 420, code=code, lines=coffees(3), staff_id=cashier))
    assert has(at_till, luis, ana) == [0, 3]
    counter.reassign("from another card", "s2", code=own)
    sale = counter.report("s3", 560, lines=coffees(4), staff_id=cashier)
    counter.send(replace(sale, claim_id=claim.claim_id))
    assert claimed(counter, luis, claim).peek.state == "own"
    assert has(at_till, luis, ana) == [0, 0]
    assert counter.findings() == ()


def test_a_sale_on_the_sellers_own_card_makes_nobody_due_for_bringing_them(
    at_till: Redeeming,
) -> None:
    counter, (luis, ana, eva) = at_till.counter, (at_till.shopper(0) for _ in range(3))
    counter.set_policy(referral_points=5, referral_most=5)
    cashier, now = cashier_with(at_till, luis), counter.tools.clock.now()
    with counter.database.unit_of_work(at_till.program_id) as session:
        for friend in (luis, ana):
            note_referral(
                session,
                at_till.program_id,
                member_id=friend.member_id,
                by_member_id=eva.member_id,
                at=now,
            )

    def due() -> list[UUID]:
        with counter.database.reading(at_till.program_id) as session:
            waiting = waiting_referrals(session, at_till.program_id, limit=10)
        return [each.member_id for each in waiting]

    counter.send(counter.report("s1", 560, staff_id=cashier))
    counter.reassign("x1", "s1", code=at_till.card(luis))
    assert due() == []
    counter.reassign("x2", "s1", code=at_till.card(ana))
    assert due() == [ana.member_id]
    counter.reassign("x3", "s1", code=at_till.card(luis))
    assert due() == []


def test_what_came_back_before_a_sale_changes_hands_stamps_nobody(at_till: Redeeming) -> None:
    at_till.offer(TENTH)
    at_till.offer(VISITS)
    counter, (ana, eva) = at_till.counter, (at_till.shopper(0) for _ in range(2))
    first, second = pool(counter)[:2]
    counter.send(counter.report("s1", 560, lines=coffees(4)))
    counter.refund_lines("r1", "s1", RefundLineReport(1, 3_000, 420))
    counter.reassign("x1", "s1", code=at_till.card(ana))
    assert stamps(at_till, ana) == {"Décimo café gratis": 1, "Cinco visitas": 0}
    sale = counter.report("s2", 560, lines=coffees(4))
    counter.send(replace(sale, claim_id=first.claim_id))
    counter.refund_lines("r2", "s2", RefundLineReport(1, 3_000, 420))
    claimed(counter, eva, first)
    assert stamps(at_till, eva) == {"Décimo café gratis": 1, "Cinco visitas": 0}
    counter.send(replace(counter.report("s3", 700), claim_id=second.claim_id))
    counter.refund("r3", "s3", 600)
    claimed(counter, eva, second)
    assert stamps(at_till, eva) == {"Décimo café gratis": 1, "Cinco visitas": 0}


def test_three_stamps_left_are_three_on_every_card_the_sale_goes_to(at_till: Redeeming) -> None:
    at_till.offer(TENTH)
    counter, (ana, eva) = at_till.counter, (at_till.shopper(0) for _ in range(2))
    sell(at_till, "s1", 4, ana)
    counter.refund_lines("r1", "s1", RefundLineReport(1, 1_000, 140))
    counter.reassign("x1", "s1")
    assert has(at_till, ana, eva) == [0, 0]
    counter.reassign("x2", "s1", code=at_till.card(eva))
    assert has(at_till, ana, eva) == [0, 3]
    counter.reassign("x3", "s1", code=at_till.card(ana))
    assert has(at_till, ana, eva) == [3, 0]
    assert counter.findings() == ()


def test_a_sale_read_on_the_sellers_own_card_stamps_the_shopper_it_goes_to(
    at_till: Redeeming,
) -> None:
    at_till.offer(TENTH)
    counter, (luis, ana) = at_till.counter, (at_till.shopper(0) for _ in range(2))
    cashier = cashier_with(at_till, luis)
    own = at_till.card(luis)
    counter.send(counter.report("s1", 560, code=own, lines=coffees(4), staff_id=cashier))
    counter.reassign("x1", "s1", code=at_till.card(ana))
    assert (has(at_till, luis, ana), at_till.points(ana)) == ([0, 4], 5)


def test_a_sale_stamps_the_cards_that_were_on_offer_when_it_was_made(at_till: Redeeming) -> None:
    old, ana = at_till.offer(TENTH), at_till.shopper(0)
    counter, eva = at_till.counter, at_till.shopper(0)
    counter.send(counter.report("s1", 560, lines=coffees(4)))
    at_till.clock.advance(minutes=1)
    at_till.offer(VISITS)
    now = counter.tools.clock.now()
    counter.reassign("x1", "s1", code=at_till.card(ana))
    assert stamps(at_till, ana) == {"Décimo café gratis": 4, "Cinco visitas": 0}
    with counter.database.unit_of_work(at_till.program_id) as session:
        retire_reward(session, at_till.program_id, old, at=now)
    counter.reassign("x2", "s1", code=at_till.card(eva))
    assert stamps(at_till, eva) == {"Cinco visitas": 0}
    counter.reassign("x3", "s1")
    assert counter.findings() == ()


@pytest.mark.parametrize(
    ("sold", "kept", "left"),
    [(3_000, 2_500, 2_000), (3_000, 0, 0), (1_250, 1_000, 1_250), (2_500, 1, 2_500), (1_250, 0, 0)],
)
def test_half_a_piece_is_none_and_a_weight_is_one_while_some_of_it_is_left(
    sold: int, kept: int, left: int
) -> None:
    assert pieces_left(sold, kept) == left


def test_a_card_is_stamped_for_no_more_sales_in_a_day_than_may_earn_on_it(
    at_till: Redeeming,
) -> None:
    at_till.offer(VISITS)
    counter, (ana, eva) = at_till.counter, (at_till.shopper(0) for _ in range(2))
    counter.set_policy(card_sales_per_day=2)
    for number in range(5):
        told = counter.sell(f"s{number}", 700, code=at_till.card(ana))
        assert told.why_none == ("capped" if number >= 2 else "")
    assert has(at_till, ana) == [2]
    counter.refund("r4", "s4", 700)
    counter.reassign("x3", "s3")
    assert has(at_till, ana) == [2], "what stamped nothing takes no stamp with it"
    counter.reassign("x2", "s2", code=at_till.card(eva))
    assert has(at_till, ana, eva) == [2, 1], "another card has a day of its own"
    counter.reassign("x0", "s0")
    counter.reassign("x4", "s3", code=at_till.card(ana))
    assert has(at_till, ana, eva) == [2, 1], "its place in the day is free again"
    counter.reassign("x5", "s0", code=at_till.card(ana))
    assert has(at_till, ana, eva) == [2, 1], "and taken again"
    at_till.clock.advance(days=1)
    counter.sell("s5", 700, code=at_till.card(ana))
    assert has(at_till, ana) == [3]
    assert counter.findings() == ()


def test_points_used_up_for_a_day_keep_no_stamp_away(at_till: Redeeming) -> None:
    at_till.offer(VISITS)
    ana, counter = at_till.shopper(0), at_till.counter
    counter.set_policy(card_points_per_day=7)
    told = [counter.sell(f"s{number}", 700, code=at_till.card(ana)) for number in range(2)]
    assert [each.points_earned for each in told] == [7, 0]
    assert has(at_till, ana) == [2]
