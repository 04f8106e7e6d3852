"""What a basket earns by a program's rules: exact, rounded down once for the receipt; pure.

Each rule makes of a basket a weight: how many of its steps the goods that count fill, times
what the day, the hour and the tier say. Weights are exact fractions, so a basket's parts weigh
together what the whole weighs. The receipt earns the points of the full steps; with carry-over
the rest of a step waits in the wallet for the next receipt of the same rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from fractions import Fraction
from typing import Final, Literal
from zoneinfo import ZoneInfo

from loyalty.points.earning.document import ONE, Document, HoursTimes, Rule
from loyalty.points.earning.goods import Basket, counted_minor, counted_units

# No receipt gives more, whatever the rules say: the ledger counts in whole numbers of 31 bits.
POINTS_PER_RECEIPT_MAX: Final = 10_000_000

NOTHING: Final = Fraction(0)

WhyNot = Literal[
    "", "not_yet", "over", "nothing_paid", "no_such_goods", "below_minimum", "below_step", "capped"
]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a basket is bought, by the clock and calendar of its store."""

    at: datetime
    time_zone: str

    @property
    def local(self) -> datetime:
        """The wall clock of the store."""
        return self.at.astimezone(ZoneInfo(self.time_zone))

    def day_of(self, at: datetime) -> date:
        """Say which day another moment is on, by the same store's calendar."""
        return at.astimezone(ZoneInfo(self.time_zone)).date()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member stands at before a basket.

    `tier_times` is the tier's own multiplier. `room` says how many points each rule may still
    give this member, by its caps and the program's; a rule that is not in it has no limit
    (`room_all` holds for all together). `is_past_day` says that the sales a card may bring in a
    day were brought. `carried` are the remainders of steps by meter; None when the program does
    not carry them over.
    """

    tier_id: str | None = None
    tier_times: Fraction = ONE
    room: Mapping[str, int] = field(default_factory=dict)
    room_all: int | None = None
    carried: Mapping[str, Fraction] | None = None
    is_past_day: bool = False

    def room_of(self, rule: Rule) -> int:
        """Say how many points one rule may still give."""
        limits = (self.room.get(rule.rule_id), self.room_all, POINTS_PER_RECEIPT_MAX)
        return max(0, min(limit for limit in limits if limit is not None))


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule makes of a basket, and why it gives nothing if it does.

    Units: `counted_minor` is the money that counts (rounded down, to be shown), `weight` steps.
    `uncapped` is what the rule gives before its caps, `points` after them.
    """

    rule_id: str
    name: str
    why_not: WhyNot
    counted_minor: int
    times: Fraction
    weight: Fraction
    uncapped: int
    points: int
    worth: Fraction

    @property
    def matches(self) -> bool:
        """Whether the basket is one that the rule speaks of."""
        return self.weight > 0

    @property
    def cut(self) -> int:
        """The points its caps withheld."""
        return self.uncapped - self.points


@dataclass(frozen=True, slots=True)
class Earning:
    """What a basket earns: by the one rule that gives the most, or nothing by none.

    `carry` is what is left of that rule's step after it, none without carry-over.
    """

    points: int
    best: Rule | None
    results: tuple[RuleResult, ...]
    carry: Fraction | None = None

    @property
    def result(self) -> RuleResult | None:
        """What the rule that won made of the basket."""
        if self.best is None:
            return None
        return next(each for each in self.results if each.rule_id == self.best.rule_id)

    @property
    def weight(self) -> Fraction:
        """The steps of the rule that won."""
        return NOTHING if self.result is None else self.result.weight


