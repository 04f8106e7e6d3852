"""How long the searching tests search: a quick look in `make test`, a long one in `make prove`."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import HealthCheck, settings


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a run of the tests spends.

    Units: `examples` per property, `steps` per state machine in all, `rounds` of each race,
    `clients` at once in a race, `images` of a disk after each kind of power loss, `kills` of a
    process under load, `queued` sales that a till sends when the line is back, `bits` flipped in
    the stored ledger.
    """

    examples: int
    steps: int
    rounds: int
    clients: int
    images: int
    kills: int
    queued: int
    bits: int


SIZES = {
    "test": Sizes(
        examples=60, steps=500, rounds=10, clients=50, images=60, kills=2, queued=120, bits=40
    ),
    "prove": Sizes(
        examples=500,
        steps=5_000,
        rounds=30,
        clients=50,
        images=2_000,
        kills=25,
        queued=1_000,
        bits=1_000,
    ),
}
SIZE_NAME = os.environ.get("ENLAZA_TEST_SIZE", "test")
SIZE = SIZES[SIZE_NAME]
# Both look at the same cases each time, so that no run fails by chance; this looks at new ones.
SEARCHES = os.environ.get("ENLAZA_TEST_SEARCH") == "1"
# A skipped part is a failure where everything must be proved (`.ci/run`).
REQUIRE_ALL = os.environ.get("ENLAZA_TEST_REQUIRE_ALL") == "1"

STEPS_PER_RUN = 50


def some(cases: Iterable[str], *first: str) -> list[str]:
    """Try every case in the run that proves, and only these otherwise."""
    known = list(cases)
    assert set(first) <= set(known), "a case was renamed"
    return known if SIZE_NAME == "prove" else list(first)


# (scheme, language): each of both is looked at in every run, each pair where all is proved.
LOOKS = [("light", "es"), ("dark", "en")]
if SIZE_NAME == "prove":
    LOOKS += [("dark", "es"), ("light", "en")]

QUIET = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)


def register_profiles() -> None:
    """Give Hypothesis the profile of this run; `STATE_MACHINE` is for state machines."""
    settings.register_profile(
        SIZE_NAME,
        max_examples=SIZE.examples,
        deadline=None,
        derandomize=not SEARCHES,
        print_blob=True,
        suppress_health_check=QUIET,
        database=None,
    )
    settings.load_profile(SIZE_NAME)


STATE_MACHINE = settings(
    max_examples=max(1, SIZE.steps // STEPS_PER_RUN),
    stateful_step_count=STEPS_PER_RUN,
    deadline=None,
    derandomize=not SEARCHES,
    print_blob=True,
    suppress_health_check=QUIET,
    database=None,
)
