"""What an owner types about one earning rule, as the JSON that is checked, and back again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from app.pages.admin_amounts import minor_from_text, text_from_minor
from app.pages.admin_goods import Picked, Shelf, picked_from_form
from app.pages.admin_rule_words import error_text
from loyalty.points.earning.check import Fault
from loyalty.points.earning.document import CAPS, ONE, Document, Rule, to_json

DAYS: Final = range(1, 8)
HOURS_ROWS: Final = range(1, 4)
SIDES: Final = ("include", "exclude")
_PREFIX: Final = re.compile(r"rules\[(\d+)\]\.?")
_TIMES: Final = re.compile(r"([0-9]{1,2})(?:/([0-9]{1,2}))?")
# Which field of the form shows what is wrong with which part of a rule.
_FIELDS: Final[tuple[tuple[str, str], ...]] = (
    ("per_minor", "per"),
    ("per_units", "units"),
    ("minimum_minor", "minimum"),
    ("caps.", "cap_"),
    ("include", "include"),
    ("exclude", "exclude"),
    ("weekdays", "days"),
    ("hours", "hours"),
    ("tiers", "tiers"),
)


@dataclass(frozen=True, slots=True)
class TypedRule:
    """A rule as its form shows it; `wrong` is the sentence for each field that cannot be kept.

    `picked` are the goods by side: `include` and `exclude`.
    """

    rule_id: str
    texts: Mapping[str, str]
    picked: Mapping[str, Picked]
    wrong: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Give what stands in a field."""
        return self.texts.get(name, "")

    def with_wrong(self, wrong: Mapping[str, str]) -> "TypedRule":
        """Note more that is wrong; what was noted first stays."""
        return replace(self, wrong={**wrong, **self.wrong})


def new_rule(rule_id: str) -> TypedRule:
    """Begin with the rule that most shops have."""
    texts = {"kind": "per_money", "points": "1", "per": "1", "units": "1", "tax": "in"}
    return TypedRule(rule_id, texts, {})


def form_of_rule(rule: Rule, currency: str) -> TypedRule:
    """Write a rule as its form."""
    texts = {
        "name": rule.name,
        "kind": rule.kind,
        "points": str(rule.points),
        "per": text_from_minor(rule.per_minor, currency) if rule.per_minor else "",
        "units": str(rule.per_units or ""),
        "minimum": text_from_minor(rule.minimum_minor, currency) if rule.minimum_minor else "",
        "tax": rule.tax,
        "valid_from": rule.valid_from.isoformat() if rule.valid_from else "",
        "valid_until": rule.valid_until.isoformat() if rule.valid_until else "",
    }
    texts |= {f"day_{day}": str(each.times) for each in rule.weekdays for day in each.days}
    for row, hours in zip(HOURS_ROWS, rule.hours, strict=False):
        texts[f"hours_start_{row}"] = hours.start.strftime("%H:%M")
        texts[f"hours_end_{row}"] = hours.end.strftime("%H:%M")
        texts[f"hours_times_{row}"] = str(hours.times)
    texts |= {f"tier_{each.tier_id}": str(each.times) for each in rule.tiers}
    texts |= {f"cap_{name}": str(getattr(rule.caps, name) or "") for name in CAPS}
    picked = {
        side: Picked(goods.categories, goods.products)
        for side, goods in (("include", rule.include), ("exclude", rule.exclude))
    }
    return TypedRule(rule.rule_id, texts, picked)


def rule_from_form(form: MultiDict[str, str], rule_id: str, shelf: Shelf) -> TypedRule:
    """Read the form of a rule."""
    texts = {name: text.strip() for name, text in form.items()}
    picked = {side: picked_from_form(form, side, shelf) for side in SIDES}
    wrong = {side: one.wrong for side, one in picked.items() if one.wrong}
    return TypedRule(rule_id, texts, picked, wrong)


