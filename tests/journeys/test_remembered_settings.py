"""What owners seldom change comes from memory until they change it, and not one act longer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from loyalty.codes.keys import public_ring, rotate_ring, withdraw_key
from loyalty.db import memory
from loyalty.db.base import REMEMBERED_TABLES
from loyalty.db.memory import Memory, lend_memory, remembered
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.points.add_reward import add_reward
from loyalty.points.earning.rulesets import rules_in_force, set_earning_rule
from loyalty.points.policy import policy_in_force
from loyalty.points.queries import rewards_of
from loyalty.points.retire_reward import retire_reward
from loyalty.points.reward_models import Reward
from loyalty.points.set_policy import set_policy
from loyalty.programs.queries import till_at_store
from tests.support.street import Street, open_street

Ask = Callable[[Session], object]


@pytest.fixture
def street(database: Database, tools: Tools) -> Street:
    return open_street(database, tools)


@pytest.fixture
def asks(street: Street, tools: Tools) -> dict[str, Ask]:
    """What a sale asks of the settings, by the table that tells it."""
    program, now = street.program_id, tools.clock.now()
    return {
        "code_key": lambda session: public_ring(session, program),
        "points_policy": lambda session: policy_in_force(session, program, at=now),
        "points_reward": lambda session: rewards_of(session, program),
        "points_ruleset": lambda session: rules_in_force(session, program, currency="EUR", at=now),
    }


def as_till(database: Database, street: Street, ask: Ask) -> object:
    """Ask inside a block that begins as every act of a till does."""
    with database.unit_of_work(street.program_id) as session:
        assert till_at_store(session, street.program_id, street.till_id) is not None
        return ask(session)


def as_page(database: Database, street: Street, ask: Ask) -> object:
    """Ask in a block that reads everything."""
    with database.reading(street.program_id) as session:
        return ask(session)


def changes(street: Street, tools: Tools) -> dict[str, list[Ask]]:
    """Every way a setting changes, by its table."""
    program, now = street.program_id, tools.clock.now()

    def add(session: Session) -> object:
        return add_reward(session, program, name="Café", points=50, at=now)

    def first(session: Session) -> Reward:
        return session.query(Reward).filter_by(program_id=program).first()  # type: ignore[return-value]

    return {
        "code_key": [
            lambda session: rotate_ring(session, program, keys=tools.keys, at=now),
            lambda session: withdraw_key(session, program, 1, keys=tools.keys, at=now),
        ],
        "points_policy": [
            lambda session: set_policy(
                session,
                program,
                replace(policy_in_force(session, program, at=now), pending_days=3),
                made_by="setup",
                at=now,
            )
        ],
        "points_reward": [
            add,
            lambda session: retire_reward(session, program, first(session).reward_id, at=now),
            add,
            lambda session: session.execute(delete(Reward).where(Reward.program_id == program)),
        ],
        "points_ruleset": [
            lambda session: set_earning_rule(
                session, program, points=2, per_minor=100, currency="EUR", at=now
            )
        ],
    }


@pytest.mark.parametrize("table", sorted(REMEMBERED_TABLES))
def test_the_next_act_of_a_till_knows_what_was_changed(
    database: Database, street: Street, tools: Tools, asks: dict[str, Ask], table: str
) -> None:
    ask = asks[table]
    seen = as_till(database, street, ask)
    for change in changes(street, tools)[table]:
        with database.unit_of_work(street.program_id) as session:
            change(session)
        told = as_till(database, street, ask)
        assert told == as_page(database, street, ask)
        assert told != seen, "nothing was changed by it"
        seen = told


@pytest.mark.parametrize("table", sorted(REMEMBERED_TABLES))
def test_an_unchanged_setting_is_not_read_again(
    database: Database,
    street: Street,
    asks: dict[str, Ask],
    table: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = as_till(database, street, asks[table])
    kept: list[tuple[int, str]] = []

    def keep(_memory: Memory, key: tuple[int, str], _mark: int, _value: object) -> None:
        kept.append(key)

    monkeypatch.setattr(memory.Memory, "keep", keep)
    assert as_till(database, street, asks[table]) == seen
    assert kept == []


def test_a_change_that_was_undone_leaves_what_was_known(
    database: Database, street: Street, tools: Tools, asks: dict[str, Ask]
) -> None:
    ask = asks["points_reward"]
    seen = as_till(database, street, ask)
    with pytest.raises(RuntimeError), database.unit_of_work(street.program_id) as session:
        add_reward(session, street.program_id, name="Café", points=50, at=tools.clock.now())
        assert till_at_store(session, street.program_id, street.till_id) is not None
        assert ask(session) != seen
        raise RuntimeError
    assert as_till(database, street, ask) == seen
    with database.unit_of_work(street.program_id) as session:
        add_reward(session, street.program_id, name="Té", points=40, at=tools.clock.now())
    assert as_till(database, street, ask) == as_page(database, street, ask)


def test_rules_for_later_do_not_count_before_their_time(
    database: Database, street: Street, tools: Tools, asks: dict[str, Ask]
) -> None:
    now = tools.clock.now()
    before = as_till(database, street, asks["points_ruleset"])
    with database.unit_of_work(street.program_id) as session:
        set_earning_rule(
            session,
            street.program_id,
            points=9,
            per_minor=100,
            currency="EUR",
            at=now + timedelta(days=1),
        )
    assert as_till(database, street, asks["points_ruleset"]) == before


def test_what_two_programs_know_is_kept_apart_and_bounded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "KEPT_MOST", 3)
    own = Memory()
    with database.reading(1) as session:
        lend_memory(session, own)
        for program_id in range(10):
            memory.note_mark(session, program_id, 5)
            for _ in range(2):
                told = remembered(session, program_id, "x", lambda of=program_id: of)  # type: ignore[misc]
                assert told == program_id
        assert remembered(session, 77, "x", lambda: "read") == "read", "its mark is not known"
