"""So much money off: five euros for two hundred points."""

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


def check(parameters: Mapping[str, object]) -> dict[str, object]:
    """Take `minor`, what comes off."""
    nothing_else(parameters, {"minor"})
    return {"minor": number_checked(parameters, "minor")}


def discount(reward: RewardFacts, basket: Basket, points: int) -> Discount:
    """Take the amount off, or the whole basket when that is less."""
    minor = min(number(reward, "minor"), basket.total_minor)
    if minor == 0 or points < reward.points:
        return NOTHING
    return Discount(minor, reward.points, 1, over_lines(minor, basket, every_line))
