"""What shoppers, tills and posters are told of how points are earned is what everybody gets."""

from datetime import UTC, datetime
from typing import Any

import pytest

from loyalty.points.earning.check import check_document
from loyalty.points.earning.rulesets import EarningTold, RulesetFacts

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BASE = {"id": "base", "kind": "per_money", "points": 3, "per_minor": 200}
VISIT = {"id": "visit", "kind": "per_visit", "points": 5}
STEP = {"id": "gold", "name": "Oro", "at_least": 100}


def told(*rules: dict[str, Any], times: tuple[int, int] | None = None) -> EarningTold:
    raw: dict[str, Any] = {"rules": list(rules)}
    if times:
        raw["tiers"] = {
            "by": "points",
            "window": "rolling",
            "months": 3,
            "steps": [{**STEP, "times": list(times)}],
        }
    checked = check_document(raw, tiers=["gold"])
    assert checked.document is not None, checked.errors
    return RulesetFacts(7, "EUR", checked.document, NOW, "owner").told(NOW)


@pytest.mark.parametrize(
    "found",
    [
        told(BASE),
        told({**BASE, "name": "Para todos"}),
        told(BASE, times=(1, 1)),
        told({**VISIT, "valid_until": "2026-02-28"}, BASE),
    ],
)
def test_a_rate_that_everybody_gets_is_told(found: EarningTold) -> None:
    assert found.gives
    assert found.rate is not None
    assert (found.rate.version, found.rate.points, found.rate.per_minor) == (7, 3, 200)


@pytest.mark.parametrize(
    "more",
    [
        {"include": {"categories": ["Pan"]}},
        {"exclude": {"products": ["P1"]}},
        {"minimum_minor": 2_000},
        {"tax": "out"},
        {"weekdays": [{"days": [2], "times": [2, 1]}]},
        {"hours": [{"from": "10:00", "until": "12:00", "times": [2, 1]}]},
        {"tiers": [{"tier": "gold", "times": [2, 1]}]},
        {"caps": {"member_day": 50}},
        {"caps": {"total": 9_000}},
        {"valid_from": "2026-01-01"},
        {"valid_until": "2026-12-31"},
    ],
)
def test_a_rate_with_conditions_is_not_told_as_one(more: dict[str, Any]) -> None:
    found = told({**BASE, **more}, times=(1, 1) if "tiers" in more else None)
    assert (found.gives, found.rate) == (True, None)


def test_what_is_earned_by_several_rules_is_no_rate() -> None:
    for found in (
        told(BASE, VISIT),
        told(VISIT, BASE),
        told(VISIT),
        told(BASE, {**VISIT, "valid_from": "2026-04-01"}),
        told(BASE, {**VISIT, "valid_until": "2026-03-01"}),  # in Hawaii it is still that day
        told(BASE, times=(3, 2)),
    ):
        assert (found.gives, found.rate) == (True, None)


def test_rules_that_are_over_or_begin_later_give_nothing_now() -> None:
    for when in ({"valid_until": "2026-02-28"}, {"valid_from": "2026-04-01"}):
        found = told({**BASE, **when})
        assert (found.gives, found.rate) == (False, None)
