"""How many points somebody may choose to use for a reward, before there is a bill; pure."""

from dataclasses import dataclass
from typing import Final

from loyalty.points.rewards.base import TIMES_MAX, number
from loyalty.points.rules import STAMPS, RewardFacts

# A press of + takes at least so much off: nobody counts single cents at a till.
STEP_MINOR: Final = 50
FREE_PRODUCT: Final = frozenset({"product", STAMPS})


@dataclass(frozen=True, slots=True)
class Choice:
    """From `least` to `most` points of the reward's unit, in steps of `step`.

    Of points as money, `per_points` are worth `per_minor` minor units; else both are none.
    `needs_total` says that nobody knows what comes off before the bill is known.
    """

    least: int
    most: int
    step: int
    per_points: int | None
    per_minor: int | None
    needs_total: bool


def choice_of(reward: RewardFacts, free: int) -> Choice:
    """Say how many of what is `free` in a reward's unit may be used for it: it is reached."""
    cost = reward.points
    if reward.kind == "money":
        per_points, per_minor = number(reward, "per_points"), number(reward, "minor")
        step = per_points * -(-STEP_MINOR // per_minor)
        return Choice(cost, max(cost, free), step, per_points, per_minor, needs_total=True)
    if reward.kind not in FREE_PRODUCT:
        return Choice(cost, cost, cost, None, None, needs_total=True)
    times = max(1, min(free // cost, TIMES_MAX))
    takes_off = number(reward, "worth_minor") > 0 or reward.minimum_minor > 0
    return Choice(cost, cost * times, cost, None, None, needs_total=takes_off)
