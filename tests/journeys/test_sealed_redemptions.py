"""`enlaza verify` finds each flipped bit in what was redeemed and given back, and in tiers."""

from dataclasses import replace
from uuid import UUID

import pytest

from loyalty.journeys.bonuses import settle_referrals
from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.journeys.verify import verify_program
from loyalty.points.add_reward import RewardTerms, change_reward
from loyalty.points.bonuses.birthdays import set_birthday
from loyalty.points.bonuses.referrals import note_referral
from loyalty.points.retire_reward import restore_reward, retire_reward
from tests.support.bit_flips import flipper
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.places import Place
from tests.support.redeeming import COFFEE, FIVE_EUROS, Redeeming
from tests.support.sizes import SIZE
from tests.support.street import Phone

TABLES = (
    "points_redemption",
    "points_redemption_taken",
    "points_redemption_sale",
    "points_redemption_back",
    "points_hold",
    "points_hold_lot",
    "points_hold_end",
    "points_tier_move",
    "points_progress",
    "points_carry",
    "points_referral",
    "points_birthday",
    "points_rule_use",
    "points_rule_total",
    "points_reward",
    "points_reward_version",
)
CAPS = {"member_day": 900, "total": 9_000}
BASE = {"id": "base", "kind": "per_money", "points": 1, "per_minor": 100, "caps": CAPS}
STEPS = [{"id": "silver", "name": "Plata", "at_least": 100, "times": [1, 1]}]
LADDER = {"by": "points", "window": "rolling", "months": 3, "steps": STEPS}


@pytest.fixture
def at_till(counter: Counter, clock: ManualClock) -> Redeeming:
    return Redeeming(counter, clock)


def redeemed(at_till: Redeeming) -> None:
    """Let people climb a tier, redeem with and without a sale, refund and undo; seal all of it."""
    at_till.counter.set_rules(BASE, tiers=LADDER)
    five, coffee = at_till.offer(FIVE_EUROS), at_till.offer(COFFEE)
    at_till.counter.set_policy(
        referral_points=5, referral_most=5, carry_over=True, card_points_per_day=5_000
    )
    ana, eva = at_till.shopper(300), at_till.shopper(120)
    know(at_till, eva, ana)
    at_till.hold("h1", ana, five)
    at_till.sell("s1", 1_500, "h1", code=at_till.card(ana))
    at_till.counter.refund("r1", "s1", 500)
    at_till.clock.advance(minutes=3)
    at_till.hold("h2", ana, five)
    at_till.take("h2", 60)
    at_till.hold("h3", eva, coffee)
    at_till.take("h3")
    at_till.let_go("h3")
    at_till.clock.advance(minutes=3)
    at_till.hold("h4", eva, coffee)
    at_till.let_go("h4")
    at_till.counter.refund("r2", "s1", 1_000)
    change_offers(at_till, coffee)
    tools = at_till.counter.tools
    seal_ledger(at_till.counter.database, at_till.program_id, tools=tools)


def change_offers(at_till: Redeeming, coffee: UUID) -> None:
    """Let the owner change a reward, take it off the list, and put it back."""
    program_id, now = at_till.program_id, at_till.counter.tools.clock.now()
    dearer = replace(COFFEE, points=12, terms=RewardTerms(stock=50, per_member=4))
    with at_till.counter.database.unit_of_work(program_id) as session:
        change_reward(session, program_id, coffee, dearer, at=now)
        retire_reward(session, program_id, coffee, at=now)
        restore_reward(session, program_id, coffee, at=now)


def know(at_till: Redeeming, friend: Phone, by: Phone) -> None:
    """Let somebody have been brought along, and tell their day."""
    program_id, now = at_till.program_id, at_till.counter.tools.clock.now()
    with at_till.counter.database.unit_of_work(program_id) as session:
        note_referral(
            session, program_id, member_id=friend.member_id, by_member_id=by.member_id, at=now
        )
        set_birthday(session, program_id, friend.member_id, month=11, day=22, at=now)
    at_till.counter.sell("first", 100, code=at_till.card(friend))
    settle_referrals(at_till.counter.database, program_id, tools=at_till.counter.tools)


