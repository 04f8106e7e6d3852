"""Who is who, worked out the slow way from evidence alone: what the engine is held against.

It shares no code with the engine's rules: persons are a list of sets that is looked through for
every link, and the rules are written out once more, from the book of rules.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Name = tuple[str, str]  # (kind, keyed hash): what an identifier is called

KNOWN = {"member", "email", "phone", "social"}
MOST = {"email": 8, "phone": 4, "social": 8}
FOR_ALL_TIME = {"device": 1, "vendor": 1}
IN_A_SEASON = {"email": 4, "phone": 4, "social": 4}
SEASON = timedelta(days=90)
WEIGHT = {"session": 2, "vendor": 2, "device": 3}  # the others are somebody's own act: 1


@dataclass(frozen=True, slots=True)
class Told:
    """One piece of evidence that is active."""

    link_id: str
    kind: str
    a: Name
    b: Name
    at: datetime
    stays: Name | None = None

    def other(self, name: Name) -> Name:
        """Give the other end."""
        return self.b if name == self.a else self.a


@dataclass
class Evidence:
    """Everything that was said and holds now: first sightings, links, "not the same", blocked."""

    first_at: dict[Name, datetime] = field(default_factory=dict)
    links: dict[str, Told] = field(default_factory=dict)
    apart: set[frozenset[Name]] = field(default_factory=set)
    blocked: set[Name] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Found:
    """Who is who: each person by its first identifier, with its open member; what is refused."""

    persons: Mapping[Name, tuple[frozenset[Name], Name | None]]
    refused: Mapping[str, str]
    generic: frozenset[Name]


def members_seen(evidence: Evidence, name: Name) -> list[tuple[datetime, Name]]:
    """List the members a value was seen with, directly or by a card that is theirs."""
    seen = []
    for told in evidence.links.values():
        if name not in (told.a, told.b):
            continue
        other = told.other(name)
        if other[0] == "member":
            seen.append((told.at, other))
        if other[0] == "card":
            seen += [
                (told.at, card.other(other))
                for card in evidence.links.values()
                if card.kind == "card" and other in (card.a, card.b)
            ]
    return seen


def stands_for_many(evidence: Evidence, name: Name) -> bool:
    """Say whether a value was seen with too many members."""
    seen = members_seen(evidence, name)
    if name[0] in FOR_ALL_TIME:
        return len({member for _, member in seen}) > FOR_ALL_TIME[name[0]]
    if name[0] not in IN_A_SEASON:
        return False
    return any(
        len({member for at, member in seen if since <= at <= since + SEASON}) > IN_A_SEASON[name[0]]
        for since, _ in seen
    )


def work_out(evidence: Evidence) -> Found:
    """Work out who is who."""
    generic = frozenset(
        name
        for name in evidence.first_at
        if name not in evidence.blocked and stands_for_many(evidence, name)
    )
    silent = generic | evidence.blocked
    persons = [{name} for name in evidence.first_at]
    closed: set[Name] = set()
    refused: dict[str, str] = {}
    order = sorted(
        evidence.links.values(),
        key=lambda told: (told.kind != "card", WEIGHT.get(told.kind, 1), told.at, told.link_id),
    )
    for told in order:
        if silent & {told.a, told.b}:
            refused[told.link_id] = "not_joining"
            continue
        one, other = (next(p for p in persons if end in p) for end in (told.a, told.b))
        if one is other:
            continue
        rule = _broken(evidence, told, one, other, closed)
        if rule is not None:
            refused[told.link_id] = rule
            continue
        if told.stays is not None:
            loser = other if told.stays in one else one
            closed |= _open(loser, closed)
        persons = [person for person in persons if person is not one and person is not other]
        persons.append(one | other)
    for told in order:
        together = any({told.a, told.b} <= person for person in persons)
        if together and refused.get(told.link_id) not in (None, "not_joining", "cannot_link"):
            del refused[told.link_id]
    named = {min(person, key=lambda n: (evidence.first_at[n], *n)): person for person in persons}
    return Found(
        {
            first: (frozenset(person), next(iter(_open(person, closed)), None))
            for first, person in named.items()
        },
        refused,
        generic,
    )


def _open(person: Collection[Name], closed: Collection[Name]) -> set[Name]:
    return {name for name in person if name[0] == "member" and name not in closed}


def _broken(
    evidence: Evidence, told: Told, one: set[Name], other: set[Name], closed: set[Name]
) -> str | None:
    both = one | other
    apart = (pair <= both and bool(pair & one) and bool(pair & other) for pair in evidence.apart)
    if told.kind != "card" and any(apart):  # a card is its membership's, whatever anybody says
        return "cannot_link"
    known = all(any(name[0] in KNOWN for name in person) for person in (one, other))
    if WEIGHT.get(told.kind, 1) > 1 and known:
        return "known_against_known"
    if _open(one, closed) and _open(other, closed) and told.stays is None:
        return "two_open_members"
    if any(sum(name[0] == kind for name in both) > most for kind, most in MOST.items()):
        return "too_many"
    return None
