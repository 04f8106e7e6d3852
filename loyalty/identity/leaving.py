"""What would leave a person without each link of a way: the block is read once, walked once.

Where nothing is in dispute and one membership at most is there, a link that alone holds a part
leaves that part so, and one that another way holds leaves nothing; see `parting.py`. The rest is
judged, from the same reading.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.graph import blocks_of, cannot_links_in, edges_in, standings_in
from loyalty.identity.paths import Hanging, touching_of
from loyalty.identity.policy import INFERRED_FROM, KINDS, ONE_THING
from loyalty.identity.rules import Edge, Node, RefusedRule, judge

JOIN: Final = "join"
Leaving = dict[str, frozenset[UUID]]


@dataclass(frozen=True, slots=True)
class Whole:
    """A block as it is judged: `refused` are its links that join nothing, each with its rule."""

    nodes: Collection[Node]
    edges: Collection[Edge]
    cannot_links: Collection[tuple[UUID, UUID]]
    refused: Mapping[str, str]


def leaving_on(
    session: Session, program_id: int, start: UUID, way: Sequence[tuple[str, UUID]]
) -> Leaving:
    """Say for each link of a way that begins at `start` what would leave without it.

    `way` tells each link and where it leads, in order, perhaps not the ones in the middle; nothing
    is written.
    """
    if not way:
        return {}
    blocks = blocks_of(session, program_id, [start])
    standings = standings_in(session, program_id, blocks)
    told = [(e, rule) for e, rule in edges_in(session, program_id, blocks) if e.b in standings]
    whole = Whole(
        nodes=[standing.node for standing in standings.values()],
        edges=[edge for edge, _ in told],
        cannot_links=[
            pair for pair in cannot_links_in(session, program_id, blocks) if pair[1] in standings
        ],
        refused={edge.link_id: rule for edge, rule in told if rule is not None},
    )
    person = standings[start].cluster_id
    inside = frozenset(own for own, each in standings.items() if each.cluster_id == person)
    return leaving_of(whole, inside, start, way)


def leaving_of(
    whole: Whole, inside: frozenset[UUID], start: UUID, way: Sequence[tuple[str, UUID]]
) -> Leaving:
    """Find what would leave `inside`, the person of `start`, without each link of a way; pure.

    With a link all goes that says the same of the same two; of two joins each says who stays.
    """
    gone = _gone(whole.edges, [link_id for link_id, _ in way])
    kinds = {edge.link_id: edge for edge in whole.edges}
    known = sum(KINDS[node.kind].makes_known for node in whole.nodes)
    plain = _is_plain(whole)
    hanging = _hanging(whole, start, way, gone) if plain else None
    found: Leaving = {}
    for turn, (link_id, _) in enumerate(way):
        edge = kinds[link_id]
        if hanging is not None and edge.kind not in ONE_THING:
            off = hanging.count_on(turn)
            if off:
                found[link_id] = frozenset(hanging.first_on(turn, off))  # type: ignore[arg-type]
                continue
            if known <= 1 or edge.strength >= INFERRED_FROM:
                found[link_id] = frozenset()
                continue
        found[link_id] = inside - _stays(whole, start, gone[link_id])
    return found


def _gone(edges: Collection[Edge], link_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Say for some links what would go with each."""
    by_id = {edge.link_id: edge for edge in edges}
    asked = {_pair(by_id[link_id]) for link_id in link_ids}
    same: dict[tuple[frozenset[UUID], str], set[str]] = {pair: set() for pair in asked}
    for edge in edges:
        if _pair(edge) in same:
            same[_pair(edge)].add(edge.link_id)
    return {
        link_id: frozenset({link_id})
        if by_id[link_id].kind == JOIN
        else frozenset(same[_pair(by_id[link_id])])
        for link_id in link_ids
    }


def _pair(edge: Edge) -> tuple[frozenset[UUID], str]:
    return frozenset((edge.a, edge.b)), edge.kind


def _is_plain(whole: Whole) -> bool:
    """Say whether nothing is in dispute and one membership at most is there."""
    conflicted = any(rule != RefusedRule.NOT_JOINING for rule in whole.refused.values())
    members = sum(node.kind == "member" for node in whole.nodes)
    return not conflicted and members <= 1


def _hanging(
    whole: Whole, start: UUID, way: Sequence[tuple[str, UUID]], gone: Mapping[str, frozenset[str]]
) -> Hanging:
    own = frozenset().union(*gone.values()) - {link_id for link_id, _ in way}
    rows = [
        (edge.strength, edge.occurred_at, edge.link_id, edge.a, edge.b)
        for edge in whole.edges
        if edge.link_id not in whole.refused and edge.link_id not in own
    ]
    return Hanging(touching_of(rows), start, way, whole=False)


def _stays(whole: Whole, start: UUID, gone: Collection[str]) -> frozenset[UUID]:
    """Judge the block without some links, and give what is still one with `start`."""
    left = [edge for edge in whole.edges if edge.link_id not in gone]
    return next(
        cluster.identifier_ids
        for block in judge(whole.nodes, left, whole.cannot_links)
        for cluster in block.clusters
        if start in cluster.identifier_ids
    )
