"""Points as money: as many as the cashier or the shopper chooses, up to the whole bill."""

from collections.abc import Mapping

from loyalty.points.rewards.base import (
    NOTHING,
    Basket,
    Discount,
    every_line,
    nothing_else,
    number,
    number_checked,
    over_lines,
)
from loyalty.points.rules import RewardFacts

PER_POINTS_MAX = 1_000_000


def check(parameters: Mapping[str, object]) -> dict[str, object]:
    """Take `per_points` and `minor`: so many points are worth so much."""
    nothing_else(parameters, {"per_points", "minor"})
    return {
        "per_points": number_checked(parameters, "per_points", high=PER_POINTS_MAX),
        "minor": number_checked(parameters, "minor"),
    }


def discount(reward: RewardFacts, basket: Basket, points: int) -> Discount:
    """Take off what the points are worth, rounded down once, or the whole bill.

    The last cent can be paid: what would be left over after a division costs one point more,
    never a fraction. Points that would buy nothing are not taken.
    """
    if points < reward.points:
        return NOTHING
    minor = min(worth_of(reward, points), basket.total_minor)
    if minor == 0:
        return NOTHING
    cost = points_for(reward, minor)
    return Discount(minor, cost, 1, over_lines(minor, basket, every_line))


def worth_of(reward: RewardFacts, points: int) -> int:
    """Say what so many points are worth in minor units, rounded down."""
    return points * number(reward, "minor") // number(reward, "per_points")


def points_for(reward: RewardFacts, minor: int) -> int:
    """Say how many points pay an amount: the fewest that are worth it."""
    return -(-minor * number(reward, "per_points") // number(reward, "minor"))
