"""A share off: ten percent of everything, or of some products, up to a cap."""

from collections.abc import Mapping
from typing import Final

from loyalty.points.rewards.base import (
    NOTHING,
    Basket,
    Discount,
    chosen,
    names_checked,
    nothing_else,
    number,
    number_checked,
    over_lines,
)
from loyalty.points.rules import RewardFacts

ALL: Final = 100


def check(parameters: Mapping[str, object]) -> dict[str, object]:
    """Take `percent`, and if wished `cap_minor`, `products` and `categories`."""
    nothing_else(parameters, {"percent", "cap_minor", "products", "categories"})
    checked: dict[str, object] = {"percent": number_checked(parameters, "percent", high=ALL)}
    if parameters.get("cap_minor") is not None:
        checked["cap_minor"] = number_checked(parameters, "cap_minor")
    for field in ("products", "categories"):
        names = names_checked(parameters, field)
        if names:
            checked[field] = names
    return checked


def discount(reward: RewardFacts, basket: Basket, points: int) -> Discount:
    """Take the share off, rounded down once for the whole basket, and no more than the cap.

    Without lines nobody knows what is in the basket: then only a share of everything can be had.
    """
    fits = chosen(reward.parameters)
    base = basket.total_minor
    is_narrow = bool(reward.parameters.get("products") or reward.parameters.get("categories"))
    if basket.lines or is_narrow:
        base = min(base, sum(line.total_minor for line in basket.lines if fits(line)))
    minor = base * number(reward, "percent") // ALL
    minor = min(minor, number(reward, "cap_minor", default=minor))
    if minor <= 0 or points < reward.points:
        return NOTHING
    return Discount(minor, reward.points, 1, over_lines(minor, basket, fits))
