"""Tiers as data: what a member must reach, in which window, and when one moves up or down; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal, cast

from loyalty.points.earning.fields import Field

By = Literal["points", "spend"]
Window = Literal["rolling", "calendar"]
Upgrade = Literal["at_once", "period_end"]
Downgrade = Literal["at_once", "period_end", "one_step", "never"]

BYS: Final[tuple[By, ...]] = ("points", "spend")
WINDOWS: Final[tuple[Window, ...]] = ("rolling", "calendar")
UPGRADES: Final[tuple[Upgrade, ...]] = ("at_once", "period_end")
DOWNGRADES: Final[tuple[Downgrade, ...]] = ("at_once", "period_end", "one_step", "never")
CALENDAR_MONTHS: Final = (1, 2, 3, 4, 6, 12)
MONTHS_MAX: Final = 60
TIERS_MAX: Final = 10
TEXT_MAX: Final = 80
AT_LEAST_MAX: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Tier:
    """A step of the ladder; `at_least` points, or minor units spent, in the window.

    Purchases of its members count `times` as much, unless a rule says otherwise.
    """

    tier_id: str
    name: str
    at_least: int
    times: Fraction


@dataclass(frozen=True, slots=True)
class Ladder:
    """The tiers, the lowest first, and how one climbs and falls.

    `window` "rolling": the last `months` months, this one included; "calendar": since the last
    stretch of `months` months of the year began. `upgrade` and `downgrade` say when a member
    moves: at once, or when a period ends (for a rolling window each month); one step down at a
    time, or never.
    """

    tiers: tuple[Tier, ...]
    by: By = "points"
    window: Window = "rolling"
    months: int = 12
    upgrade: Upgrade = "at_once"
    downgrade: Downgrade = "period_end"

    def find(self, tier_id: str | None) -> Tier | None:
        """Find a tier; none for one that is not on the ladder any more."""
        return next((tier for tier in self.tiers if tier.tier_id == tier_id), None)


def ladder_json(ladder: Ladder) -> dict[str, Any]:
    """Write a ladder as plain JSON."""
    return {
        "by": ladder.by,
        "window": ladder.window,
        "months": ladder.months,
        "upgrade": ladder.upgrade,
        "downgrade": ladder.downgrade,
        "steps": [
            {
                "id": tier.tier_id,
                "name": tier.name,
                "at_least": tier.at_least,
                "times": [tier.times.numerator, tier.times.denominator],
            }
            for tier in ladder.tiers
        ],
    }


def read_ladder(raw: Mapping[str, Any]) -> Ladder:
    """Read a ladder that was stored."""
    return Ladder(
        tiers=tuple(
            Tier(one["id"], one["name"], one["at_least"], Fraction(*one["times"]))
            for one in raw["steps"]
        ),
        by=cast("By", raw["by"]),
        window=cast("Window", raw["window"]),
        months=raw["months"],
        upgrade=cast("Upgrade", raw["upgrade"]),
        downgrade=cast("Downgrade", raw["downgrade"]),
    )


def check_ladder(root: Field) -> Ladder | None:
    """Read a ladder that somebody wrote, noting all that is wrong with it."""
    one = root.part("tiers")
    if one is None:
        return None
    one.only({"by", "window", "months", "upgrade", "downgrade", "steps"})
    by = one.choice("by", BYS, default="points")
    window = one.choice("window", WINDOWS, default="rolling")
    months = one.number("months", least=1, most=MONTHS_MAX, default=12)
    if window == "calendar" and months not in CALENDAR_MONTHS:
        one.fault("months", "not_a_part_of_a_year")
    upgrade = one.choice("upgrade", UPGRADES, default="at_once")
    downgrade = one.choice("downgrade", DOWNGRADES, default="period_end")
    tiers = _steps(one)
    if by is None or window is None or upgrade is None or downgrade is None:
        return None
    return Ladder(tiers, by, window, months, upgrade, downgrade)


def _steps(one: Field) -> tuple[Tier, ...]:
    found: list[Tier] = []
    written = one.items("steps", most=TIERS_MAX)
    if not written:
        one.fault("steps", "missing")
    for each in written:
        each.only({"id", "name", "at_least", "times"})
        tier_id = each.text("id", most=TEXT_MAX, required=True)
        name = each.text("name", most=TEXT_MAX, required=True)
        at_least = each.number("at_least", least=1, most=AT_LEAST_MAX, required=True)
        times = each.times("times")
        if any(tier.tier_id == tier_id for tier in found):
            each.fault("id", "duplicate")
        if found and at_least <= found[-1].at_least:
            each.fault("at_least", "not_above_the_one_before")
        if found and times < found[-1].times:
            each.warn("times", "below_a_lower_tier")
        found.append(Tier(tier_id, name, at_least, times))
    return tuple(found)
