"""The dear tests begin first, in every process, and none is lost or doubled by it."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.house import ROOT
from tests.support.turns import FILES, MACHINES, in_turns

NAMES = st.sampled_from([*MACHINES, *FILES, "tests/house/test_turns.py", "tests/app/test_auth.py"])


def test_the_dear_files_are_there() -> None:
    assert [name for name in (*MACHINES, *FILES) if not (ROOT / name).is_file()] == []
    assert len({*MACHINES, *FILES}) == len(MACHINES) + len(FILES)


@given(st.lists(st.tuples(NAMES, st.integers(0, 30)), unique=True), st.integers(1, 8))
def test_every_test_has_its_turn_once(tests: list[tuple[str, int]], hands: int) -> None:
    assert sorted(
        in_turns(((f"{file}::test_{number}", (file, number)) for file, number in tests), hands)
    ) == sorted(tests)


def test_every_process_begins_with_a_long_one() -> None:
    cheap = [(f"tests/app/test_auth.py::test_{number}", f"cheap {number}") for number in range(94)]
    dear = [(f"{name}::test_it", name) for name in (*MACHINES[:4], *FILES[:2])]
    ordered = in_turns([*cheap, *dear], 4)
    assert [ordered[at] for at in (0, 25, 50, 75)] == list(MACHINES[:4])
    assert [ordered[at] for at in (51, 76)] == [FILES[1], FILES[0]]