@pytest.mark.prove
def test_every_flipped_bit_of_a_redemption_is_found(at_till: Redeeming, place: Place) -> None:
    redeemed(at_till)
    assert at_till.counter.findings() == ()
    missed = []
    tools, program_id = at_till.counter.tools, at_till.program_id
    superuser = None if place.is_sqlite else "postgres"
    with flipper(place, TABLES, seed=20261123, superuser=superuser) as owner:
        for _ in range(max(40, SIZE.bits // 4)):
            with owner.flipped() as (flip, session):
                found = verify_program(session, program_id, tools=tools)
                if not found or any(one.told == one.found for one in found):
                    missed.append(f"{flip.table}.{flip.column}: {flip.before!r} to {flip.after!r}")
    assert missed == []
    assert at_till.counter.findings() == (), "the tampering was undone"


CHANGES = {
    "UPDATE points_redemption_taken SET points = points + 1 WHERE hold_id = 'h3'": (
        "a redemption takes what its act redeemed"
    ),
    "UPDATE points_hold_end SET points = points - 1 WHERE hold_id = 'h2'": (
        "a hold that was taken ends with its redemption"
    ),
    "UPDATE points_redemption_taken SET discount_minor = 9999 WHERE hold_id = 'h1'": (
        "no more comes off than was held for"
    ),
    "UPDATE points_redemption_back SET points = points + 1 WHERE hold_id = 'h3'": (
        "no more of a redemption comes back than was taken"
    ),
    "UPDATE points_redemption_back SET is_all = true WHERE hold_id = 'h1'": (
        "the last points that come back say so"
    ),
    "DELETE FROM points_redemption_back WHERE hold_id = 'h3'": "what was sealed is still there",
    "DELETE FROM points_redemption_taken WHERE hold_id = 'h1'": "a sale uses what was taken",
    "DELETE FROM points_redemption WHERE hold_id = 'h1'": "no more comes off than was held for",
    "UPDATE points_progress SET points = points + 1": "progress follows from receipts",
    "UPDATE points_carry SET steps = '1/2'": "what is left of a step follows from receipts",
    "UPDATE points_referral SET state = 'over'": "a referral stands where its acts say",
    "UPDATE points_referral SET sale_id = NULL": "a referral counts by a sale",
    "DELETE FROM points_referral": "what was sealed is still there",
    "UPDATE points_birthday SET day = 23": "a day of the year is as it was told",
    "UPDATE points_rule_use SET points = points + 1": "what caps count follows from receipts",
    "UPDATE points_rule_use SET sales = sales + 1": "what caps count follows from receipts",
    "DELETE FROM points_rule_use": "what caps count follows from receipts",
    "UPDATE points_rule_total SET points = points - 1": (
        "what a rule gave to all adds up to what it gave to each"
    ),
    "DELETE FROM points_rule_total": "what a rule gave to all adds up to what it gave to each",
    "UPDATE points_reward SET stock = 51": "a reward is as its newest version says",
    "UPDATE points_reward SET retired_at = valid_until, points = points + 1": (
        "a reward is as its newest version says"
    ),
    "UPDATE points_reward_version SET stock = 51 WHERE version = 4": "a row is as it was sealed",
    "DELETE FROM points_reward_version WHERE version = 1": "what was sealed is still there",
    "DELETE FROM points_hold WHERE hold_id = 'h4'": "a redemption has a hold of its reward",
}


def test_what_was_redeemed_is_held_against_the_ledger(at_till: Redeeming, place: Place) -> None:
    redeemed(at_till)
    superuser = None if place.is_sqlite else "postgres"
    tools, program_id = at_till.counter.tools, at_till.program_id
    with flipper(place, TABLES, seed=1, superuser=superuser) as owner:
        for change, invariant in CHANGES.items():
            with owner.changed(change) as session:
                found = {one.invariant for one in verify_program(session, program_id, tools=tools)}
            assert invariant in found, change
    assert at_till.counter.findings() == ()
