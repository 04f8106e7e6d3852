"""Whether rules that an owner wrote can be kept: what is wrong, where, in stable codes; pure.

Errors keep a document from being stored. Warnings are shown and do not: two rules may overlap
on purpose, since the one that gives the most wins.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from loyalty.points.earning.clashes import clashes
from loyalty.points.earning.document import (
    CAPS,
    KINDS,
    TAXES,
    Caps,
    Document,
    Goods,
    HoursTimes,
    Rule,
    TierTimes,
    WeekdayTimes,
)
from loyalty.points.earning.fields import Faults, Field
from loyalty.points.earning.ladder import check_ladder

RULES_MAX: Final = 50
NAMES_MAX: Final = 500
TEXT_MAX: Final = 80
POINTS_MAX: Final = 1000
PER_MINOR_MAX: Final = 1_000_000
PER_UNITS_MAX: Final = 1000
CAP_MAX: Final = 1_000_000_000
TAX_BP_MAX: Final = 10_000
DAYS_OF_WEEK: Final = 7

_RULE_FIELDS: Final = frozenset(
    {
        "id",
        "name",
        "kind",
        "points",
        "per_minor",
        "per_units",
        "include",
        "exclude",
        "minimum_minor",
        "tax",
        "weekdays",
        "hours",
        "tiers",
        "caps",
        "valid_from",
        "valid_until",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong or doubtful: `field` as "rules[0].per_minor", `code` from rules.md."""

    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of written rules: a document when nothing is wrong, and what to tell."""

    document: Document | None
    errors: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def check_document(
    raw: object,
    *,
    products: Collection[str] | None = None,
    categories: Collection[str] | None = None,
    tiers: Collection[str] = (),
) -> Checked:
    """Read rules that somebody wrote and say all that is wrong with them, not only the first.

    `products` and `categories` are those the program knows; a rule that names another one is
    warned of. A rule that names a tier which is neither in `tiers` nor in the document is
    refused.
    """
    faults = Faults()
    if not isinstance(raw, Mapping):
        return Checked(None, (Fault("", "not_an_object"),))
    root = Field(raw, "", faults)
    root.only({"rules", "tax_bp", "tiers"})
    ladder = check_ladder(root)
    if ladder is not None:
        tiers = {*tiers, *(tier.tier_id for tier in ladder.tiers)}
    tax_bp = root.number("tax_bp", most=TAX_BP_MAX, default=0)
    written = root.items("rules", most=RULES_MAX)
    if not written and not faults.errors:
        faults.error("rules", "missing")
    rules = [_rule(each, tiers) for each in written]
    kept = tuple(rule for rule in rules if rule is not None)
    _unique_ids(written, faults)
    if not faults.errors and len(kept) == len(written):
        for path, code, is_error in clashes(kept):
            (faults.error if is_error else faults.warn)(path, code)
        _unknown_names(kept, faults, products=products, categories=categories)
    errors = tuple(Fault(*each) for each in faults.errors)
    warnings = tuple(Fault(*each) for each in faults.warnings)
    return Checked(None if errors else Document(kept, tax_bp, ladder), errors, warnings)


def _rule(one: Field, tiers: Collection[str]) -> Rule | None:
    one.only(_RULE_FIELDS)
    rule_id = one.text("id", most=TEXT_MAX, required=True)
    if "/" in rule_id:
        one.fault("id", "not_allowed")
    name = one.text("name", most=TEXT_MAX)
    kind = one.choice("kind", KINDS)
    points = one.number("points", least=1, most=POINTS_MAX, required=True)
    per_minor = one.number("per_minor", least=1, most=PER_MINOR_MAX, required=kind == "per_money")
    per_units = one.number("per_units", least=1, most=PER_UNITS_MAX, required=kind == "per_unit")
    if kind != "per_money" and "per_minor" in one.raw:
        one.fault("per_minor", "not_for_this_kind")
    if kind != "per_unit" and "per_units" in one.raw:
        one.fault("per_units", "not_for_this_kind")
    include, exclude = _goods(one, "include"), _goods(one, "exclude")
    if include and exclude:
        _contradiction(one, include, exclude)
    valid_from, valid_until = one.day("valid_from"), one.day("valid_until")
    if valid_from and valid_until and valid_until < valid_from:
        one.fault("valid_until", "ends_before_it_starts")
    weekdays, hours = _weekdays(one), _hours(one)
    own_tiers = _tiers(one, tiers)
    minimum = one.number("minimum_minor", most=CAP_MAX, default=0)
    tax = one.choice("tax", TAXES, default="in")
    caps = _caps(one)
    if kind is None or tax is None:
        return None
    return Rule(
        rule_id=rule_id,
        kind=kind,
        points=points,
        name=name,
        per_minor=per_minor or None,
        per_units=per_units or None,
        include=include,
        exclude=exclude,
        minimum_minor=minimum,
        tax=tax,
        weekdays=weekdays,
        hours=hours,
        tiers=own_tiers,
        caps=caps,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def _goods(one: Field, name: str) -> Goods:
    goods = one.part(name)
    if goods is None:
        return Goods()
    goods.only({"products", "categories"})
    return Goods(
        goods.texts("products", most=NAMES_MAX, length=TEXT_MAX),
        goods.texts("categories", most=NAMES_MAX, length=TEXT_MAX),
    )


def _contradiction(one: Field, include: Goods, exclude: Goods) -> None:
    """Refuse a rule of named goods that leaves every one of them out again."""
    if set(include.products) <= set(exclude.products) and (
        set(include.categories) <= set(exclude.categories)
    ):
        one.fault("exclude", "contradicts_include")


def _weekdays(one: Field) -> tuple[WeekdayTimes, ...]:
    found: list[WeekdayTimes] = []
    taken: set[int] = set()
    for each in one.items("weekdays", most=DAYS_OF_WEEK):
        each.only({"days", "times"})
        days = each.numbers("days", least=1, most=DAYS_OF_WEEK)
        if taken & set(days):
            each.fault("days", "overlaps")
        taken |= set(days)
        found.append(WeekdayTimes(days, each.times("times")))
    return tuple(found)


def _hours(one: Field) -> tuple[HoursTimes, ...]:
    found: list[HoursTimes] = []
    taken: set[int] = set()
    for each in one.items("hours", most=24):
        each.only({"from", "until", "times"})
        start, end = each.clock("from"), each.clock("until")
        times = each.times("times")
        if start is None or end is None:
            continue
        if start == end:
            each.fault("until", "empty")
            continue
        first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
        minutes = set(range(first, last)) if first < last else set(range(first, 1440))
        minutes |= set() if first < last else set(range(last))
        if taken & minutes:
            each.fault("from", "overlaps")
        taken |= minutes
        found.append(HoursTimes(start, end, times))
    return tuple(found)


def _tiers(one: Field, known: Collection[str]) -> tuple[TierTimes, ...]:
    found: list[TierTimes] = []
    for each in one.items("tiers", most=RULES_MAX):
        each.only({"tier", "times"})
        tier_id = each.text("tier", most=TEXT_MAX, required=True)
        if tier_id and tier_id not in known:
            each.fault("tier", "unknown_tier")
        if any(other.tier_id == tier_id for other in found):
            each.fault("tier", "duplicate")
        found.append(TierTimes(tier_id, each.times("times")))
    return tuple(found)


def _caps(one: Field) -> Caps:
    caps = one.part("caps")
    if caps is None:
        return Caps()
    caps.only(set(CAPS))
    told = {
        name: caps.number(name, least=1, most=CAP_MAX, required=True)
        for name in CAPS
        if caps.raw.get(name) is not None
    }
    ordered = [(name, told[name]) for name in CAPS if name in told]
    for (_, less), (name, more) in pairwise(ordered):
        if more < less:
            caps.warn(name, "below_a_shorter_cap")
    return Caps(**told)


def _unique_ids(written: Sequence[Field], faults: Faults) -> None:
    seen: set[object] = set()
    for one in written:
        rule_id = one.raw.get("id")
        if isinstance(rule_id, str) and rule_id in seen:
            faults.error(f"{one.path}.id", "duplicate")
        if isinstance(rule_id, str):
            seen.add(rule_id)


def _unknown_names(
    rules: Sequence[Rule],
    faults: Faults,
    *,
    products: Collection[str] | None,
    categories: Collection[str] | None,
) -> None:
    for number, rule in enumerate(rules):
        for side in ("include", "exclude"):
            goods: Goods = getattr(rule, side)
            if products is not None and any(each not in products for each in goods.products):
                faults.warn(f"rules[{number}].{side}.products", "unknown_product")
            if categories is not None and any(each not in categories for each in goods.categories):
                faults.warn(f"rules[{number}].{side}.categories", "unknown_category")
