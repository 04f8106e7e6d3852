"""How well the rules tell the people of a simulated street apart, beside joining everything.

`python -m bench.street --seed 7 --households 4000`. Precision: of two values that the rules call
one person, how often they are. Recall: of two values of one person that hang together by evidence
that is truly theirs alone, how often the rules know. The truth comes from `street_truth.py`, which
knows no rules; that the engine's stored graph equals these rules is proved by its tests.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from bench.street_truth import Seen, Street, Teller, Value
from loyalty.identity.generic import with_generic
from loyalty.identity.policy import LINKS
from loyalty.identity.rules import Edge, Node, judge
from loyalty.identity.values import why_blocked

START = datetime(2026, 1, 1, tzinfo=UTC)
# An order on the web ties its session to the address it was proved with, by staff's contract.
KINDS = {"order": "staff"}


def main() -> None:
    """Simulate, judge and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--households", type=int, default=4_000)
    options = asked.parse_args()
    street = Teller(options.seed, options.households).live()
    seen = [each for each in street.seen if not _kept_out(each)]
    values = sorted({end for each in seen for end in (each.a, each.b)})
    print(f"{len(values)} values, {len(seen)} links, {len(street.seen) - len(seen)} kept out")
    truly = joined(values, true_links(street, seen))
    found = {"rules": by_rules(values, seen), "naive joining": joined(values, seen)}
    for name, persons in found.items():
        right, told = _pairs(persons, street.owners)
        two = sum(_members_open(person, seen) > 1 for person in persons)
        print(
            f"{name:14} precision {right / told:.5f}  recall {_recall(persons, truly):.4f}"
            f"  persons with two open memberships {two}"
        )


def _kept_out(seen: Seen) -> bool:
    return any(why_blocked(*end) for end in (seen.a, seen.b) if end[0] in {"email", "phone"})


def by_rules(values: Collection[Value], seen: Collection[Seen]) -> list[frozenset[Value]]:
    """Judge the evidence by the rules of the product."""
    first: dict[Value, float] = {}
    for each in seen:
        for end in (each.a, each.b):
            first[end] = min(first.get(end, each.day), each.day)
    ids = {value: UUID(int=number) for number, value in enumerate(values, start=1)}
    nodes = [
        Node(ids[value], value[0], _hash(value), START + timedelta(days=first[value]))
        for value in values
    ]
    edges = [
        Edge(
            link_id=sha256(f"{number}".encode()).hexdigest(),
            a=ids[each.a],
            b=ids[each.b],
            kind=KINDS.get(each.kind, each.kind),
            strength=LINKS[KINDS.get(each.kind, each.kind)].strength,
            occurred_at=START + timedelta(days=each.day),
            stays=ids[each.stays] if each.stays else None,
        )
        for number, each in enumerate(seen)
    ]
    names = {own: value for value, own in ids.items()}
    return [
        frozenset(names[own] for own in cluster.identifier_ids)
        for block in judge(with_generic(nodes, edges), edges, [])
        for cluster in block.clusters
    ]


def joined(values: Collection[Value], seen: Iterable[Seen]) -> list[frozenset[Value]]:
    """Join whatever was seen together, as many systems do."""
    groups = {value: {value} for value in values}
    for each in seen:
        one, other = groups[each.a], groups[each.b]
        if one is other:
            continue
        large, small = (one, other) if len(one) >= len(other) else (other, one)
        large |= small
        for value in small:
            groups[value] = large
    return [frozenset(group) for group in {id(group): group for group in groups.values()}.values()]


def true_links(street: Street, seen: Iterable[Seen]) -> Iterable[Seen]:
    """Keep the evidence whose two ends really are one person's alone."""
    for each in seen:
        owners = street.owners[each.a], street.owners[each.b]
        if owners[0] == owners[1] and len(owners[0]) == 1:
            yield each


def _pairs(
    persons: Iterable[frozenset[Value]], owners: Mapping[Value, frozenset[int]]
) -> tuple[int, int]:
    """Count the pairs that persons hold, and those that are right: with an owner in common."""
    right = told = 0
    for person in persons:
        told += len(person) * (len(person) - 1) // 2
        by_owner: Counter[int] = Counter()
        shared: dict[frozenset[int], int] = defaultdict(int)
        for value in person:
            by_owner.update(owners[value])
            if len(owners[value]) > 1:
                shared[owners[value]] += 1
        right += sum(n * (n - 1) // 2 for n in by_owner.values())
        for own, n in shared.items():
            right -= (len(own) - 1) * n * (n - 1) // 2  # counted for each of its owners
    return right, told


def _recall(persons: Iterable[frozenset[Value]], truly: Collection[frozenset[Value]]) -> float:
    """Say how many of the pairs that truly hang together are held together."""
    whole = {value: number for number, group in enumerate(truly) for value in group}
    held = 0
    for person in persons:
        parts = Counter(whole[value] for value in person)
        held += sum(n * (n - 1) // 2 for n in parts.values())
    return held / sum(len(group) * (len(group) - 1) // 2 for group in truly)


def _members_open(person: frozenset[Value], seen: Collection[Seen]) -> int:
    members = {value for value in person if value[0] == "member"}
    if len(members) < 2:
        return len(members)
    closed = {
        end
        for each in seen
        if each.kind == "join" and {each.a, each.b} <= members
        for end in (each.a, each.b)
        if end != each.stays
    }
    return len(members - closed)


def _hash(value: Value) -> str:
    return sha256(":".join(value).encode()).hexdigest()


if __name__ == "__main__":
    main()
