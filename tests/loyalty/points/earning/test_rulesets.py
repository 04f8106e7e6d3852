"""Rules in their versions: which hold when, what a new one leaves alone, none is ever changed."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from loyalty.db import migrate
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.earning.document import document_text, simple_document
from loyalty.points.earning.rulesets import (
    RULESET,
    rule_in_force,
    rules_in_force,
    rules_of_version,
    set_earning_rule,
    set_rules,
    versions_of,
)
from tests.support.ledger import Ledger
from tests.support.places import Place

BREAD = {"id": "bread", "kind": "per_visit", "points": 3, "include": {"categories": ["Pan"]}}
CARRIES_OVER = "20261122_1030"
BASE = {"id": "base", "kind": "per_money", "points": 1, "per_minor": 100}


def test_a_new_version_holds_from_its_moment_and_the_first_also_before(ledger: Ledger) -> None:
    now = ledger.tools.clock.now()
    later = now + timedelta(hours=1)
    with ledger.database.unit_of_work(ledger.program_id) as session:
        version, checked = set_rules(
            session,
            ledger.program_id,
            {"rules": [BASE, BREAD]},
            currency="EUR",
            made_by="staff:1",
            at=later,
        )
        assert (version, checked.errors) == (2, ())
        for at, expected in (
            (now - timedelta(days=400), 1),
            (now, 1),
            (later - timedelta(microseconds=1), 1),
            (later, 2),
        ):
            held = rules_in_force(session, ledger.program_id, currency="EUR", at=at)
            assert held is not None
            assert held.version == expected
        assert rules_in_force(session, ledger.program_id, currency="CLP", at=now) is None
        told = [each.version for each in versions_of(session, ledger.program_id, "EUR")]
        assert told == [2, 1]
        assert rules_of_version(session, ledger.program_id, 2).made_by == "staff:1"


def test_rules_with_an_error_are_not_kept(ledger: Ledger) -> None:
    now = ledger.tools.clock.now()
    with ledger.database.unit_of_work(ledger.program_id) as session:
        version, checked = set_rules(
            session, ledger.program_id, {"rules": []}, currency="EUR", made_by="x", at=now
        )
        assert version is None
        assert checked.errors
        assert len(versions_of(session, ledger.program_id, "EUR")) == 1


def test_the_short_form_changes_the_rule_per_money_and_leaves_the_others(ledger: Ledger) -> None:
    now = ledger.tools.clock.now()
    with ledger.database.unit_of_work(ledger.program_id) as session:
        raw = {"rules": [BREAD, BASE]}
        set_rules(session, ledger.program_id, raw, currency="EUR", made_by="x", at=now)
        set_earning_rule(
            session, ledger.program_id, points=2, per_minor=300, currency="EUR", at=now
        )
        held = rules_in_force(session, ledger.program_id, currency="EUR", at=now)
        assert held is not None
        told = [(rule.rule_id, rule.points, rule.per_minor) for rule in held.document.rules]
        assert told == [("bread", 3, None), ("base", 2, 300)]
        rate = rule_in_force(session, ledger.program_id, currency="EUR", at=now)
        assert rate is None, "bread earns otherwise"
        for points, per_minor, field in ((0, 100, "points"), (1, 0, "per_minor")):
            with pytest.raises(SettingInvalidError) as refused:
                set_earning_rule(
                    session,
                    ledger.program_id,
                    points=points,
                    per_minor=per_minor,
                    currency="EUR",
                    at=now,
                )
            assert refused.value.facts == {"field": field}


def test_a_version_is_never_changed(ledger: Ledger) -> None:
    with (
        pytest.raises((IntegrityError, ProgrammingError)),
        ledger.database.unit_of_work(ledger.program_id) as session,
    ):
        session.execute(
            update(RULESET)
            .where(RULESET.c.program_id == ledger.program_id)
            .values(document=document_text(simple_document(9, 100)))
        )


def test_the_rule_of_before_is_carried_over_and_back(empty_place: Place) -> None:
    url = empty_place.admin_url
    steps = migrate.revisions()
    before = steps[steps.index(CARRIES_OVER) - 1]
    migrate.upgrade(url, revision=before)
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO program (program_id, name, language, is_demo, created_at)"
                    " VALUES (7, 'P', 'es', false, '2026-01-01 00:00:00')"
                )
            )
            connection.execute(
                text(
                    "INSERT INTO points_earning_rule VALUES"
                    " (7, 1, 2, 150, 'EUR', '2026-01-01 00:00:00')"
                )
            )
        migrate.upgrade(url)
        with engine.connect() as connection:
            (document,) = connection.execute(text("SELECT document FROM points_ruleset")).one()
        assert document == document_text(simple_document(2, 150))
        migrate.downgrade(url, before)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT points, per_minor FROM points_earning_rule"))
            assert [tuple(row) for row in rows] == [(2, 150)]
    finally:
        engine.dispose()
