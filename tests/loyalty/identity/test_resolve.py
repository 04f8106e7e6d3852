"""The stored persons are those of a full recomputation, whatever came in which order."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from loyalty.db.session import NO_PROGRAM, Database
from loyalty.identity.cannot_link import NotTheSame, declare_not_the_same
from loyalty.identity.links import restore_link, retract_link
from loyalty.identity.queries import person_by_id, person_of_identifier
from loyalty.identity.states import block_identifier
from loyalty.identity.values import own_identifier_id
from loyalty.journeys.tools import Tools
from tests.support.places import Place
from tests.support.sizes import SIZE, SIZE_NAME
from tests.support.who_acts import ENDS, START, VALUES, Act, State
from tests.support.who_scene import Scene

WRITERS = 16
ROUNDS = 5 if SIZE_NAME == "prove" else 1
# What is done to a piece of evidence or to a value, each in this order.
FATES = {
    "tell": [["tell"], ["tell"], ["tell", "retract"], ["tell", "retract", "restore"]],
    "apart": [["apart"], ["apart", "together"]],
    "block": [["block"], ["block", "unblock"]],
}

evidence = st.lists(
    st.tuples(
        st.sampled_from([*["tell"] * 9, "apart", "block"]),
        st.sampled_from(sorted(ENDS)),
        st.integers(0, 5),
        st.integers(0, 5),
        st.sampled_from([0, 0, 1, 80, 95]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=14,
)


def stories(told: Sequence[tuple[str, str, int, int, int, int]], random: Random) -> list[list[Act]]:
    """Give every piece of evidence its fate; told on several days it has one all the same."""
    found: dict[object, list[Act]] = {}
    for what, kind, one, other, day, turn in told:
        act = Act(what, kind, one, other, day, turn)
        if act.values[0] == act.values[1]:
            continue
        if what == "tell":
            key: object = (what, ENDS[kind][0], act.values, turn)
        else:
            key = (what, act.values if what == "apart" else act.values[0])
        if key in found:
            found[key].insert(0, act)
        else:
            fate = random.choice(FATES[what])
            found[key] = [replace(act, what=each) for each in fate]
    return list(found.values())


def in_some_order(told: list[list[Act]], random: Random) -> list[Act]:
    """Mix the acts, each story in its order."""
    waiting = [list(story) for story in told]
    order = []
    while any(waiting):
        order.append(random.choice([story for story in waiting if story]).pop(0))
    return order


def play(scene: Scene, order: Sequence[Act]) -> State:
    """Do acts in an order; hold the persons against the evidence and give them."""
    with scene.together():
        for act in order:
            scene.do(act)
        assert scene.dump() == scene.worked_out()
    scene.check()
    return scene.dump()


@settings(max_examples=max(10, SIZE.examples // 4))
@given(told=evidence, seed=st.integers(0, 2**32))
def test_any_order_of_acts_gives_the_same_persons_and_public_ids(
    database: Database, tools: Tools, told: list[tuple[str, str, int, int, int, int]], seed: int
) -> None:
    random = Random(seed)
    scene = Scene(database, tools)
    scene.begin()
    acts = stories(told, random)
    first = play(scene, in_some_order(acts, random))
    scene.start_over()
    assert play(scene, in_some_order(acts, random)) == first


def test_a_person_is_found_by_every_id_they_ever_had(database: Database, tools: Tools) -> None:
    scene = Scene(database, tools)
    scene.begin()
    member = own_identifier_id("member", VALUES["member"][0])
    assert member is not None
    had = []
    for act in (
        Act("tell", "card", 0, 0, day=3),
        Act("tell", "card", 1, 0, day=2),
        Act("tell", "email", 0, 0, day=1),
    ):
        scene.do(act)
        with database.reading(scene.program_id) as session:
            person = person_of_identifier(session, scene.program_id, member)
            assert person is not None
            had.append(person.person_id)
    with database.reading(scene.program_id) as session:
        found = [person_by_id(session, scene.program_id, person_id) for person_id in had]
    assert len(set(had)) == 3, "each came with something older"
    assert [each.person_id for each in found if each] == [had[-1]] * 3


def one_by_one(acts: Sequence[Act], scene: Scene, writers: int) -> None:
    """Have several writers do acts, each in a transaction of its own."""

    def do(act: Act) -> None:
        with scene.database.unit_of_work(scene.program_id) as session:
            at = scene.tools.clock.now()
            if act.what == "older":
                early = START - timedelta(days=1 + act.turn)
                pair = act.values if act.day else act.values[:1]
                scene.see_at(session, pair, early)
                return
            told = scene.tell(session, replace(act, what="tell"))
            link = session, scene.program_id, told.link_id
            if act.what in {"retract", "restore"}:
                retract_link(*link, actor="shopper", at=at)
            if act.what == "restore":
                restore_link(*link, actor="shopper", at=at)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(do, acts))


def street(random: Random, count: int) -> list[Act]:
    """Draw evidence of a street whose people share what they have; each piece has one fate."""
    acts: dict[object, Act] = {}
    while len(acts) < count:
        kind = random.choice(sorted(ENDS))
        what = random.choice(["tell"] * 6 + ["retract", "restore"])
        day, turn = random.choice([0, 0, 1, 95]), random.randrange(3)
        act = Act(what, kind, random.randrange(6), random.randrange(6), day, turn)
        if act.values[0] != act.values[1]:
            acts.setdefault((ENDS[kind][0], act.values, turn), act)
    return list(acts.values())


@pytest.fixture
def crowd(place: Place) -> Iterator[Database]:
    """A database that has a connection for each of many writers."""
    opened = Database(place.url, pool_size=WRITERS)
    yield opened
    opened.close()


@pytest.mark.race
def test_sixteen_writers_give_the_persons_of_one(crowd: Database, tools: Tools) -> None:
    random = Random(6)
    scene = Scene(crowd, tools)
    scene.begin()
    acts = street(random, 60)
    found = []
    for writers, times in ((WRITERS, 2), (1, 1)):
        order = acts * times
        random.shuffle(order)
        with scene.together():
            scene.consent()
            for act in acts:
                scene.see(act)
        _say_what_else_holds(scene, acts[:3])
        one_by_one(order, scene, writers)
        found.append(scene.dump())
        scene.check()
        scene.start_over()
    assert found[0] == found[1]
    assert any(rule for _, rule in found[0].links.values()), "somebody was in dispute"
    assert deadlocks(crowd) == 0


@pytest.mark.race
@pytest.mark.prove
@pytest.mark.parametrize("number", range(ROUNDS))
def test_sixteen_writers_of_what_nobody_saw_yet_wait_in_one_order(
    crowd: Database, tools: Tools, number: int
) -> None:
    """New values, older sightings of one or of both, and the same pairs again, all at once."""
    random = Random(number)
    scene = Scene(crowd, tools)
    scene.begin()
    told = street(random, 24)
    acts = told + [replace(act, what="older", day=turn % 2) for turn, act in enumerate(told)]
    found = []
    for writers, times in ((WRITERS, 3), (1, 1)):
        order = acts * times
        random.shuffle(order)
        with scene.together():
            scene.consent()
        one_by_one(order, scene, writers)
        found.append(scene.dump())
        scene.check()
        scene.start_over()
    assert found[0] == found[1]
    assert deadlocks(crowd) == 0


def deadlocks(database: Database) -> int:
    """Count how often PostgreSQL had to end one of two that waited for each other."""
    if database.is_sqlite:
        return 0
    with database.reading(NO_PROGRAM) as session:
        told = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(session.execute(told).scalar_one())


def _say_what_else_holds(scene: Scene, acts: Sequence[Act]) -> None:
    """Say that two are not the same, and that a value is the shop's own."""
    at = scene.tools.clock.now()
    with scene.database.unit_of_work(scene.program_id) as session:
        for act in acts:
            told = scene.tell(session, replace(act, what="tell", turn=7))
            a, b = (scene.identifier(session, value) for value in act.values)
            said = NotTheSame(scene.program_id, a, b, actor="staff:1", reason="hermanas")
            declare_not_the_same(session, said, at=at)
            assert told.link_id
        tablet = scene.identifier(session, ("device", VALUES["device"][0]))
        block_identifier(session, scene.program_id, tablet, blocked=True, actor="staff:1", at=at)
