"""Values that stand for many: a number half a street is said to have joins nobody. Pure.

Whether a value is generic follows from the active links at it, whatever order they came in: which
members it was seen with, and when. Members are seen directly or one card further on, so
nothing else that is judged can change the answer.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from loyalty.identity.policy import GENERIC_KINDS, KINDS
from loyalty.identity.rules import Edge, Node

CARD_LINK: Final = "card"

# A member that a value was seen with, and when.
Sighting = tuple[datetime, UUID]


def is_generic(kind: str, sightings: Iterable[Sighting]) -> bool:
    """Say whether a value of a kind stands for many: too many members within the kind's time."""
    policy = KINDS[kind]
    if policy.members_most is None:
        return False
    ordered = sorted(sightings, key=lambda each: (each[0], each[1].int))
    if policy.within is None:
        return len({member for _, member in ordered}) > policy.members_most
    inside: Counter[UUID] = Counter()
    first = 0
    for at, member in ordered:
        inside[member] += 1
        while at - ordered[first][0] > policy.within:
            gone = ordered[first][1]
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            first += 1
        if len(inside) > policy.members_most:
            return True
    return False


def generic_values(nodes: Collection[Node], edges: Collection[Edge]) -> frozenset[UUID]:
    """Find every generic value in a whole graph of active links."""
    kinds = {node.identifier_id: node.kind for node in nodes}
    touching: dict[UUID, list[Edge]] = defaultdict(list)
    for edge in edges:
        touching[edge.a].append(edge)
        touching[edge.b].append(edge)
    return frozenset(
        identifier_id
        for identifier_id, kind in kinds.items()
        if kind in GENERIC_KINDS and is_generic(kind, _seen(identifier_id, kinds, touching))
    )


def with_generic(nodes: Collection[Node], edges: Collection[Edge]) -> tuple[Node, ...]:
    """Say of every node whether it joins; a node that was blocked stays so."""
    generic = generic_values(nodes, edges)
    return tuple(
        replace(node, joins=node.joins and node.identifier_id not in generic) for node in nodes
    )


def _seen(
    identifier_id: UUID, kinds: Mapping[UUID, str], touching: Mapping[UUID, Collection[Edge]]
) -> Iterable[Sighting]:
    for edge in touching.get(identifier_id, ()):
        other = edge.b if edge.a == identifier_id else edge.a
        if kinds[other] == "member":
            yield edge.occurred_at, other
        elif kinds[other] == "card":
            for held in touching[other]:
                if held.kind == CARD_LINK:
                    yield edge.occurred_at, held.a if held.b == other else held.b
