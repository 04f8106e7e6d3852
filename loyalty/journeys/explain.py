"""Why two identifiers are one person: the path of active links, and what hangs on each."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import (
    IdentifierFacts,
    LinkFacts,
    identifiers_of_person,
    links_of_person,
    person_by_id,
)
from loyalty.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Step:
    """One link on the way, the identifier it leads to, and what would come off without it.

    `alone_without` are the identifiers that would leave this person if the link went.
    """

    link: LinkFacts
    leads_to: IdentifierFacts
    alone_without: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """From one identifier to another, link by link; no steps when they are the same."""

    person_id: str
    start: IdentifierFacts
    steps: tuple[Step, ...]


def explain(session: Session, program_id: int, person_id: str, identifier_id: UUID) -> Explanation:
    """Say why an identifier belongs to a person: the shortest path from the person's first one.

    Errors: `NotFoundError` when there is no such person, or the identifier is not theirs.
    """
    person = person_by_id(session, program_id, person_id)
    if person is None:
        raise NotFoundError
    identifiers = {
        each.identifier_id: each
        for each in identifiers_of_person(session, program_id, person.cluster_id)
    }
    if identifier_id not in identifiers:
        raise NotFoundError
    links = holding_links(links_of_person(session, program_id, person.cluster_id))
    start = next(iter(identifiers.values()))
    steps = tuple(
        Step(
            link=link,
            leads_to=identifiers[end],
            alone_without=tuple(split_without(identifiers, links, link, start.identifier_id)),
        )
        for link, end in path(links, start.identifier_id, identifier_id)
    )
    return Explanation(person_id=person.person_id, start=start, steps=steps)


def holding_links(links: Collection[LinkFacts]) -> tuple[LinkFacts, ...]:
    """Keep the links that hold a person together: active, and refused by no rule."""
    return tuple(link for link in links if link.active and link.refused_rule is None)


def path(
    links: Collection[LinkFacts], start: UUID, goal: UUID
) -> tuple[tuple[LinkFacts, UUID], ...]:
    """Find the shortest way from one identifier to another, strong and early links first."""
    touching: dict[UUID, list[LinkFacts]] = {}
    for link in sorted(links, key=lambda each: (each.strength, each.occurred_at, each.link_id)):
        touching.setdefault(link.a, []).append(link)
        touching.setdefault(link.b, []).append(link)
    came: dict[UUID, tuple[LinkFacts, UUID] | None] = {start: None}
    waiting = deque([start])
    while waiting and goal not in came:
        here = waiting.popleft()
        for link in touching.get(here, ()):
            there = link.b if link.a == here else link.a
            if there not in came:
                came[there] = (link, here)
                waiting.append(there)
    way: list[tuple[LinkFacts, UUID]] = []
    here = goal
    while (step := came[here]) is not None:
        way.append((step[0], here))
        here = step[1]
    return tuple(reversed(way))


def split_without(
    identifiers: Collection[UUID], links: Collection[LinkFacts], link: LinkFacts, start: UUID
) -> list[UUID]:
    """List what no other link would hold to `start` if this one went."""
    neighbors: dict[UUID, list[UUID]] = {each: [] for each in identifiers}
    for other in links:
        if other.link_id != link.link_id:
            neighbors[other.a].append(other.b)
            neighbors[other.b].append(other.a)
    reached = {start}
    waiting = [start]
    while waiting:
        for there in neighbors[waiting.pop()]:
            if there not in reached:
                reached.add(there)
                waiting.append(there)
    return [each for each in identifiers if each not in reached]
