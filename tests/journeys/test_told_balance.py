"""A receipt says what may be spent and what waits, as a scan does a moment later."""

from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import FIVE_EUROS, Redeeming


def test_points_that_wait_are_told_beside_what_may_be_spent(
    counter: Counter, clock: ManualClock
) -> None:
    at_till = Redeeming(counter, clock)
    ana = at_till.shopper(50)
    counter.set_policy(pending_days=3)
    told = counter.sell("s1", 6_000, code=at_till.card(ana))
    assert (told.points_balance, told.points_pending) == (50, 60)
    again = counter.sell("s1", 6_000, code=at_till.card(ana))
    assert (again.points_balance, again.points_pending) == (50, 60)
    clock.advance(minutes=2)
    scanned = counter.scan(at_till.card(ana)).stands
    assert scanned is not None
    assert (scanned.free, scanned.pending) == (50, 60)
    assert counter.refund("r1", "s1", 1_000).points_balance == 50
    clock.advance(days=4)
    told = counter.sell("s2", 100, code=at_till.card(ana))
    assert (told.points_balance, told.points_pending) == (100, 1)


def test_points_that_are_held_are_not_told_as_spendable(
    counter: Counter, clock: ManualClock
) -> None:
    at_till = Redeeming(counter, clock)
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(150)
    at_till.hold("h1", ana, reward)
    told = counter.sell("s1", 200, code=at_till.card(ana))
    assert (told.points_balance, told.points_pending) == (52, 0)
    clock.advance(days=1)
    told = counter.sell("s2", 100, code=at_till.card(ana))
    assert told.points_balance == 153, "the hold ran out by our clock, whatever job ran"