def raw_rule(typed: TypedRule, currency: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Write the form as the JSON of a rule; says besides which fields are no numbers at all."""
    reader = _Reader(typed, currency)
    kind = typed.value("kind")
    raw: dict[str, Any] = {
        "id": typed.rule_id,
        "name": typed.value("name"),
        "kind": kind,
        "points": reader.whole("points"),
        "minimum_minor": reader.amount("minimum"),
        "tax": typed.value("tax") or "in",
        "weekdays": reader.weekdays(),
        "hours": reader.hours(),
        "tiers": reader.tiers(),
        "caps": {name: reader.whole(f"cap_{name}") for name in CAPS},
        "valid_from": typed.value("valid_from") or None,
        "valid_until": typed.value("valid_until") or None,
    }
    if kind == "per_money":
        raw["per_minor"] = reader.amount("per")
    if kind == "per_unit":
        raw["per_units"] = reader.whole("units")
    for side in SIDES:
        picked = typed.picked.get(side)
        if picked:
            named = {"categories": list(picked.categories), "products": list(picked.products)}
            raw[side] = {name: some for name, some in named.items() if some}
    raw["caps"] = {name: most for name, most in raw["caps"].items() if most is not None}
    return {name: value for name, value in raw.items() if value not in (None, [], {})}, reader.wrong


def with_rule(document: Document | None, raw: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Put a rule in the place of the one with its id, or behind the others; says which place."""
    told = to_json(document) if document else {"rules": []}
    rules = list(told["rules"])
    places = [place for place, rule in enumerate(rules) if rule["id"] == raw["id"]]
    place = places[0] if places else len(rules)
    return {**told, "rules": [*rules[:place], dict(raw), *rules[place + 1 :]]}, place


def without_rule(document: Document, rule_id: str) -> Document:
    """Take a rule out."""
    return replace(document, rules=tuple(one for one in document.rules if one.rule_id != rule_id))


def wrong_of(errors: Sequence[Fault], place: int) -> dict[str, str]:
    """Lead each error of one rule to the field that shows it; the first of a field counts."""
    told: dict[str, str] = {}
    for error in errors:
        match = _PREFIX.match(error.field)
        if match and int(match[1]) != place:
            continue
        told.setdefault(_field_of(error.field[match.end() :] if match else ""), _said(error))
    return told


def _said(error: Fault) -> str:
    return error_text(error.code)


def _field_of(path: str) -> str:
    for start, name in _FIELDS:
        if path.startswith(start):
            return name + path.removeprefix(start) if start.endswith(".") else name
    return path or "points"


def times_of_text(text: str) -> Fraction | None:
    """Read a multiplier such as "2" or "3/2"; None when it is none."""
    match = _TIMES.fullmatch(text)
    if match is None or (match[2] and int(match[2]) == 0):
        return None
    return Fraction(int(match[1]), int(match[2] or 1))


class _Reader:
    """Reads numbers from the form and notes what is none."""

    def __init__(self, typed: TypedRule, currency: str) -> None:
        self.wrong: dict[str, str] = {}
        self._typed = typed
        self._currency = currency

    def whole(self, name: str) -> int | None:
        text = self._typed.value(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit()) or len(text) > len("1000000000"):
            self.wrong.setdefault(name, error_text("not_a_whole_number"))
            return None
        return int(text)

    def amount(self, name: str) -> int | None:
        text = self._typed.value(name)
        if not text:
            return None
        minor = minor_from_text(text, self._currency)
        if minor is None:
            self.wrong.setdefault(name, error_text("not_an_amount"))
        return minor

    def weekdays(self) -> list[dict[str, Any]]:
        """Put days that count the same times together."""
        days: dict[Fraction, list[int]] = {}
        for day in DAYS:
            times = self._times(f"day_{day}", "days")
            if times not in (None, ONE):
                days.setdefault(times or ONE, []).append(day)
        return [{"days": some, "times": _pair(times)} for times, some in days.items()]

    def hours(self) -> list[dict[str, Any]]:
        found = []
        for row in HOURS_ROWS:
            start = self._typed.value(f"hours_start_{row}")
            end = self._typed.value(f"hours_end_{row}")
            if start or end:
                times = self._times(f"hours_times_{row}", "hours") or ONE
                part = {"from": start or None, "until": end or None, "times": _pair(times)}
                found.append(part)
        return found

    def tiers(self) -> list[dict[str, Any]]:
        found = []
        for name in self._typed.texts:
            if name.startswith("tier_") and self._typed.value(name):
                times = self._times(name, "tiers") or ONE
                found.append({"tier": name.removeprefix("tier_"), "times": _pair(times)})
        return found

    def _times(self, name: str, shown_at: str) -> Fraction | None:
        text = self._typed.value(name)
        if not text:
            return None
        times = times_of_text(text)
        if times is None:
            self.wrong.setdefault(shown_at, error_text("not_a_multiplier"))
        return times


def _pair(times: Fraction) -> list[int]:
    return [times.numerator, times.denominator]
