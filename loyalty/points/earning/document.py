"""The rules of a program as data: what the owner edits, what a version keeps; pure.

The text form is JSON (docs/reference/rules.md). Everything in it is a whole number, a text or
a date: a multiplier of one and a half is `[3, 2]`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, Literal, cast

from loyalty.points.earning.ladder import Ladder, ladder_json, read_ladder

Kind = Literal["per_money", "per_visit", "per_unit"]
Tax = Literal["in", "out"]

KINDS: Final[tuple[Kind, ...]] = ("per_money", "per_visit", "per_unit")
TAXES: Final[tuple[Tax, ...]] = ("in", "out")
CAPS: Final = ("member_day", "member_month", "member_ever", "total")
ONE: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Goods:
    """Which goods: by the shop's references, or by categories; both empty means none named."""

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is named."""
        return bool(self.products or self.categories)


@dataclass(frozen=True, slots=True)
class WeekdayTimes:
    """On these days (1 Monday to 7 Sunday, by the store) a purchase counts so many times."""

    days: tuple[int, ...]
    times: Fraction


@dataclass(frozen=True, slots=True)
class HoursTimes:
    """From `start` until just before `end`, by the store's clock, it counts so many times.

    An end before the start is on the next day.
    """

    start: time
    end: time
    times: Fraction


@dataclass(frozen=True, slots=True)
class TierTimes:
    """For members of this tier it counts so many times, instead of the tier's own multiplier."""

    tier_id: str
    times: Fraction


