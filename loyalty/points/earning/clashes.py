"""Rules that stand in each other's way, and times at which nothing is earned; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from loyalty.points.earning.document import Caps, Goods, Rule
from loyalty.points.earning.goods import plain_name

_FIRST: Final = date.min
_LAST: Final = date.max

Clash = tuple[str, str, bool]


def clashes(rules: Sequence[Rule]) -> Iterator[Clash]:
    """List fields, codes and whether it is an error (or a warning) that somebody should know.

    An error: a rule that can never win, because an earlier or better one of the same conditions
    always gives at least as much. Warnings: two rules that may speak of one basket; a stretch
    of time, or a kind of purchase, that no rule speaks of; a step so coarse that multipliers
    hardly show.
    """
    for number, rule in enumerate(rules):
        path = f"rules[{number}]"
        better = [
            other
            for place, other in enumerate(rules)
            if place != number and _always_better(other, rule, first=place < number)
        ]
        if better:
            yield f"{path}.points", "never_wins", True
        elif any(_may_meet(rule, other) for other in rules[:number]):
            yield path, "overlaps", False
        if rule.points > 1 and rule.kind != "per_visit" and (rule.weekdays or rule.hours):
            yield f"{path}.points", "coarse_step", False
    yield from _holes(rules)


def _always_better(winner: Rule, loser: Rule, *, first: bool) -> bool:
    """Whether one rule gives at least as much as another on every basket at any time."""
    if _conditions(winner) != _conditions(loser):
        return False
    if winner.caps and winner.caps != loser.caps:
        return False
    wins, loses = _rate(winner), _rate(loser)
    finer = _step(loser) % _step(winner) == 0
    return finer and (wins > loses or (wins == loses and (first or _step(winner) < _step(loser))))


def _conditions(rule: Rule) -> Rule:
    """Strike out what a rule gives, so that two rules of the same conditions are equal."""
    return replace(rule, rule_id="", name="", points=1, per_minor=None, per_units=None, caps=Caps())


def _step(rule: Rule) -> int:
    return rule.per_minor or rule.per_units or 1


def _rate(rule: Rule) -> Fraction:
    return Fraction(rule.points, _step(rule))


def _may_meet(one: Rule, other: Rule) -> bool:
    """Whether a basket could be spoken of by both."""
    if max(_start(one), _start(other)) > min(_end(one), _end(other)):
        return False
    if one.include and other.include:
        return _share_goods(one.include, other.include)
    return True


def _share_goods(one: Goods, other: Goods) -> bool:
    """Whether goods may be of both; a product may be of any category."""
    if bool(one.products) and bool(other.products) and not one.categories and not other.categories:
        return bool(set(one.products) & set(other.products))
    if one.categories and other.categories and not one.products and not other.products:
        return bool(_plain(one) & _plain(other))
    return True


def _plain(goods: Goods) -> set[str]:
    return {plain_name(each) for each in goods.categories}


def _holes(rules: Sequence[Rule]) -> Iterator[Clash]:
    plain = [rule for rule in rules if not rule.include and not rule.exclude]
    if not plain:
        yield "rules", "some_goods_earn_nothing", False
        return
    if all(rule.minimum_minor for rule in plain):
        yield "rules", "small_baskets_earn_nothing", False
    spans = sorted((_start(rule), _end(rule)) for rule in plain)
    reached = spans[0][1]
    for start, end in spans[1:]:
        if reached != _LAST and start > reached + timedelta(days=1):
            yield "rules", "days_earn_nothing", False
            return
        reached = max(reached, end)
    if reached != _LAST:
        yield "rules", "earning_ends", False


def _start(rule: Rule) -> date:
    return rule.valid_from or _FIRST


def _end(rule: Rule) -> date:
    return rule.valid_until or _LAST
