"""Rows and seals read side by side: each pair, and each that stands alone, is told once."""

from hypothesis import given
from hypothesis import strategies as st

from loyalty.points.seals.beside import side_by_side

Keys = st.lists(st.text("abcé\udc80😀", min_size=1, max_size=3), max_size=8)


def seals(*keys: str) -> list[tuple[str, str]]:
    return [(key, f"seal of {key}") for key in keys]


@given(rows=Keys, sealed=Keys)
def test_every_row_finds_its_seal_and_what_is_alone_is_told(
    rows: list[str], sealed: list[str]
) -> None:
    there, kept = sorted(set(rows)), sorted(set(sealed))
    told = list(side_by_side([(key,) for key in there], seals(*kept)))
    assert sorted(row[0] for row, seal in told if row is not None and seal) == sorted(
        set(there) & set(kept)
    )
    assert [row[0] for row, seal in told if row is not None and not seal] == [
        key for key in there if key not in kept
    ]
    assert [seal[0] for row, seal in told if row is None] == [
        key for key in kept if key not in there
    ]
    assert all(row is None or not seal or row[0] == seal[0] for row, seal in told)


def test_two_rows_of_one_key_are_both_held_against_its_seal() -> None:
    told = list(side_by_side([("a", 1), ("a", 2), ("b", 3)], seals("a", "b")))
    assert told == [
        (("a", 1), ("a", "seal of a")),
        (("a", 2), ("a", "seal of a")),
        (("b", 3), ("b", "seal of b")),
    ]


def test_a_key_that_damage_made_a_number_or_bytes_ends_nothing() -> None:
    told = list(side_by_side([(7, 1), ("a", 2), (b"b", 3)], seals("a", "b")))
    assert (("a", 2), ("a", "seal of a")) in told
    assert {row[0] for row, seal in told if row is not None and not seal} == {7, b"b"}
    assert [seal[0] for row, seal in told if row is None] == ["b"]