@dataclass(frozen=True, slots=True)
class Caps:
    """The most points a rule gives: to one member in a day, a month and ever, and to all."""

    member_day: int | None = None
    member_month: int | None = None
    member_ever: int | None = None
    total: int | None = None

    def __bool__(self) -> bool:
        """Whether there is any."""
        return any(getattr(self, name) is not None for name in CAPS)


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to earn.

    Units: `points` for every full `per_minor` minor units, for every full `per_units` pieces or
    kilograms, or for a visit. `minimum_minor` is what the goods that count must cost at least,
    with or without `tax` as the rule says. `valid_from` and `valid_until` are whole days by the
    store's calendar, both included.
    """

    rule_id: str
    kind: Kind
    points: int
    name: str = ""
    per_minor: int | None = None
    per_units: int | None = None
    include: Goods = field(default_factory=Goods)
    exclude: Goods = field(default_factory=Goods)
    minimum_minor: int = 0
    tax: Tax = "in"
    weekdays: tuple[WeekdayTimes, ...] = ()
    hours: tuple[HoursTimes, ...] = ()
    tiers: tuple[TierTimes, ...] = ()
    caps: Caps = field(default_factory=Caps)
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def quantum(self) -> int:
        """The points of one full step; a visit is worth so many steps of one point."""
        return 1 if self.kind == "per_visit" else self.points

    @property
    def needs_goods(self) -> bool:
        """Whether it asks what the lines of a basket are."""
        return bool(self.include or self.exclude) or self.tax == "out" or self.kind == "per_unit"

    @property
    def is_plain(self) -> bool:
        """Whether it is told in full by "so many points for so much", for whatever is paid."""
        return self == Rule(
            self.rule_id, "per_money", self.points, name=self.name, per_minor=self.per_minor
        )

    @property
    def meter(self) -> str:
        """Name what remainders of it add up in; another step is another meter."""
        step = self.per_minor or self.per_units or 1
        return f"{self.rule_id}/{self.kind}/{self.points}/{step}"


@dataclass(frozen=True, slots=True)
class Document:
    """All rules of a program, in the owner's order, its tiers, and the tax of unlisted goods.

    Units: `tax_bp` hundredths of a percent.
    """

    rules: tuple[Rule, ...]
    tax_bp: int = 0
    ladder: Ladder | None = None

    @property
    def needs_goods(self) -> bool:
        """Whether any rule asks what the lines of a basket are."""
        return any(rule.needs_goods for rule in self.rules)

    def live_rules(self, day: date) -> tuple[Rule, ...]:
        """List the rules that are not over on a day; those of later days are among them."""
        return tuple(rule for rule in self.rules if (rule.valid_until or day) >= day)

    @property
    def is_even(self) -> bool:
        """Whether it counts the same for members of all tiers, rules of their own apart."""
        return self.ladder is None or all(tier.times == ONE for tier in self.ladder.tiers)

    @property
    def needs_use(self) -> bool:
        """Whether any rule asks what it has given already."""
        return any(bool(rule.caps) for rule in self.rules)


def simple_document(points: int, per_minor: int) -> Document:
    """Write the rule most shops have: so many points for every full amount."""
    return Document((Rule("base", "per_money", points, per_minor=per_minor),))


def document_text(document: Document) -> str:
    """Write rules as they are stored; the same rules give the same text."""
    return json.dumps(to_json(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@lru_cache(maxsize=512)
def read_document(text: str) -> Document:
    """Read rules that were stored; they were checked before (`check.py`)."""
    raw = json.loads(text)
    return Document(
        rules=tuple(_rule(each) for each in raw["rules"]),
        tax_bp=raw.get("tax_bp", 0),
        ladder=None if raw.get("tiers") is None else read_ladder(raw["tiers"]),
    )


def to_json(document: Document) -> dict[str, Any]:
    """Write rules as plain JSON; what says nothing is left out."""
    told: dict[str, Any] = {"rules": [_told(rule) for rule in document.rules]}
    if document.tax_bp:
        told["tax_bp"] = document.tax_bp
    if document.ladder is not None:
        told["tiers"] = ladder_json(document.ladder)
    return told


def _told(rule: Rule) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": rule.rule_id,
        "name": rule.name,
        "kind": rule.kind,
        "points": rule.points,
        "per_minor": rule.per_minor,
        "per_units": rule.per_units,
        "include": _goods_told(rule.include),
        "exclude": _goods_told(rule.exclude),
        "minimum_minor": rule.minimum_minor,
        "tax": "" if rule.tax == "in" else rule.tax,
        "weekdays": [
            {"days": list(each.days), "times": _pair(each.times)} for each in rule.weekdays
        ],
        "hours": [
            {
                "from": each.start.strftime("%H:%M"),
                "until": each.end.strftime("%H:%M"),
                "times": _pair(each.times),
            }
            for each in rule.hours
        ],
        "tiers": [{"tier": each.tier_id, "times": _pair(each.times)} for each in rule.tiers],
        "caps": {
            name: getattr(rule.caps, name) for name in CAPS if getattr(rule.caps, name) is not None
        },
        "valid_from": rule.valid_from and rule.valid_from.isoformat(),
        "valid_until": rule.valid_until and rule.valid_until.isoformat(),
    }
    return {name: value for name, value in told.items() if value}


def _goods_told(goods: Goods) -> dict[str, list[str]]:
    told = {"products": list(goods.products), "categories": list(goods.categories)}
    return {name: value for name, value in told.items() if value}


def _pair(times: Fraction) -> list[int]:
    return [times.numerator, times.denominator]


def _rule(raw: Mapping[str, Any]) -> Rule:
    return Rule(
        rule_id=raw["id"],
        kind=cast("Kind", raw["kind"]),
        points=raw["points"],
        name=raw.get("name", ""),
        per_minor=raw.get("per_minor"),
        per_units=raw.get("per_units"),
        include=_goods(raw.get("include", {})),
        exclude=_goods(raw.get("exclude", {})),
        minimum_minor=raw.get("minimum_minor", 0),
        tax=cast("Tax", raw.get("tax", "in")),
        weekdays=tuple(
            WeekdayTimes(tuple(each["days"]), Fraction(*each["times"]))
            for each in raw.get("weekdays", ())
        ),
        hours=tuple(
            HoursTimes(
                time.fromisoformat(each["from"]),
                time.fromisoformat(each["until"]),
                Fraction(*each["times"]),
            )
            for each in raw.get("hours", ())
        ),
        tiers=tuple(
            TierTimes(each["tier"], Fraction(*each["times"])) for each in raw.get("tiers", ())
        ),
        caps=Caps(**raw.get("caps", {})),
        valid_from=_day(raw.get("valid_from")),
        valid_until=_day(raw.get("valid_until")),
    )


def _goods(raw: Mapping[str, Any]) -> Goods:
    return Goods(tuple(raw.get("products", ())), tuple(raw.get("categories", ())))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