def evaluate(document: Document, basket: Basket, *, moment: Moment, standing: Standing) -> Earning:
    """Say what a basket earns: the rule that gives the most wins, the first of equals.

    Rounding: down, once, to full steps of the rule. With carry-over the comparison is by the
    exact worth of this basket, so that a remainder from before does not decide which rule wins.
    """
    results = tuple(result_of(rule, basket, moment, standing) for rule in document.rules)
    best: tuple[tuple[Fraction, Fraction], Rule, RuleResult] | None = None
    for rule, result in zip(document.rules, results, strict=True):
        if not result.matches:
            continue
        given = Fraction(result.points)
        rank = (given, result.worth) if standing.carried is None else (result.worth, given)
        if best is None or rank > best[0]:
            best = (rank, rule, result)
    if best is None:
        return Earning(0, None, results)
    _, rule, result = best
    carry = None
    if standing.carried is not None:
        carry = (standing.carried.get(rule.meter, NOTHING) + result.weight) % 1
    return Earning(result.points, rule, results, carry)


def result_of(rule: Rule, basket: Basket, moment: Moment, standing: Standing) -> RuleResult:
    """Say what one rule makes of a basket."""
    counted = counted_minor(rule, basket)
    times = times_of(rule, moment, standing)
    why_not = _why_not(rule, basket, counted, moment)
    weight = NOTHING if why_not else _steps(rule, basket, counted)
    if times is not ONE:
        weight *= times
    steps = weight
    if standing.carried:
        steps += standing.carried.get(rule.meter, NOTHING)
    uncapped, room = int(steps) * rule.quantum, standing.room_of(rule)
    points = min(uncapped, room)
    if not why_not and points == 0:
        why_not = "capped" if uncapped else "below_step"
    return RuleResult(
        rule_id=rule.rule_id,
        name=rule.name,
        why_not=why_not,
        counted_minor=int(counted),
        times=times,
        weight=weight,
        uncapped=uncapped,
        points=points,
        worth=min(weight * rule.quantum, Fraction(room)),
    )


def times_of(rule: Rule, moment: Moment, standing: Standing) -> Fraction:
    """Multiply what the weekday, the hour and the tier say."""
    own = [each.times for each in rule.tiers if each.tier_id == standing.tier_id]
    times = own[0] if own else standing.tier_times
    if not rule.weekdays and not rule.hours:
        return times
    local = moment.local
    for weekday in rule.weekdays:
        if local.isoweekday() in weekday.days:
            times *= weekday.times
    for hours in rule.hours:
        if _within(hours, local.time()):
            times *= hours.times
    return times


def _within(hours: HoursTimes, clock: time) -> bool:
    if hours.start < hours.end:
        return hours.start <= clock < hours.end
    return clock >= hours.start or clock < hours.end


def _why_not(rule: Rule, basket: Basket, counted: Fraction, moment: Moment) -> WhyNot:
    if why_not := _out_of_time(rule, moment):
        return why_not
    if basket.total_minor <= 0:
        return "nothing_paid"
    if counted <= 0 or (rule.kind == "per_unit" and counted_units(rule, basket) <= 0):
        return "no_such_goods"
    return "below_minimum" if counted < rule.minimum_minor else ""


def _out_of_time(rule: Rule, moment: Moment) -> WhyNot:
    if rule.valid_from is None and rule.valid_until is None:
        return ""
    day = moment.local.date()
    if rule.valid_from is not None and day < rule.valid_from:
        return "not_yet"
    return "over" if rule.valid_until is not None and day > rule.valid_until else ""


def _steps(rule: Rule, basket: Basket, counted: Fraction) -> Fraction:
    if rule.kind == "per_visit":
        return Fraction(rule.points)
    if rule.kind == "per_unit":
        assert rule.per_units is not None, "a rule per unit says how many"
        return counted_units(rule, basket) / rule.per_units
    assert rule.per_minor is not None, "a rule per money says how much"
    return counted / rule.per_minor


def preview(
    document: Document, basket: Basket, *, moment: Moment, standing: Standing
) -> Sequence[RuleResult]:
    """List what each rule would make of a basket, the one that wins first."""
    earning = evaluate(document, basket, moment=moment, standing=standing)
    best = earning.result
    others = [each for each in earning.results if each is not best]
    return others if best is None else [best, *others]
