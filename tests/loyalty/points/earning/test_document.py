"""Rules as data: what is written is read back, and every slip is told with its field."""

from datetime import date, time
from fractions import Fraction
from typing import Any

import pytest

from loyalty.points.earning.check import check_document
from loyalty.points.earning.document import (
    Caps,
    Document,
    Goods,
    HoursTimes,
    Rule,
    TierTimes,
    WeekdayTimes,
    document_text,
    read_document,
    simple_document,
    to_json,
)

FULL = Document(
    (
        Rule("base", "per_money", 1, name="Por compra", per_minor=100),
        Rule(
            "bread",
            "per_unit",
            5,
            per_units=3,
            include=Goods(("B1",), ("Pan",)),
            exclude=Goods(categories=("Bollería",)),
            minimum_minor=200,
            tax="out",
            weekdays=(WeekdayTimes((1, 2), Fraction(3, 2)),),
            hours=(HoursTimes(time(22), time(2), Fraction(2)),),
            tiers=(TierTimes("gold", Fraction(3)),),
            caps=Caps(member_day=10, total=1000),
            valid_from=date(2026, 1, 1),
            valid_until=date(2026, 12, 31),
        ),
        Rule("visit", "per_visit", 2, valid_until=date(2027, 1, 1)),
    ),
    tax_bp=2100,
)


def rule(**fields: object) -> dict[str, Any]:
    return {"id": "base", "kind": "per_money", "points": 1, "per_minor": 100, **fields}


def errors_of(*rules: object, **fields: object) -> set[tuple[str, str]]:
    checked = check_document({"rules": list(rules), **fields}, tiers={"gold"})
    assert (checked.document is None) == bool(checked.errors)
    return {(each.field, each.code) for each in checked.errors}


def test_rules_are_read_back_as_they_were_written() -> None:
    assert read_document(document_text(FULL)) == FULL
    checked = check_document(to_json(FULL), tiers={"gold"})
    assert checked.document == FULL
    assert checked.errors == ()


def test_the_simple_rule_asks_for_no_goods_and_no_counting() -> None:
    document = simple_document(1, 100)
    assert not document.needs_goods
    assert not document.needs_use
    assert FULL.needs_goods
    assert FULL.needs_use


