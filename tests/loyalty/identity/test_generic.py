"""A value that half a street is said to have joins nobody; one that a family shares still does."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from loyalty.identity.generic import generic_values, is_generic, with_generic
from loyalty.identity.policy import KINDS
from loyalty.identity.rules import Edge, Node

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POLICY = KINDS["phone"]


def seen(days: Sequence[float]) -> list[tuple[datetime, UUID]]:
    """Say that another member was seen on each of these days."""
    return [(START + timedelta(days=day), UUID(int=own)) for own, day in enumerate(days, start=1)]


def test_a_family_may_share_a_number_and_half_a_street_may_not() -> None:
    assert POLICY.members_most == 4
    assert not is_generic("phone", seen([0, 1, 2, 3]))
    assert is_generic("phone", seen([0, 1, 2, 3, 4]))


def test_a_number_that_passes_on_over_the_years_is_nobody_s_placeholder() -> None:
    assert POLICY.within == timedelta(days=90)
    assert not is_generic("phone", seen([0, 30, 60, 90, 120.5]))
    assert is_generic("phone", seen([0, 22, 45, 67, 90]))


def test_the_same_member_again_and_again_is_one_member() -> None:
    again = [(START + timedelta(days=day), UUID(int=1)) for day in range(50)]
    assert not is_generic("phone", again)
    assert not is_generic("device", again)
    assert is_generic("device", [*again, (START, UUID(int=2))])


def test_a_member_is_never_generic() -> None:
    assert not is_generic("member", seen(range(50)))


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 8)), max_size=30),
    st.randoms(use_true_random=False),
)
def test_generic_does_not_depend_on_the_order_of_arrival(
    told: list[tuple[int, int]], random: Random
) -> None:
    sightings = [(START + timedelta(days=day), UUID(int=own)) for day, own in told]
    expected = any(
        len({own for at, own in sightings if timedelta() <= at - since <= timedelta(days=90)}) > 4
        for since, _ in sightings
    )
    for _ in range(3):
        random.shuffle(sightings)
        assert is_generic("phone", sightings) == expected


def node(number: int, kind: str) -> Node:
    hashed = sha256(f"{kind}{number}".encode()).hexdigest()
    return Node(UUID(int=number), kind, hashed, START)


def edge(one: Node, other: Node, kind: str, *, minute: int = 0) -> Edge:
    at = START + timedelta(minutes=minute)
    name = f"{kind}{one.identifier_id.int}-{other.identifier_id.int}"
    return Edge(name, one.identifier_id, other.identifier_id, kind, 1, at)


def test_a_member_is_seen_through_the_card_they_carry() -> None:
    ana, luis, tablet = node(1, "member"), node(2, "member"), node(3, "device")
    hers, his, other = node(4, "card"), node(5, "card"), node(6, "card")
    nodes = [ana, luis, tablet, hers, his, other]
    edges = [
        edge(hers, ana, "card"),
        edge(other, ana, "card"),
        edge(his, luis, "card"),
        edge(tablet, hers, "device"),
        edge(tablet, other, "device"),
    ]
    assert generic_values(nodes, edges) == frozenset(), "two cards of one member are one member"
    shared = [*edges, edge(tablet, his, "device")]
    assert generic_values(nodes, shared) == {tablet.identifier_id}
    assert [each.identifier_id for each in with_generic(nodes, shared) if not each.joins] == [
        tablet.identifier_id
    ]
