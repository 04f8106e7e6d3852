"""What is left of a reward when less is bought: never more than the bill, no point for nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.points.redemption_rules import Held, Part, shrunk

HALF = (Part(1_000, 2_000), Part(1_000, 1_000))


@pytest.mark.parametrize(
    ("held", "total", "expected"),
    [
        (Held("fixed", 100, 1, 500, (300, 200)), 1_000, (500, 100)),
        (Held("fixed", 100, 1, 500, (300, 200)), 400, (400, 100)),
        (Held("money", 500, 1, 500, (300, 200)), 400, (400, 400)),
        (Held("money", 1_501, 1, 500, ()), 400, (400, 1_201)),
        (Held("percent", 100, 1, 500, (300, 200)), 1_000, (350, 100)),
        (Held("product", 20, 2, 300, (300, 0)), 1_000, (150, 10)),
        (Held("product", 10, 1, 0, (0, 0)), 1_000, (0, 10)),
        (Held("product", 10, 1, 0, (0, 0)), 0, (0, 0)),
        (Held("fixed", 100, 1, 500, ()), 0, (0, 0)),
    ],
)
def test_less_is_bought(held: Held, total: int, expected: tuple[int, int]) -> None:
    left = shrunk(held, HALF, total_minor=total)
    assert (left.minor, left.points) == expected


@given(
    kind=st.sampled_from(["fixed", "percent", "product", "stamps", "money"]),
    cost=st.integers(1, 500),
    times=st.integers(1, 5),
    shares=st.lists(st.integers(0, 1_000), min_size=1, max_size=4),
    kept=st.integers(0, 1_000),
    total=st.integers(0, 5_000),
)
def test_it_never_costs_or_takes_off_more_than_it_was_held_for(
    kind: str, cost: int, times: int, shares: list[int], kept: int, total: int
) -> None:
    held = Held(kind, cost * times, times, sum(shares), tuple(shares))
    left = shrunk(held, [Part(kept, 1_000) for _ in shares], total_minor=total)
    assert 0 <= left.minor <= min(held.minor, total)
    assert 0 <= left.points <= held.points
    assert (left.points == 0) == (left.times == 0)
    assert left.points > 0 or left.minor == 0
