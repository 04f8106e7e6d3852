"""What receipts count for beside points goes with a join of two memberships, and comes back."""

from dataclasses import dataclass

import pytest

from loyalty.journeys.bonuses import settle_referrals
from loyalty.journeys.join_memberships import Join, join_memberships, undo_join
from loyalty.points.bonuses.referrals import note_referral
from loyalty.points.earning.handed import all_counted
from loyalty.points.earning.tiers import tier_at
from loyalty.points.queries import wallet_of_member
from tests.support.checkout import Counter
from tests.support.street import Phone, new_phone, points_of

BASE = {"id": "base", "kind": "per_money", "points": 1, "per_minor": 5_000}
STEPS = [{"id": "silver", "name": "Plata", "at_least": 100, "times": [3, 2]}]
LADDER = {"by": "points", "window": "rolling", "months": 3, "steps": STEPS}


@dataclass(frozen=True, slots=True)
class Two:
    """Two cards of one person, who does not say so yet."""

    counter: Counter
    ana: Phone
    eva: Phone

    def buy(self, sale_id: str, who: Phone, minor: int) -> int:
        return self.counter.sell(sale_id, minor, code=self.counter.shown(who)).points_earned

    def join(self, event: str = "join:1") -> Join:
        with self.counter.database.unit_of_work(self.counter.street.program_id) as session:
            return join_memberships(
                session,
                self.counter.street.program_id,
                keep_member=self.ana.member_id,
                other_member=self.eva.member_id,
                actor="shopper",
                event=event,
                tools=self.counter.tools,
            )

    def part(self, join: Join) -> None:
        assert join.link_id is not None
        for _ in range(2):
            with self.counter.database.unit_of_work(self.counter.street.program_id) as session:
                undo_join(
                    session,
                    self.counter.street.program_id,
                    join.link_id,
                    actor="shopper",
                    tools=self.counter.tools,
                )

    def points(self, who: Phone) -> int:
        return points_of(
            self.counter.database, self.counter.street, who.member_id, self.counter.tools
        )

    def progress(self, who: Phone) -> int:
        """Add up the points that a membership's own wallet counts towards a tier."""
        program_id = self.counter.street.program_id
        with self.counter.database.reading(program_id) as session:
            wallet_id = wallet_of_member(session, program_id, who.member_id)
            assert wallet_id is not None
            told = all_counted(session, program_id, giver=wallet_id, taker=wallet_id)
        return sum(points for points, _ in told.climbs.values())

    def tier(self, who: Phone) -> str | None:
        program_id = self.counter.street.program_id
        with self.counter.database.reading(program_id) as session:
            wallet_id = wallet_of_member(session, program_id, who.member_id)
            assert wallet_id is not None
            return tier_at(session, program_id, wallet_id, self.counter.tools.clock.now())

    def check(self) -> None:
        assert self.counter.findings() == ()


@pytest.fixture
def two(counter: Counter) -> Two:
    ana, eva = (new_phone(counter.database, counter.street, counter.tools) for _ in range(2))
    return Two(counter, ana, eva)


def test_two_remainders_that_fill_a_step_together_give_its_points_while_joined(two: Two) -> None:
    two.counter.set_rules(BASE)
    two.counter.set_policy(carry_over=True)
    assert (two.buy("s1", two.ana, 3_000), two.buy("s2", two.eva, 2_500)) == (0, 0)
    join = two.join()
    assert two.points(two.ana) == 1, "30 and 25 make a step of 50, and 5 wait"
    two.check()
    assert two.join() == join
    two.part(join)
    assert (two.points(two.ana), two.points(two.eva)) == (0, 0)
    two.check()
    assert (two.buy("s3", two.ana, 2_000), two.buy("s4", two.eva, 2_500)) == (1, 1)
    two.check()


def test_what_was_bought_and_brought_back_meanwhile_goes_with_its_own_card(two: Two) -> None:
    two.counter.set_rules(BASE)
    two.counter.set_policy(carry_over=True)
    two.buy("s1", two.ana, 3_000)
    two.buy("s2", two.eva, 9_000)
    join = two.join()
    assert two.points(two.ana) == 2, "30 and 90 make two steps, and 20 wait"
    assert two.buy("s3", two.eva, 3_000) == 1
    two.counter.refund("r1", "s2", 6_000)
    assert two.points(two.ana) == 1, "90 are left of all"
    two.check()
    two.part(join)
    # Eva's are 30 of her first sale and 30 of her second; Ana's are 30.
    assert two.points(two.ana) + two.points(two.eva) == 1
    two.check()
    assert two.buy("s4", two.eva, 4_000) == 1
    assert two.buy("s5", two.ana, 2_000) == 1
    two.counter.refund("r2", "s1", 3_000)
    two.counter.refund("r3", "s3", 3_000)
    two.check()


