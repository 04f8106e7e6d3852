"""Why two are one: the shortest way in links that hold, and what would come off at each step."""

from collections.abc import Hashable
from datetime import timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.db.session import Database
from loyalty.identity.paths import NAMED_MOST, TOLD_MOST, Hanging, touching_of, way_between
from loyalty.journeys.explain import explain
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.ids import new_id
from tests.support.clock import ManualClock
from tests.support.town import build_town
from tests.support.who import Who

Row = tuple[int, object, str, Hashable, Hashable]


def rows_of(ends: list[tuple[int, int]]) -> list[Row]:
    return [(1, turn, f"link {turn}", a, b) for turn, (a, b) in enumerate(ends) if a != b]


def reached(rows: list[Row], start: Hashable) -> set[Hashable]:
    found: set[Hashable] = {start}
    while True:
        more = {end for *_, a, b in rows for end in (a, b) if {a, b} & found} - found
        if not more:
            return found
        found |= more


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=20))
def test_what_comes_off_is_what_nothing_else_holds(ends: list[tuple[int, int]]) -> None:
    rows = rows_of(ends)
    if not rows:
        return
    start = rows[0][3]
    touching = touching_of(rows)
    whole = reached(rows, start)
    for goal in whole:
        way = way_between(touching, start, goal)
        hanging = Hanging(touching, start, way)
        for turn, (link_id, _) in enumerate(way):
            left = reached([row for row in rows if row[2] != link_id], start)
            assert hanging.count_on(turn) == len(whole - left)
            assert set(hanging.first_on(turn, 100)) == whole - left


def test_of_two_ways_the_shorter_one_is_told_and_of_two_links_the_earlier() -> None:
    rows = rows_of([(0, 1), (1, 2), (0, 2), (0, 2), (2, 3)])
    touching = touching_of(rows)
    way = way_between(touching, 0, 3)
    assert way == [("link 2", 2), ("link 4", 3)]
    hanging = Hanging(touching, 0, way)
    assert [hanging.count_on(turn) for turn in (0, 1)] == [0, 1]


def test_a_chain_of_ten_thousand_is_walked_at_once() -> None:
    rows = rows_of([(turn, turn + 1) for turn in range(10_000)])
    Random(1).shuffle(rows)
    touching = touching_of(rows)
    way = way_between(touching, 0, 10_000)
    hanging = Hanging(touching, 0, way)
    assert len(way) == 10_000
    assert [hanging.count_on(turn) for turn in range(len(way))] == list(range(10_000, 0, -1))
    assert list(hanging.first_on(9_990, 3)) == [9_991, 9_992, 9_993]


def test_of_a_very_long_way_the_first_and_the_last_steps_are_told(
    database: Database, clock: ManualClock, tools: Tools
) -> None:
    town = build_town(database, clock)
    with database.unit_of_work(town.program_id) as session:
        who = Who(session, town.program_id, town.bakery_id, tools)
        chain = [
            who.identifier("session", str(new_id(who.at)), at=who.at + timedelta(seconds=turn))
            for turn in range(TOLD_MOST + 12)
        ]
        for one, other in pairwise(chain):
            who.link("staff", one, other)
        person_id = who.person(chain[0]).person_id
        told = explain(session, town.program_id, person_id, chain[-1])
        whole = explain(session, town.program_id, person_id, chain[TOLD_MOST])
    half = TOLD_MOST // 2
    assert [step.leads_to.identifier_id for step in told.steps] == chain[1 : half + 1] + chain[
        -half:
    ]
    assert (told.left_out, told.steps[half].alone) == (11, half)
    assert (len(whole.steps), whole.left_out) == (TOLD_MOST, 0)


def test_a_person_says_why_and_what_hangs_on_each_step(
    database: Database, clock: ManualClock, tools: Tools
) -> None:
    town = build_town(database, clock)
    with database.unit_of_work(town.program_id) as session:
        who = Who(session, town.program_id, town.bakery_id, tools)
        ana, card = who.shopper()
        visits = [who.web_session() for _ in range(NAMED_MOST + 5)]
        for visit in visits:
            who.link("session", visit, card, by=ana)
        person_id = who.person(ana).person_id
        told = explain(session, town.program_id, person_id, visits[-1])
        (step,) = told.steps
        assert told.start.identifier_id == card, "the first to be seen"
        assert (step.leads_to.identifier_id, step.link.kind) == (visits[-1], "session")
        assert (step.alone, step.alone_without) == (1, (visits[-1],))
        (held,) = explain(session, town.program_id, person_id, ana).steps
        assert (held.alone, held.link.kind) == (1, "card")
        assert explain(session, town.program_id, person_id, card).steps == ()
        for nobody in (new_id(clock.now()), UUID(int=1)):
            with pytest.raises(NotFoundError):
                explain(session, town.program_id, person_id, nobody)
        stranger, _ = who.shopper()
        with pytest.raises(NotFoundError):
            explain(session, town.program_id, person_id, stranger)
