"""What evidence joined comes apart to the identical state, and any order of it gives the same."""

import os
from dataclasses import replace
from random import Random

import pytest

from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.sizes import SIZE_NAME
from tests.support.who_acts import ENDS, Act, State
from tests.support.who_scene import Scene

PROVES = SIZE_NAME == "prove"
TOLD = 40  # pieces of evidence that a street begins with
PIECES = 12  # of evidence that are told in several orders


def times(proved: int, looked_at: int) -> int:
    """Say how often: as `ENLAZA_IDENTITY_STEPS` says, or by the size of the run."""
    asked = os.environ.get("ENLAZA_IDENTITY_STEPS")
    return int(asked) if asked else proved if PROVES else looked_at


def drawn(random: Random) -> Act:
    """Draw a piece of evidence of a street whose people share what they have."""
    while True:
        kind = random.choice(sorted(ENDS))
        day = random.choice([0, 0, 1, 80, 95])
        act = Act("tell", kind, random.randrange(6), random.randrange(6), day, random.randrange(3))
        if act.values[0] != act.values[1]:
            return act


@pytest.mark.prove
def test_ten_thousand_merges_are_undone_to_the_identical_state(
    database: Database, tools: Tools
) -> None:
    """PostgreSQL is asked a twentieth as often, since it takes ten times as long."""
    random = Random(10)
    scene = Scene(database, tools)
    left = times(10_000, 200) // (1 if database.is_sqlite else 20)
    while left:
        scene.begin()
        with scene.together():
            for _ in range(random.randrange(5, TOLD)):
                scene.do(drawn(random))
            undone = [replace(drawn(random), turn=10 + turn) for turn in range(min(left, 100))]
            for act in undone:
                scene.see(act)
            before = scene.dump()
            for act in undone:
                assert scene.do(act)
                assert scene.is_new
                assert scene.do(replace(act, what="retract"))
                after = scene.dump()
                assert (after.persons, after.silent) == (before.persons, before.silent)
                assert before.links.items() <= after.links.items()
        scene.check()
        left -= len(undone)


@pytest.mark.prove
def test_any_of_many_orders_gives_the_same_persons_and_public_ids(
    database: Database, tools: Tools
) -> None:
    random = Random(11)
    scene = Scene(database, tools)
    left = times(1_000, 20) // (1 if database.is_sqlite else 5)
    scene.begin()
    while left:
        told = dict.fromkeys(drawn(random) for _ in range(PIECES))
        first: State | None = None
        for _ in range(min(left, 10)):
            left -= 1
            order = list(told)
            random.shuffle(order)
            scene.start_over()
            with scene.together():
                for act in order:
                    scene.do(act)
            found = scene.dump()
            first = first or found
            assert found == first
        assert first == scene.worked_out()
