"""What would leave without each link of a way is what judging the block without it says."""

import random
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from loyalty.identity.leaving import Whole, leaving_of
from loyalty.identity.paths import Way, touching_of, way_between
from loyalty.identity.policy import LINKS
from loyalty.identity.rules import Edge, Node, judge

AT: Final = datetime(2026, 3, 2, tzinfo=UTC)
KINDS: Final = ("member", "card", "email", "phone", "session", "session", "order")
SAID: Final = ("staff", "email", "session", "vendor", "device")


def drawn(seed: int) -> tuple[list[Node], list[Edge], list[tuple[UUID, UUID]]]:
    """Draw a town of a few identifiers, evidence that says the same of the same two, and noes."""
    draw = random.Random(seed)
    kinds = [draw.choice(KINDS) for _ in range(draw.randint(2, 9))]
    nodes = [
        Node(UUID(int=n + 1), kind, f"{n:064x}", AT + timedelta(days=n))
        for n, kind in enumerate(kinds)
    ]
    edges = []
    for turn in range(draw.randint(1, 14)):
        one, other = draw.sample(nodes, 2)
        kind = "card" if {one.kind, other.kind} == {"card", "member"} else draw.choice(SAID)
        stays = None
        if {one.kind, other.kind} == {"member"}:
            kind, stays = "join", one.identifier_id
        at = AT + timedelta(minutes=draw.randint(0, 9))
        ends = one.identifier_id, other.identifier_id
        edges.append(Edge(f"{turn:064x}", *ends, kind, LINKS[kind].strength, at, stays))
    apart = [draw.sample([n.identifier_id for n in nodes], 2) for _ in range(draw.randint(0, 1))]
    return nodes, edges, [(one, other) for one, other in apart]


@given(st.integers(min_value=0, max_value=2**32))
def test_a_way_that_is_walked_once_answers_as_judging_without_each_link(seed: int) -> None:
    nodes, edges, apart = drawn(seed)
    for block in judge(nodes, edges, apart):
        ids = block.identifier_ids
        inside = [edge for edge in edges if edge.a in ids]
        whole = Whole(
            [node for node in nodes if node.identifier_id in ids],
            inside,
            [pair for pair in apart if set(pair) <= ids],
            {link_id: str(rule) for link_id, rule in block.refused.items()},
        )
        for cluster in block.clusters:
            holding = [
                (edge.strength, edge.occurred_at, edge.link_id, edge.a, edge.b)
                for edge in inside
                if edge.link_id not in block.refused and edge.a in cluster.identifier_ids
            ]
            start = cluster.first.identifier_id
            for goal in cluster.identifier_ids - {start}:
                way = [(link, UUID(str(to))) for link, to in way_to(holding, start, goal)]
                found = leaving_of(whole, cluster.identifier_ids, start, way)
                assert found == {
                    link_id: cluster.identifier_ids - stays(nodes, edges, apart, start, link_id)
                    for link_id, _ in way
                }


@given(st.integers(min_value=0, max_value=40), st.integers(0, 3), st.integers(0, 3))
def test_of_a_way_told_without_its_middle_the_middle_leaves_with_what_held_it(
    length: int, first: int, last: int
) -> None:
    nodes = [
        Node(UUID(int=n + 1), "member" if n == 0 else "order", f"{n:064x}", AT + timedelta(days=n))
        for n in range(length + 1)
    ]
    ids = [node.identifier_id for node in nodes]
    edges = [
        Edge(f"{n:064x}", ids[n], ids[n + 1], "staff", LINKS["staff"].strength, AT, None)
        for n in range(length)
    ]
    told = [*range(min(first, length)), *range(max(first, length - last), length)]
    way = [(edges[n].link_id, ids[n + 1]) for n in told]
    found = leaving_of(Whole(nodes, edges, (), {}), frozenset(ids), ids[0], way)
    assert found == {edges[n].link_id: frozenset(ids[n + 1 :]) for n in told}


def way_to(holding: list[tuple[int, datetime, str, UUID, UUID]], start: UUID, goal: UUID) -> Way:
    return way_between(touching_of(holding), start, goal)


def stays(
    nodes: list[Node],
    edges: list[Edge],
    apart: list[tuple[UUID, UUID]],
    start: UUID,
    link_id: str,
) -> frozenset[UUID]:
    """Judge everything anew without a link and all that says the same of the same two."""
    gone = next(edge for edge in edges if edge.link_id == link_id)
    left = [
        edge
        for edge in edges
        if edge.link_id != link_id
        and (gone.kind == "join" or edge.kind != gone.kind or {edge.a, edge.b} != {gone.a, gone.b})
    ]
    return next(
        cluster.identifier_ids
        for block in judge(nodes, left, apart)
        for cluster in block.clusters
        if start in cluster.identifier_ids
    )
