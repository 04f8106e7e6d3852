"""When a member moves on the ladder; pure."""

from datetime import date
from typing import Literal

from loyalty.points.earning.ladder import Ladder, Tier

Event = Literal["earned", "given_back", "period_end", "day"]


def reached(ladder: Ladder, progress: int) -> Tier | None:
    """Find the highest tier that so much reaches."""
    tiers = [tier for tier in ladder.tiers if tier.at_least <= progress]
    return tiers[-1] if tiers else None


def next_tier(ladder: Ladder, held_id: str | None, progress: int, *, event: Event) -> str | None:
    """Say in which tier a member stands after an event, by the policy of the ladder.

    "given_back" after a refund, "day" when only time went by, "period_end" with the progress of
    the period that ended.
    """
    goal = reached(ladder, progress)
    held, to = _place(ladder, held_id), _place(ladder, goal.tier_id if goal else None)
    if to > held:
        rises = event == "period_end" or (ladder.upgrade == "at_once" and event != "given_back")
        return _at(ladder, to if rises else held)
    if to == held or ladder.downgrade == "never":
        return _at(ladder, held)
    if ladder.downgrade == "at_once":
        return _at(ladder, to)
    if event != "period_end":
        return _at(ladder, held)
    return _at(ladder, held - 1 if ladder.downgrade == "one_step" else to)


def window_months(ladder: Ladder, day: date) -> tuple[str, ...]:
    """Name the months that count on a day, the oldest first."""
    back = ladder.months - 1 if ladder.window == "rolling" else (day.month - 1) % ladder.months
    return tuple(_month(day, -months) for months in range(back, -1, -1))


def period_begin(ladder: Ladder, day: date) -> date:
    """Say when the period that a day is in began: the last moment at which one was ended."""
    if ladder.window == "rolling":
        return day.replace(day=1)
    return day.replace(month=day.month - (day.month - 1) % ladder.months, day=1)


def _place(ladder: Ladder, tier_id: str | None) -> int:
    ids = [tier.tier_id for tier in ladder.tiers]
    return ids.index(tier_id) + 1 if tier_id in ids else 0


def _at(ladder: Ladder, place: int) -> str | None:
    return ladder.tiers[place - 1].tier_id if place > 0 else None


def _month(day: date, months: int) -> str:
    years, month = divmod(day.month - 1 + months, 12)
    return f"{day.year + years:04}-{month + 1:02}"
