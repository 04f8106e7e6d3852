"""What every kind of reward speaks: a basket in, a discount out, whole numbers only. Pure.

A kind is one file beside this one, found by its name: `check` says what its parameters may be,
`discount` what it takes off a basket.
"""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Protocol, cast

from loyalty.kernel.errors import SettingInvalidError
from loyalty.kernel.money import TOTAL_MINOR_MAX
from loyalty.points.earning.goods import plain_name
from loyalty.points.rules import RewardFacts

NOT_KINDS: Final = frozenset({"base", "terms"})
PIECE_MILLI: Final = 1000
NAMES_MAX: Final = 200
NAME_LENGTH_MAX: Final = 100
TIMES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One line of what is being bought; `quantity_milli` in thousandths, amounts in minor units.

    `references` are what the goods are called: the shop's reference, the barcode.
    """

    references: frozenset[str]
    category: str
    quantity_milli: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class Basket:
    """What is being bought; without `lines` only what is to be paid is known."""

    total_minor: int
    currency: str
    lines: tuple[BasketLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Discount:
    """What a reward takes off a basket, and what that costs.

    Units: `minor` in minor units of the basket's currency; `points` in the reward's unit, never
    more than were asked for; `times` how often the reward is used. `lines` is the part of each
    line of the basket and adds up to `minor`, none for a basket without lines.
    """

    minor: int
    points: int
    times: int
    lines: tuple[int, ...] = ()


NOTHING: Final = Discount(minor=0, points=0, times=0)


class RewardKind(Protocol):
    """What a file of a kind offers."""

    def check(self, parameters: Mapping[str, object]) -> dict[str, object]:
        """Give the parameters in their one form; raises `SettingInvalidError`."""

    def discount(self, reward: RewardFacts, basket: Basket, points: int) -> Discount:
        """Say what `points` take off a basket; `NOTHING` when the reward does not fit it."""


def kind_names() -> tuple[str, ...]:
    """List the kinds that have a file here."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(one.name for one in found if one.name not in NOT_KINDS))


@cache
def kind_of(kind: str) -> RewardKind:
    """Find a kind by its file name.

    Raises `SettingInvalidError` for one that is not there.
    """
    if kind not in kind_names():
        raise SettingInvalidError(field="reward_kind")
    return cast("RewardKind", importlib.import_module(f"loyalty.points.rewards.{kind}"))


def discount_of(reward: RewardFacts, basket: Basket, points: int | None = None) -> Discount:
    """Say what a reward takes off a basket when `points` are used for it, its own cost by default.

    The discount never exceeds the basket and costs no point more than it needs. `NOTHING` when
    the basket is too small, of another currency, or has nothing the reward speaks of.
    """
    asked = reward.points if points is None else points
    assert asked > 0, "nothing is not redeemed"
    if reward.currency is not None and reward.currency != basket.currency:
        return NOTHING
    if basket.total_minor < reward.minimum_minor:
        return NOTHING
    found = kind_of(reward.kind).discount(reward, basket, asked)
    assert 0 <= found.minor <= basket.total_minor, "a reward takes off more than there is"
    assert 0 <= found.points <= asked, "a reward costs more than was asked for"
    assert not found.lines or sum(found.lines) == found.minor, "a discount lost a cent"
    return found


# What the kinds share.


def over_lines(minor: int, basket: Basket, fits: Callable[[BasketLine], bool]) -> tuple[int, ...]:
    """Spread a discount over the lines it is for, in proportion, to the last cent.

    The cents that rounding down leaves go to the lines with the largest rest, the first of equal
    ones, so that the parts add up and none exceeds its line.
    """
    if not basket.lines:
        return ()
    weights = [max(0, line.total_minor) if fits(line) else 0 for line in basket.lines]
    assert minor <= sum(weights), "a discount on nothing"
    return shared_out(minor, weights)


def shared_out(minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share an amount in proportion, to the last cent; it is not more than the weights together."""
    whole = sum(weights)
    if whole == 0:
        return tuple(weights)
    shares = [minor * weight // whole for weight in weights]
    by_rest = sorted(
        range(len(weights)), key=lambda place: (-(minor * weights[place] % whole), place)
    )
    for place in by_rest[: minor - sum(shares)]:
        shares[place] += 1
    return tuple(shares)


def every_line(line: BasketLine) -> bool:
    """Say that a line of goods may carry a discount; a discount of the till's own may not."""
    return line.total_minor > 0


def chosen(parameters: Mapping[str, object]) -> Callable[[BasketLine], bool]:
    """Say which lines are meant by `products` and `categories`; without either, all of them."""
    products = frozenset(cast("Sequence[str]", parameters.get("products", ())))
    told = cast("Sequence[str]", parameters.get("categories", ()))
    categories = frozenset(plain_name(each) for each in told)
    if not products and not categories:
        return every_line
    return lambda line: (
        line.total_minor > 0
        and (not products.isdisjoint(line.references) or plain_name(line.category) in categories)
    )


def names_checked(parameters: Mapping[str, object], field: str) -> list[str]:
    """Read a list of references or categories; raises `SettingInvalidError`."""
    told = parameters.get(field, [])
    if not isinstance(told, list | tuple) or len(told) > NAMES_MAX:
        raise SettingInvalidError(field=field)
    names = [each.strip() if isinstance(each, str) else "" for each in told]
    if any(not 0 < len(name) <= NAME_LENGTH_MAX for name in names):
        raise SettingInvalidError(field=field)
    return sorted(set(names))


def number_checked(
    parameters: Mapping[str, object], field: str, *, low: int = 1, high: int = TOTAL_MINOR_MAX
) -> int:
    """Read a whole number within bounds; raises `SettingInvalidError`."""
    told = parameters.get(field)
    if type(told) is not int or not low <= told <= high:
        raise SettingInvalidError(field=field)
    return told


def nothing_else(parameters: Mapping[str, object], known: Collection[str]) -> None:
    """Refuse a parameter that nobody reads: it may be a misspelt one."""
    for field in parameters:
        if field not in known:
            raise SettingInvalidError(field=field)


def number(reward: RewardFacts, field: str, *, default: int = 0) -> int:
    """Read a checked parameter that is a number."""
    told = reward.parameters.get(field)
    return default if told is None else cast("int", told)
