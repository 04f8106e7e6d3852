"""After any mix of acts, who is who is what a slow recomputation from the evidence says.

Acts: evidence told once or again, with an earlier time too; taken back and put back; older
sightings; "not the same" said and taken back; values blocked; consents withdrawn. The same
evidence told in any order gives the same persons, public ids and refusals; what is taken back
at once leaves everything as it was. `ENLAZA_IDENTITY_STEPS` makes the search as long as told.
"""

import os
from contextlib import ExitStack
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    get_state_machine_test,
    invariant,
    rule,
)

from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.sizes import SEARCHES, SIZE, SIZE_NAME, STATE_MACHINE, STEPS_PER_RUN
from tests.support.who_acts import ENDS, Act
from tests.support.who_scene import Scene

STEPS = int(os.environ.get("ENLAZA_IDENTITY_STEPS", 20_000 if SIZE_NAME == "prove" else SIZE.steps))
# What shared values need to be told often: a number of five members, a browser of two. Of two joins
# of the same members, told in any order, the earlier says who stays.
OFTEN = [
    *["join"] * 5,
    "phone",
    "phone",
    "phone",
    "device",
    "device at a card",
    "card",
    "email",
    "session",
]
WEIGHTS = {
    "tell": 14,
    "tell and take back": 2,
    "retract": 3,
    "restore": 3,
    "apart": 1,
    "together": 1,
    "block": 1,
    "unblock": 2,
    "older": 1,
    "withdraw": 1,
}
whats = st.sampled_from([what for what, weight in WEIGHTS.items() for _ in range(weight)])
kinds = st.sampled_from([*sorted(ENDS), *OFTEN])
acts = st.builds(
    Act,
    whats,
    kinds,
    st.integers(0, 5),
    st.integers(0, 5),
    st.sampled_from([0, 0, 0, 1, 2, 30, 80, 95, 200]),
    st.integers(0, 3),
)


class WhoMachine(RuleBasedStateMachine):
    """Acts on one database; every run has a program of its own."""

    scene: ClassVar[Scene]
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.scene.begin()
        self.told: list[Act] = []
        self.run = ExitStack()
        self.run.enter_context(self.scene.together())

    @rule(act=acts)
    def do(self, act: Act) -> None:
        if act.what in {"retract", "restore"}:
            if self.told:
                chosen = self.told[(act.one * 6 + act.other) % len(self.told)]
                self.scene.do(replace(chosen, what=act.what))
        elif act.what == "tell and take back":
            self._take_back_at_once(act)
        elif self.scene.do(act) and act.what == "tell":
            self.told.append(act)

    def _take_back_at_once(self, act: Act) -> None:
        self.scene.see(act)
        before = self.scene.dump()
        told = replace(act, what="tell", turn=9)
        if self.scene.do(told) and self.scene.is_new:
            assert self.scene.do(replace(told, what="retract"))
            after = self.scene.dump()
            assert (after.persons, after.silent) == (before.persons, before.silent)
            assert before.links.items() <= after.links.items(), "all is as it was"

    @invariant()
    def persons_are_what_the_evidence_says(self) -> None:
        assert self.scene.dump() == self.scene.worked_out()
        WhoMachine.steps += 1

    def teardown(self) -> None:
        self.run.close()
        self.scene.check()


@pytest.mark.prove
@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_any_mix_of_acts_gives_the_persons_of_the_evidence(
    database: Database, tools: Tools
) -> None:
    WhoMachine.steps = 0
    machine = type("BoundMachine", (WhoMachine,), {"scene": Scene(database, tools)})
    number = 1 if database.is_sqlite else 1_000_000
    while (left := STEPS - WhoMachine.steps) > 0:
        search = settings(STATE_MACHINE, max_examples=2 + left // STEPS_PER_RUN)
        test = get_state_machine_test(machine, settings=search)
        if not SEARCHES:
            test = seed(number)(test)  # another part of the search each time around
        test()
        number += 1