@pytest.mark.parametrize(
    ("written", "field", "code"),
    [
        (rule(per_minor=None), "rules[0].per_minor", "missing"),
        (rule(points=0), "rules[0].points", "out_of_range"),
        (rule(points=-1), "rules[0].points", "out_of_range"),
        (rule(points=1.5), "rules[0].points", "not_a_whole_number"),
        (rule(points=True), "rules[0].points", "not_a_whole_number"),
        (rule(points=10**30), "rules[0].points", "out_of_range"),
        (rule(kind="per_smile"), "rules[0].kind", "unknown_word"),
        (rule(per_units=2), "rules[0].per_units", "not_for_this_kind"),
        (rule(poinst=2), "rules[0].poinst", "unknown_field"),
        (rule(id=""), "rules[0].id", "missing"),
        (rule(id="a/b"), "rules[0].id", "not_allowed"),
        (rule(name="x" * 81), "rules[0].name", "too_long"),
        (rule(name="a\x00b"), "rules[0].name", "not_a_text"),
        (rule(tax="half"), "rules[0].tax", "unknown_word"),
        (rule(valid_from="2026-02-30"), "rules[0].valid_from", "not_a_day"),
        (
            rule(valid_from="2026-02-02", valid_until="2026-02-01"),
            "rules[0].valid_until",
            "ends_before_it_starts",
        ),
        (rule(include={"products": ["A"]}, exclude={"products": ["A"]}), "rules[0].exclude", ""),
        (rule(include={"products": "A"}), "rules[0].include.products", "not_a_list"),
        (rule(include={"categories": [""]}), "rules[0].include.categories[0]", "not_a_text"),
        (rule(weekdays=[{"days": [0], "times": [2, 1]}]), "rules[0].weekdays[0].days[0]", ""),
        (rule(weekdays=[{"days": [], "times": [2, 1]}]), "rules[0].weekdays[0].days", "missing"),
        (
            rule(weekdays=[{"days": [1], "times": [2, 1]}, {"days": [1], "times": [3, 1]}]),
            "rules[0].weekdays[1].days",
            "overlaps",
        ),
        (rule(weekdays=[{"days": [1], "times": [0, 1]}]), "rules[0].weekdays[0].times", ""),
        (rule(weekdays=[{"days": [1], "times": 1.5}]), "rules[0].weekdays[0].times", ""),
        (rule(weekdays=[{"days": [1], "times": [11, 1]}]), "rules[0].weekdays[0].times", ""),
        (
            rule(hours=[{"from": "10:00", "until": "10:00", "times": [2, 1]}]),
            "rules[0].hours[0].until",
            "empty",
        ),
        (
            rule(
                hours=[
                    {"from": "22:00", "until": "02:00", "times": [2, 1]},
                    {"from": "01:00", "until": "03:00", "times": [2, 1]},
                ]
            ),
            "rules[0].hours[1].from",
            "overlaps",
        ),
        (rule(hours=[{"from": "25:00", "until": "03:00", "times": [2, 1]}]), None, "not_a_time"),
        (rule(tiers=[{"tier": "tin", "times": [2, 1]}]), "rules[0].tiers[0].tier", "unknown_tier"),
        (rule(caps={"member_day": 0}), "rules[0].caps.member_day", "out_of_range"),
        (rule(caps={"weekly": 3}), "rules[0].caps.weekly", "unknown_field"),
        ("not a rule", "rules[0]", "not_an_object"),
    ],
)
def test_a_rule_with_a_hole_or_nonsense_is_refused_with_its_field(
    written: object, field: str | None, code: str
) -> None:
    found = errors_of(written)
    assert found
    assert any(
        (field is None or each[0] == field) and (not code or each[1] == code) for each in found
    ), found


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(errors_of(rule(points=0, per_minor=-1), rule(kind=None), tax_bp="x")) >= 4


@pytest.mark.parametrize("raw", [None, 3, [], "rules"])
def test_what_is_no_object_is_refused(raw: object) -> None:
    checked = check_document(raw)
    assert [each.code for each in checked.errors] == ["not_an_object"]


def test_a_document_without_rules_is_refused() -> None:
    assert errors_of() == {("rules", "missing")}
    assert {code for _, code in errors_of(*[rule()] * 51)} == {"too_many"}


def test_overlapping_rules_are_told_and_one_that_never_wins_is_refused() -> None:
    assert ("rules[1].id", "duplicate") in errors_of(rule(), rule())
    assert errors_of(rule(), rule(id="other")) == {("rules[1].points", "never_wins")}
    assert errors_of(rule(), rule(id="less", per_minor=200)) == {("rules[1].points", "never_wins")}
    checked = check_document(
        {"rules": [rule(), rule(id="bread", points=2, include={"categories": ["Pan"]})]}
    )
    assert [(each.field, each.code) for each in checked.warnings] == [("rules[1]", "overlaps")]


def test_holes_between_the_rules_are_warned_of() -> None:
    def warned(*rules: object) -> list[str]:
        checked = check_document({"rules": list(rules)}, products={"A"}, categories=())
        assert checked.document is not None, checked.errors
        return [each.code for each in checked.warnings]

    assert warned(rule()) == []
    assert warned(rule(include={"products": ["A"]})) == ["some_goods_earn_nothing"]
    assert "unknown_product" in warned(rule(include={"products": ["Z"]}))
    assert warned(rule(minimum_minor=1)) == ["small_baskets_earn_nothing"]
    assert warned(rule(valid_until="2026-12-31")) == ["earning_ends"]
    autumn = rule(valid_until="2026-11-30"), rule(id="xmas", valid_from="2026-12-02")
    assert warned(*autumn) == ["days_earn_nothing"]
    caps = {"member_day": 10, "member_month": 5}
    assert warned(rule(caps=caps)) == ["below_a_shorter_cap"]
