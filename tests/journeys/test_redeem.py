"""A reward at the till: held on a proof, taken with its sale, each once, and what forbids it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from loyalty.journeys.redeem import HeldReward
from loyalty.kernel.errors import LoyaltyError
from loyalty.kernel.ids import new_id
from loyalty.points.add_reward import RewardTerms
from loyalty.points.errors import HoldUnknownError
from loyalty.points.policy import PointsPolicy
from loyalty.points.reward_errors import HoldConflictError
from loyalty.wire.refusals import Refusal
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import CENTS, COFFEE, FIVE_EUROS, Redeeming
from tests.support.street import Phone

PIN = "2580"


@pytest.fixture
def at_till(counter: Counter, clock: ManualClock) -> Redeeming:
    return Redeeming(counter, clock)


def refused(told: HeldReward | LoyaltyError) -> tuple[Refusal, dict[str, object]]:
    assert isinstance(told, LoyaltyError), told
    return told.code, dict(told.facts)


def held(told: HeldReward | LoyaltyError) -> HeldReward:
    assert isinstance(told, HeldReward), told
    return told


def test_a_reward_is_held_before_payment_and_taken_with_the_sale(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(140)
    code = at_till.counter.shown(ana)
    first = held(at_till.send(at_till.ask("h1", code, reward, basket_minor=2_000)))
    assert (first.state, first.points, first.discount_minor) == ("held", 100, 500)
    assert (first.to_pay_minor, first.free) == (1_500, 40)
    receipt = at_till.sell("s1", 1_500, "h1", code=code)
    assert receipt.redeemed is not None
    assert (receipt.redeemed.fate, receipt.redeemed.points) == ("taken", 100)
    assert (receipt.points_earned, receipt.points_balance) == (15, 55)
    again = at_till.sell("s1", 1_500, "h1", code=code)
    assert replace(again, replayed=False) == receipt
    assert at_till.points(ana) == 55
    assert at_till.counter.findings() == ()


def test_a_hold_asked_for_again_is_told_again_and_another_under_its_id_is_a_conflict(
    at_till: Redeeming,
) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(300)
    asked = at_till.ask("h1", at_till.counter.shown(ana), reward)
    first = held(at_till.send(asked))
    again = held(at_till.send(asked))
    assert again.replayed
    assert replace(again, replayed=False) == first
    with pytest.raises(HoldConflictError):
        at_till.send(replace(asked, basket_minor=3_000))
    assert at_till.points(ana) == 200


def test_a_refusal_is_kept_so_that_a_retry_does_not_succeed_by_surprise(
    at_till: Redeeming,
) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(99)
    asked = at_till.ask("h1", at_till.counter.shown(ana), reward)
    assert refused(at_till.send(asked)) == (Refusal.POINTS_SHORT, {"asked": 100, "free": 99})
    at_till.counter.sell("s1", 1_000, code=at_till.card(ana))
    assert at_till.points(ana) == 109
    assert refused(at_till.send(asked))[0] is Refusal.POINTS_SHORT
    # The code served nothing yet: another attempt may have it.
    assert held(at_till.send(replace(asked, hold_id="h2"))).state == "held"


def test_a_card_alone_spends_nothing_and_its_pin_does_up_to_five_tries(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(300)
    card = at_till.card(ana)
    nothing = at_till.send(at_till.ask("h1", card, reward))
    assert refused(nothing) == (Refusal.PROOF_NEEDED, {"pin_set": False, "cashier_points": 0})
    assert refused(at_till.send(at_till.ask("h2", card, reward, pin=PIN))) == (
        Refusal.MEMBER_PIN_WRONG,
        {"tries_left": 0},
    )
    at_till.set_pin(ana, PIN)
    wrong = at_till.ask("h3", card, reward, pin="1379")
    assert refused(at_till.send(wrong)) == (Refusal.MEMBER_PIN_WRONG, {"tries_left": 4})
    # The answer got lost and the till asks again: that is no other try.
    assert refused(at_till.send(wrong)) == (Refusal.MEMBER_PIN_WRONG, {"tries_left": 4})
    assert held(at_till.send(at_till.ask("h4", card, reward, pin=PIN))).proof == "pin"
    for number in range(5):
        at_till.send(at_till.ask(f"w{number}", card, reward, pin="1379"))
    assert refused(at_till.send(at_till.ask("h5", card, reward, pin=PIN))) == (
        Refusal.MEMBER_PIN_WRONG,
        {"tries_left": 0},
    )
    live = at_till.send(at_till.ask("h6", at_till.counter.shown(ana), reward))
    assert held(live).proof == "live"


def test_a_cashier_answers_for_a_card_up_to_the_days_amount(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(CENTS), at_till.shopper(300)
    at_till.set_cashier_pin()
    at_till.decide(PointsPolicy(cashier_allowance=50))
    card = at_till.card(ana)

    def spend(hold_id: str, points: int | None, pin: str = "2468") -> HeldReward | LoyaltyError:
        word = at_till.word(pin=pin)
        return at_till.send(at_till.ask(hold_id, card, reward, points=points, word=word))

    assert refused(spend("h0", 30, pin="1111")) == (Refusal.PIN_WRONG, {"tries_left": 4})
    assert held(spend("h1", 30)).proof == "cashier"
    assert refused(spend("h2", 30)) == (Refusal.ALLOWANCE_EXCEEDED, {"left": 20})
    at_till.let_go("h1")
    assert held(spend("h3", 50)).points == 50
    assert refused(spend("h4", 1))[0] is Refusal.PROOF_NEEDED
    at_till.clock.advance(days=1)
    assert held(spend("h5", None)).points == 50


def test_a_join_does_not_begin_the_cashiers_amount_of_the_day_anew(at_till: Redeeming) -> None:
    reward, ana, old = at_till.offer(CENTS), at_till.shopper(300), at_till.shopper(300)
    at_till.set_cashier_pin()
    at_till.decide(PointsPolicy(cashier_allowance=50))

    def spend(hold_id: str, who: Phone, points: int | None) -> HeldReward | LoyaltyError:
        asked = at_till.ask(hold_id, at_till.card(who), reward, points=points, word=at_till.word())
        return at_till.send(asked)

    assert held(spend("h1", old, 20)).points == 20
    assert held(spend("h2", ana, 10)).points == 10
    at_till.take("h1")
    at_till.join(ana, old)
    assert refused(spend("h3", ana, 21)) == (Refusal.ALLOWANCE_EXCEEDED, {"left": 20})
    assert held(spend("h4", old, None)).points == 20
    assert refused(spend("h5", ana, 1))[0] is Refusal.PROOF_NEEDED


def test_a_live_code_serves_one_redemption_unless_that_was_let_go(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(CENTS), at_till.shopper(300)
    code = at_till.counter.shown(ana)
    assert held(at_till.send(at_till.ask("h1", code, reward, points=50))).points == 50
    used = at_till.send(at_till.ask("h2", code, reward, points=50))
    assert refused(used) == (Refusal.CODE_REFUSED, {"outcome": "already_used"})
    at_till.let_go("h1")
    assert held(at_till.send(at_till.ask("h3", code, reward, points=40))).points == 40
    at_till.take("h3")
    at_till.let_go("h3")
    # What was taken and given back has had its code.
    again = at_till.send(at_till.ask("h4", code, reward, points=40))
    assert refused(again) == (Refusal.CODE_REFUSED, {"outcome": "already_used"})


def test_an_old_photo_of_a_live_code_spends_nothing(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(300)
    asked = at_till.ask("h1", at_till.counter.shown(ana), reward)
    at_till.clock.advance(minutes=16)
    expected = (Refusal.CODE_REFUSED, {"outcome": "expired"})
    assert refused(at_till.send(asked)) == expected
    now = at_till.clock.now()
    assert refused(at_till.send(replace(asked, hold_id="h2", scanned_at=now))) == expected


def test_a_reward_is_had_within_its_limits_and_its_days(at_till: Redeeming) -> None:
    now = at_till.clock.now()
    ana, eva = at_till.shopper(900), at_till.shopper(900)

    def offer(terms: RewardTerms) -> UUID:
        return at_till.offer(replace(FIVE_EUROS, terms=terms))

    def wanted(hold_id: str, reward: UUID, who: Phone = ana) -> HeldReward | LoyaltyError:
        at_till.clock.advance(minutes=2)
        return at_till.send(at_till.ask(hold_id, at_till.counter.shown(who), reward))

    one = offer(RewardTerms(stock=1))
    held(wanted("h1", one))
    assert refused(wanted("h2", one, eva)) == (Refusal.REWARD_SOLD_OUT, {"left": 0})
    at_till.clock.advance(minutes=20)
    held(wanted("h3", one, eva))  # the first hold ran out, whether tidied up or not
    daily = offer(RewardTerms(per_member_day=1, per_member=2))
    held(wanted("h4", daily))
    assert refused(wanted("h5", daily)) == (Refusal.REWARD_LIMIT, {"per": "day", "most": 1})
    at_till.take("h4")
    at_till.clock.advance(days=1)
    held(wanted("h6", daily))
    at_till.take("h6")
    at_till.clock.advance(days=1)
    assert refused(wanted("h7", daily)) == (Refusal.REWARD_LIMIT, {"per": "ever", "most": 2})
    later = offer(RewardTerms(valid_from=now + timedelta(days=30)))
    assert refused(wanted("h8", later)) == (Refusal.REWARD_NOT_OFFERED, {"reason": "not_yet"})
    web = offer(RewardTerms(at_till=False))
    assert refused(wanted("h9", web)) == (Refusal.REWARD_NOT_OFFERED, {"reason": "channel"})
    large = offer(RewardTerms(minimum_minor=2_001))
    misfit = {"minimum_minor": 2_001, "points": 100}
    assert refused(wanted("h10", large)) == (Refusal.REWARD_DOES_NOT_FIT, misfit)
    nothing = new_id(now)
    assert refused(wanted("h11", nothing)) == (Refusal.REWARD_NOT_OFFERED, {"reason": "unknown"})


@pytest.mark.parametrize("ends", ["let go", "runs out"])
def test_a_hold_that_a_join_moved_counts_against_the_stock_only_while_it_stands(
    at_till: Redeeming, ends: str
) -> None:
    last = at_till.offer(replace(FIVE_EUROS, terms=RewardTerms(stock=1)))
    ana, old, eva = at_till.shopper(100), at_till.shopper(100), at_till.shopper(100)
    at_till.hold("h1", old, last)
    at_till.join(ana, old)
    taken = at_till.send(at_till.ask("h2", at_till.counter.shown(eva), last))
    assert refused(taken)[0] is Refusal.REWARD_SOLD_OUT
    if ends == "let go":
        at_till.let_go("h1")
    at_till.clock.advance(minutes=3 if ends == "let go" else 20)
    at_till.hold("h3", eva, last)
    again = at_till.send(at_till.ask("h4", at_till.counter.shown(ana), last))
    assert refused(again)[0] is Refusal.REWARD_SOLD_OUT
    assert at_till.counter.findings() == ()


def test_a_hold_is_taken_in_part_once_and_never_after_its_time(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(CENTS), at_till.shopper(300)
    at_till.hold("h1", ana, reward, points=100)
    assert refused(at_till.take("h1", 101)) == (
        Refusal.HOLD_EXCEEDED,
        {"asked": 101, "held": 100},
    )


def test_part_of_a_hold_takes_off_its_part_and_the_rest_is_free(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(CENTS), at_till.shopper(300)
    at_till.hold("h1", ana, reward, points=100)
    taken = held(at_till.take("h1", 30))
    assert (taken.points, taken.discount_minor, taken.free) == (30, 30, 270)
    assert held(at_till.take("h1", 30)).replayed
    assert held(at_till.take("h1")).replayed
    assert refused(at_till.take("h1", 31))[0] is Refusal.HOLD_ENDED
    with pytest.raises(HoldUnknownError):
        at_till.take("nothing")


def test_a_hold_that_ran_out_or_was_let_go_is_not_taken(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(300)
    at_till.hold("h1", ana, reward)
    at_till.clock.advance(minutes=15)
    assert refused(at_till.take("h1")) == (
        Refusal.HOLD_ENDED,
        {"hold_id": "h1", "outcome": "lapsed"},
    )
    at_till.hold("h2", ana, reward)
    assert held(at_till.let_go("h2")).state == "let_go"
    assert held(at_till.let_go("h2")).replayed
    assert refused(at_till.take("h2"))[1]["outcome"] == "voided"
    assert at_till.points(ana) == 300


def test_a_redemption_is_undone_at_the_till_the_same_day_and_not_later(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(300)
    at_till.hold("h1", ana, reward)
    at_till.take("h1")
    assert at_till.points(ana) == 200
    undone = held(at_till.let_go("h1"))
    assert (undone.state, undone.returned, undone.free) == ("given_back", 100, 300)
    assert held(at_till.let_go("h1")).replayed
    at_till.clock.advance(minutes=3)
    at_till.hold("h2", ana, reward)
    at_till.take("h2")
    at_till.clock.advance(days=1)
    assert refused(at_till.let_go("h2"))[0] is Refusal.UNDO_TOO_LATE
    assert at_till.points(ana) == 200
    assert at_till.counter.findings() == ()


def test_a_sale_is_kept_whatever_became_of_its_hold(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(COFFEE), at_till.shopper(300)
    at_till.hold("h1", ana, reward)
    at_till.let_go("h1")
    told = at_till.sell("s1", 1_860, "h1").redeemed
    assert told is not None
    assert (told.fate, told.points) == ("let_go", 0)
    at_till.clock.advance(minutes=3)
    at_till.hold("h2", ana, reward)
    first, second = (at_till.sell(sale, 1_860, "h2").redeemed for sale in ("s2", "s3"))
    assert first is not None
    assert second is not None
    assert (first.fate, second.fate) == ("taken", "other_sale")
    unknown = at_till.sell("s4", 1_860, "h9").redeemed
    assert unknown is not None
    assert (unknown.fate, unknown.reward) == ("unknown", None)
    assert at_till.points(ana) == 290


def test_a_sale_that_waited_for_the_line_takes_its_hold_by_the_time_it_was_made(
    at_till: Redeeming,
) -> None:
    reward, ana = at_till.offer(FIVE_EUROS), at_till.shopper(120)
    at_till.hold("h1", ana, reward)
    in_time = replace(at_till.counter.report("s1", 1_500), hold_id="h1")
    at_till.clock.advance(minutes=20)
    # Meanwhile the points were free again, and somebody spent them.
    at_till.hold("h2", ana, reward)
    at_till.take("h2")
    late = replace(at_till.counter.report("s2", 1_500), hold_id="h1")
    told = at_till.counter.send(late).redeemed
    assert told is not None
    assert told.fate == "lapsed"
    told = at_till.counter.send(in_time).redeemed
    assert told is not None
    assert (told.fate, told.points, told.owed) == ("taken_late", 100, 80)
    assert at_till.points(ana) == 0
    assert at_till.counter.findings() == ()


def test_points_pay_the_whole_bill(at_till: Redeeming) -> None:
    reward, ana = at_till.offer(CENTS), at_till.shopper(3_000)
    told = at_till.hold("h1", ana, reward, basket_minor=1_237)
    assert (told.points, told.to_pay_minor) == (1_237, 0)
    receipt = at_till.sell("s1", 0, "h1", code=at_till.card(ana))
    assert (receipt.points_earned, receipt.points_balance) == (0, 1_763)
