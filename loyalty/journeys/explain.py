"""Why two identifiers are one person: the path of active links, and what hangs on each."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.leaving import leaving_on
from loyalty.identity.paths import first_identifier, way_to
from loyalty.identity.queries import (
    IdentifierFacts,
    LinkFacts,
    identifiers_by_id,
    links_by_id,
    person_by_id,
    person_of_identifier,
)
from loyalty.kernel.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Step:
    """One link on the way, the identifier it leads to, and what would come off without it.

    `alone_without` names identifiers that would leave this person if the link went, a hundred
    at most; `alone` counts all of them.
    """

    link: LinkFacts
    leads_to: IdentifierFacts
    alone: int
    alone_without: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """From one identifier to another, link by link; no steps when they are the same.

    Of a very long way the first steps and the last are told, `left_out` counts those between.
    """

    person_id: str
    start: IdentifierFacts
    steps: tuple[Step, ...]
    left_out: int = 0


def explain(session: Session, program_id: int, person_id: str, identifier_id: UUID) -> Explanation:
    """Say why an identifier belongs to a person: the shortest path from the person's first one.

    Errors: `NotFoundError` when there is no such person, or the identifier is not theirs.
    """
    person = person_by_id(session, program_id, person_id)
    if person is None:
        raise NotFoundError
    owner = person_of_identifier(session, program_id, identifier_id)
    if owner is None or owner.cluster_id != person.cluster_id:
        raise NotFoundError
    start = first_identifier(session, program_id, person.cluster_id)
    way, left_out = way_to(session, program_id, person.cluster_id, start=start, goal=identifier_id)
    links = links_by_id(session, program_id, [step.link_id for step in way])
    ids = [start, *(step.leads_to for step in way)]
    identifiers = identifiers_by_id(session, program_id, ids)
    steps = tuple(
        Step(
            link=links[step.link_id],
            leads_to=identifiers[step.leads_to],
            alone=step.alone,
            alone_without=step.alone_without,
        )
        for step in way
    )
    return Explanation(
        person_id=person.person_id, start=identifiers[start], steps=steps, left_out=left_out
    )


def leaving_without(
    session: Session, program_id: int, told: Explanation
) -> dict[str, frozenset[UUID]]:
    """Say for each link of a way what would leave the person if it were separated.

    Judged as the separation itself would be: all that says the same of the same two goes, and
    what is left must hold by the rules, not only by being there. Nothing is written.
    """
    way = [(step.link.link_id, step.leads_to.identifier_id) for step in told.steps]
    return leaving_on(session, program_id, told.start.identifier_id, way)
