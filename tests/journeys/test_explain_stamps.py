"""A stamp card explains itself: what stamped it, what was used, what came back, what waits."""

import pytest

from loyalty.journeys.explain_points import Reader
from loyalty.journeys.explain_stamps import StampsTold, explain_stamps
from loyalty.journeys.join_memberships import join_memberships
from loyalty.points.retire_reward import retire_reward
from loyalty.sales.rules import RefundLineReport
from tests.journeys.test_stamps_wait import coffees, sell
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import TENTH, VISITS, Redeeming
from tests.support.street import Phone


@pytest.fixture
def at_till(counter: Counter, clock: ManualClock) -> Redeeming:
    return Redeeming(counter, clock)


def told(at_till: Redeeming, who: Phone, reader: Reader | None = None) -> tuple[StampsTold, ...]:
    now = at_till.counter.tools.clock.now()
    with at_till.counter.database.reading(at_till.program_id) as session:
        return explain_stamps(
            session, at_till.program_id, who.member_id, reader=reader or Reader(), at=now
        )


def test_each_stamp_names_its_sale_and_what_became_of_it(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(TENTH), at_till.shopper(0)
    at_till.offer(VISITS)
    assert told(at_till, ana) == ()
    sell(at_till, "s1", 10, ana)
    at_till.hold("h1", ana, reward, basket_minor=280, lines=coffees(2))
    at_till.sell("s2", 140, "h1")
    at_till.clock.advance(minutes=1)
    at_till.counter.set_policy(pending_days=14)
    sell(at_till, "s3", 4, ana)
    at_till.counter.refund_lines("r1", "s3", RefundLineReport(1, 1_000, 140))
    visits, card = sorted(told(at_till, ana), key=lambda one: one.reward.points)
    assert (visits.reward.name, visits.told.free, visits.told.pending) == ("Cinco visitas", 1, 0)
    assert visits.told.lots[0].source.terms is not None
    assert visits.told.lots[0].source.terms.per == "visit"
    why = card.told
    assert (card.reward.reward_id, card.is_over) == (reward, False)
    assert (why.free, why.pending, why.held, why.debt) == (1, 3, 0, 0)
    assert why.by_kind == {"earn": 14, "redeem": -9, "take_back": -1}
    first, waiting = sorted(why.lots, key=lambda lot: lot.source.at)
    assert (first.source.sale_id, first.came, first.remaining) == ("s1", 10, 1)
    assert [(move.kind, move.points, move.reward_name) for move in first.moves] == [
        ("redeem", -9, "Décimo café gratis")
    ]
    assert (waiting.source.sale_id, waiting.state, waiting.remaining) == ("s3", "pending", 3)
    assert waiting.source.till_name is not None
    assert [(move.kind, move.points) for move in waiting.moves] == [("take_back", -1)]
    terms = waiting.source.terms
    assert terms is not None
    assert (terms.per, terms.lines) == ("product", (1,))


def test_what_came_with_a_join_and_what_other_stores_gave_is_told_as_far_as_one_may_know(
    at_till: Redeeming,
) -> None:
    reward, (ana, eva) = at_till.offer(TENTH), (at_till.shopper(0) for _ in range(2))
    sell(at_till, "s1", 3, eva)
    with at_till.counter.database.unit_of_work(at_till.program_id) as session:
        join_memberships(
            session,
            at_till.program_id,
            keep_member=ana.member_id,
            other_member=eva.member_id,
            actor="shopper",
            event="join:1",
            tools=at_till.counter.tools,
        )
        retire_reward(session, at_till.program_id, reward, at=at_till.counter.tools.clock.now())
    (card,) = told(at_till, ana)
    (lot,) = card.told.lots
    assert card.is_over
    assert (lot.source.sale_id, lot.brought_by.kind, lot.came) == ("s1", "transfer", 3)
    (elsewhere,) = told(at_till, ana, Reader(stores=frozenset()))
    (lot,) = elsewhere.told.lots
    assert (lot.source.is_elsewhere, lot.source.sale_id, lot.source.act_id) == (True, None, "")
    assert lot.came == 3