def test_progress_to_a_tier_is_joined_and_parted(two: Two) -> None:
    two.counter.set_rules(BASE | {"per_minor": 100}, tiers=LADDER)
    two.buy("s1", two.ana, 6_000)
    two.buy("s2", two.eva, 7_000)
    join = two.join()
    assert (two.progress(two.ana), two.progress(two.eva)) == (130, 0)
    assert two.tier(two.ana) == "silver"
    assert two.buy("s3", two.eva, 2_000) == 30
    two.counter.refund("r1", "s2", 1_000)
    assert two.progress(two.ana) == 150
    two.check()
    two.part(join)
    assert (two.progress(two.ana), two.progress(two.eva)) == (60, 90)
    two.check()
    two.counter.refund("r2", "s3", 2_000)
    two.counter.refund("r3", "s1", 6_000)
    assert (two.progress(two.ana), two.progress(two.eva)) == (0, 60)
    two.check()


def test_joined_the_other_way_round_after_it_was_parted(two: Two) -> None:
    two.counter.set_rules(BASE | {"per_minor": 300}, tiers=LADDER)
    two.counter.set_policy(carry_over=True)
    two.buy("s1", two.ana, 6_100)
    two.buy("s2", two.eva, 7_100)
    two.part(two.join())
    other = Two(two.counter, two.eva, two.ana)
    join = other.join("join:2")
    two.buy("s3", two.ana, 200)
    two.check()
    other.part(join)
    two.check()
    assert (two.progress(two.ana), two.progress(two.eva)) == (20, 23)


def brought(two: Two, friend: Phone, by: Phone) -> None:
    with two.counter.database.unit_of_work(two.counter.street.program_id) as session:
        note_referral(
            session,
            two.counter.street.program_id,
            member_id=friend.member_id,
            by_member_id=by.member_id,
            at=two.counter.tools.clock.now(),
        )


def settle(two: Two) -> None:
    settle_referrals(two.counter.database, two.counter.street.program_id, tools=two.counter.tools)


def test_a_first_sale_that_was_somebody_elses_brings_nobody_along(two: Two) -> None:
    two.counter.set_policy(referral_points=30, referral_most=5)
    friend = new_phone(two.counter.database, two.counter.street, two.counter.tools)
    brought(two, two.eva, two.ana)
    two.buy("s1", two.eva, 100)
    two.counter.reassign("a1", "s1", code=two.counter.shown(friend))
    settle(two)
    assert two.points(two.ana) == 0
    two.buy("s2", two.eva, 100)
    settle(two)
    assert two.points(two.ana) == 30, "her own first sale counts"
    two.counter.reassign("a2", "s2")
    settle(two)
    assert two.points(two.ana) == 0, "what was given for it is taken back"
    two.check()


def test_a_sale_that_comes_to_a_friend_is_their_first(two: Two) -> None:
    two.counter.set_policy(referral_points=30, referral_most=5)
    brought(two, two.eva, two.ana)
    two.counter.sell("s1", 100)
    two.counter.reassign("a1", "s1", code=two.counter.shown(two.eva))
    settle(two)
    assert two.points(two.ana) == 30
    two.check()


def test_who_was_joined_since_brought_nobody(two: Two) -> None:
    two.counter.set_policy(referral_points=30, referral_most=5)
    brought(two, two.eva, two.ana)
    two.buy("s1", two.eva, 100)
    two.join()
    settle(two)
    assert two.points(two.ana) == 1
    two.check()


def test_a_members_cap_is_one_for_joined_cards_and_two_again_after_parting(two: Two) -> None:
    two.counter.set_rules(BASE | {"per_minor": 100, "caps": {"member_ever": 50}})
    assert two.buy("s1", two.eva, 5_000) == 50
    join = two.join()
    assert two.buy("s2", two.ana, 5_000) == 0, "Eva has had them"
    assert two.buy("s3", two.eva, 5_000) == 0
    two.counter.refund("r1", "s1", 2_000)
    assert two.buy("s4", two.ana, 5_000) == 20, "what came back may be earned again"
    two.check()
    two.part(join)
    assert two.buy("s5", two.eva, 5_000) == 20, "30 of her own are left to her"
    assert two.buy("s6", two.ana, 5_000) == 30
    two.check()


def test_a_card_and_day_cap_is_one_for_joined_cards(two: Two) -> None:
    two.counter.set_rules(BASE | {"per_minor": 100})
    two.counter.set_policy(card_points_per_day=30)
    assert two.buy("s1", two.eva, 2_000) == 20
    join = two.join()
    assert two.buy("s2", two.ana, 2_000) == 10
    two.part(join)
    assert two.buy("s3", two.eva, 2_000) == 10
    two.check()
