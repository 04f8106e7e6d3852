"""Who is who, decided from evidence alone; pure, and the same in whatever order it arrived.

What kinds of identifier and of evidence may do is data (`policy.py`). A card is judged with its
membership first: they are one thing. Other links are judged in the order (strength, occurred_at,
link_id) and accepted unless they break a rule. None of that order comes from us: a link id is a
hash of what the evidence says.
Source: docs/decisions/0011-persons-are-computed.md
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

from loyalty.identity.policy import INFERRED_FROM, KINDS, KNOWN_KINDS, ONE_THING, Trait
from loyalty.kernel.keys import keyed_hash

PERSON_ID_LENGTH: Final = 32
LINK_VERSION: Final = "enlaza/link/1"
PERSON_PURPOSE: Final = "enlaza/person/1"


class RefusedRule(StrEnum):
    """Why a link is kept but joins nothing."""

    TWO_OPEN_MEMBERS = "two_open_members"
    KNOWN_AGAINST_KNOWN = "known_against_known"
    CANNOT_LINK = "cannot_link"
    NOT_JOINING = "not_joining"  # one end is generic or blocked
    TOO_MANY = "too_many"


def link_id_of(program_id: int, kind: str, ends: Iterable[tuple[str, str]], event: str) -> str:
    """Hash what a piece of evidence says; the same evidence has the same id, whoever sends it.

    Units: `ends` are the two (kind, value_hmac); the result is 64 hex digits.
    """
    parts = [LINK_VERSION, str(program_id), kind]
    for end_kind, value_hmac in sorted(ends):
        parts += [end_kind, value_hmac]
    digest = sha256()
    for part in [*parts, event]:
        data = part.encode()
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.hexdigest()


def person_id_of(program_id: int, kind: str, value_hmac: str) -> str:
    """Derive the public id of the person whose first identifier this is; 32 hex digits.

    `value_hmac` is a keyed hash already and serves as the key, so the id cannot be computed
    from a readable value and tells nothing about it.
    """
    key = bytes.fromhex(value_hmac)
    return keyed_hash(key, PERSON_PURPOSE, str(program_id), kind)[:PERSON_ID_LENGTH]


@dataclass(frozen=True, slots=True)
class Node:
    """An identifier as far as judging needs it."""

    identifier_id: UUID
    kind: str
    value_hmac: str
    first_occurred_at: datetime
    joins: bool = True

    @property
    def age(self) -> tuple[datetime, str, str]:
        """The order that names a person: who was there first."""
        return self.first_occurred_at, self.kind, self.value_hmac


@dataclass(frozen=True, slots=True)
class Edge:
    """An active link as far as judging needs it; `stays` is only in joins of two members."""

    link_id: str
    a: UUID
    b: UUID
    kind: str
    strength: int
    occurred_at: datetime
    stays: UUID | None = None

    @property
    def is_one_thing(self) -> bool:
        """Say whether its ends are one thing: a card and its membership."""
        return self.kind in ONE_THING

    @property
    def turn(self) -> tuple[bool, int, datetime, str]:
        """The order of judging."""
        return not self.is_one_thing, self.strength, self.occurred_at, self.link_id


@dataclass(frozen=True, slots=True)
class JudgedCluster:
    """One person: its identifiers, the first of them, and the member that is open."""

    identifier_ids: frozenset[UUID]
    first: Node
    open_member: UUID | None
    known: bool


@dataclass(frozen=True, slots=True)
class JudgedBlock:
    """What the active links hold together before limits, and the persons inside it.

    A value that stands for many holds nothing together: it is a block of its own.
    """

    identifier_ids: frozenset[UUID]
    clusters: tuple[JudgedCluster, ...]
    refused: Mapping[str, RefusedRule]

    @property
    def conflicted(self) -> bool:
        """Say whether the order of judging mattered; what stands for many never counts."""
        return any(rule is not RefusedRule.NOT_JOINING for rule in self.refused.values())


@dataclass(slots=True)
class _Group:
    """A person in the making."""

    ids: set[UUID]
    counts: Counter[str]
    open_member: UUID | None
    apart: set[UUID] = field(default_factory=set)  # identifiers it must never hold

    @property
    def known(self) -> bool:
        return not KNOWN_KINDS.isdisjoint(self.counts)


def judge(
    nodes: Collection[Node], edges: Collection[Edge], cannot_links: Collection[tuple[UUID, UUID]]
) -> tuple[JudgedBlock, ...]:
    """Compute the persons that active links make, and the links that break a rule.

    The result depends on the sets alone, not on their order. Every edge and cannot-link must
    have both ends among `nodes`; which of them join is said by the nodes (`generic.py`).
    """
    by_id = {node.identifier_id: node for node in nodes}
    groups = {node.identifier_id: _group_of(node) for node in nodes}
    for one, other in cannot_links:
        groups[one].apart.add(other)
        groups[other].apart.add(one)
    refused: dict[str, RefusedRule] = {}
    joining = []
    for edge in edges:
        if by_id[edge.a].joins and by_id[edge.b].joins:
            joining.append(edge)
        else:
            refused[edge.link_id] = RefusedRule.NOT_JOINING
    for edge in sorted(joining, key=lambda each: each.turn):
        rule = _try_edge(groups, edge)
        if rule is not None:
            refused[edge.link_id] = rule
    # A link that was refused before a later join brought its ends together says nothing new.
    for edge in joining:
        if groups[edge.a] is groups[edge.b] and refused.get(edge.link_id) in _OVERTAKEN:
            del refused[edge.link_id]
    return _blocks(by_id, edges, groups, refused)


_OVERTAKEN: Final = frozenset(
    {RefusedRule.TWO_OPEN_MEMBERS, RefusedRule.KNOWN_AGAINST_KNOWN, RefusedRule.TOO_MANY}
)


def _group_of(node: Node) -> _Group:
    exclusive = KINDS[node.kind].trait is Trait.EXCLUSIVE
    return _Group(
        ids={node.identifier_id},
        counts=Counter([node.kind]),
        open_member=node.identifier_id if exclusive else None,
    )


def _try_edge(groups: dict[UUID, _Group], edge: Edge) -> RefusedRule | None:
    """Join the two ends of a link, or say which rule forbids it."""
    one, other = groups[edge.a], groups[edge.b]
    if one is other:
        return None
    rule = _broken_rule(one, other, edge)
    if rule is None:
        _merge(groups, one, other, stays=groups[edge.stays] if edge.stays else None)
    return rule


def _broken_rule(one: _Group, other: _Group, edge: Edge) -> RefusedRule | None:
    if not edge.is_one_thing and not one.apart.isdisjoint(other.ids):
        return RefusedRule.CANNOT_LINK
    if edge.strength >= INFERRED_FROM and one.known and other.known:
        return RefusedRule.KNOWN_AGAINST_KNOWN
    if one.open_member and other.open_member and edge.stays is None:
        return RefusedRule.TWO_OPEN_MEMBERS
    return RefusedRule.TOO_MANY if too_many(one.counts + other.counts) else None


def too_many(counts: Mapping[str, int]) -> bool:
    """Say whether a person would hold more of some kind than anybody has."""
    return any(n > most for kind, n in counts.items() if (most := KINDS[kind].most) is not None)


def _merge(groups: dict[UUID, _Group], one: _Group, other: _Group, *, stays: _Group | None) -> None:
    """Pour the smaller group into the larger; a join names the group whose member stays open."""
    open_member = stays.open_member if stays else one.open_member or other.open_member
    large, small = (one, other) if len(one.ids) >= len(other.ids) else (other, one)
    large.ids |= small.ids
    large.counts += small.counts
    large.apart |= small.apart
    large.open_member = open_member
    for identifier_id in small.ids:
        groups[identifier_id] = large


def _blocks(
    by_id: Mapping[UUID, Node],
    edges: Collection[Edge],
    groups: Mapping[UUID, _Group],
    refused: Mapping[str, RefusedRule],
) -> tuple[JudgedBlock, ...]:
    """Gather the judged groups into blocks: the closure of the links, refused ones too."""
    held = [e for e in edges if refused.get(e.link_id) is not RefusedRule.NOT_JOINING]
    blocks = _closure(by_id, held)
    refused_in: dict[int, dict[str, RefusedRule]] = {}
    for edge in edges:
        if edge.link_id in refused:
            own = refused_in.setdefault(id(blocks[edge.a]), {})
            own[edge.link_id] = refused[edge.link_id]
    found = []
    for ids in {id(block): block for block in blocks.values()}.values():
        inside = {id(groups[each]): groups[each] for each in ids}.values()
        clusters = (_judged(by_id, group) for group in inside)
        found.append(
            JudgedBlock(
                identifier_ids=frozenset(ids),
                clusters=tuple(sorted(clusters, key=lambda cluster: cluster.first.age)),
                refused=refused_in.get(id(ids), {}),
            )
        )
    return tuple(sorted(found, key=lambda block: block.clusters[0].first.age))


def _closure(by_id: Mapping[UUID, Node], edges: Collection[Edge]) -> dict[UUID, set[UUID]]:
    """Give every identifier the set of all it hangs together with."""
    blocks = {identifier_id: {identifier_id} for identifier_id in by_id}
    for edge in edges:
        one, other = blocks[edge.a], blocks[edge.b]
        if one is other:
            continue
        large, small = (one, other) if len(one) >= len(other) else (other, one)
        large |= small
        for identifier_id in small:
            blocks[identifier_id] = large
    return blocks


def _judged(by_id: Mapping[UUID, Node], group: _Group) -> JudgedCluster:
    first = min((by_id[each] for each in group.ids), key=lambda node: node.age)
    return JudgedCluster(frozenset(group.ids), first, group.open_member, group.known)


def kept_ids(
    wanted: Iterable[frozenset[UUID]], present: Mapping[UUID, UUID]
) -> tuple[UUID | None, ...]:
    """Choose which row each new group keeps: the one it shares most identifiers with.

    `present` maps identifiers to the row they carry now. Larger groups choose first, a row is
    kept once, and none means that a new row is needed. Which row survives is never visible
    outside; it only keeps writes few.
    """
    groups = list(wanted)
    chosen: list[UUID | None] = [None] * len(groups)
    taken: set[UUID] = set()
    for index in sorted(range(len(groups)), key=lambda each: (-len(groups[each]), each)):
        votes = Counter(present[each] for each in groups[index] if present[each] not in taken)
        if votes:
            best = max(votes.items(), key=lambda vote: (vote[1], vote[0].int))[0]
            chosen[index] = best
            taken.add(best)
    return tuple(chosen)
