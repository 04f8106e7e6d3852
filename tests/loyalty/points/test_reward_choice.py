"""What a cashier may choose to use of somebody's points."""

from collections.abc import Mapping
from uuid import UUID

import pytest

from loyalty.points.reward_choice import choice_of
from loyalty.points.rules import RewardFacts


def reward(kind: str, points: int, parameters: Mapping[str, object] | None = None) -> RewardFacts:
    return RewardFacts(UUID(int=1), "Premio", points, kind=kind, parameters=parameters or {})


@pytest.mark.parametrize(
    ("per_points", "minor", "step"), [(100, 100, 100), (1, 1, 50), (10, 25, 20), (3, 100, 3)]
)
def test_points_as_money_go_from_the_least_to_all_in_round_steps(
    per_points: int, minor: int, step: int
) -> None:
    money = reward("money", 50, {"per_points": per_points, "minor": minor})
    choice = choice_of(money, 340)
    assert (choice.least, choice.most, choice.step) == (50, 340, step)
    assert (choice.per_points, choice.per_minor, choice.needs_total) == (per_points, minor, True)


def test_a_product_can_be_had_as_often_as_the_points_reach() -> None:
    choice = choice_of(reward("product", 100), 340)
    assert (choice.least, choice.most, choice.step, choice.needs_total) == (100, 300, 100, False)


def test_what_comes_off_the_bill_waits_for_the_bill() -> None:
    assert choice_of(reward("product", 100, {"worth_minor": 150}), 340).needs_total
    for kind, parameters in (("fixed", {"minor": 500}), ("percent", {"percent": 10})):
        choice = choice_of(reward(kind, 200, parameters), 340)
        assert (choice.least, choice.most, choice.needs_total) == (200, 200, True)


def test_a_stamp_card_that_is_full_twice_can_be_had_twice() -> None:
    for stamps, most in ((10, 10), (19, 10), (25, 20)):
        choice = choice_of(reward("stamps", 10, {"per": "visit"}), stamps)
        assert (choice.least, choice.most, choice.step) == (10, most, 10)
