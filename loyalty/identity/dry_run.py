"""What would become of a person if something went: the same judgement, and nothing is written."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.identity.changes import person_of_first
from loyalty.identity.errors import LinkUnknownError
from loyalty.identity.graph import blocks_of, cannot_links_in, edges_in, standings_in
from loyalty.identity.models import Link
from loyalty.identity.rules import Edge, Node, judge


@dataclass(frozen=True, slots=True)
class Part:
    """A person there would be: their public id, what points at them, and the open membership."""

    person_id: str
    identifier_ids: frozenset[UUID]
    open_member_id: UUID | None


@dataclass(frozen=True, slots=True)
class Split:
    """What would become of those who are one person now; one part when nothing would come off."""

    person_ids: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def splits(self) -> bool:
        """Say whether anything would come off."""
        return len(self.parts) > len(self.person_ids)


def parts_without(
    program_id: int,
    nodes: Collection[Node],
    edges: Collection[Edge],
    cannot_links: Collection[tuple[UUID, UUID]],
    *,
    gone: Collection[str],
) -> tuple[Part, ...]:
    """Judge a block without some of its links; pure. The largest part comes first."""
    left = [edge for edge in edges if edge.link_id not in gone]
    parts = [
        Part(
            person_of_first(program_id, cluster.first), cluster.identifier_ids, cluster.open_member
        )
        for block in judge(nodes, left, cannot_links)
        for cluster in block.clusters
    ]
    return tuple(sorted(parts, key=lambda part: (-len(part.identifier_ids), part.person_id)))


def would_split(session: Session, program_id: int, link_ids: Collection[str]) -> Split:
    """Say what would split if some links went; nothing is written.

    Of the block they are in, only the persons that they touch are told. A value that stands for
    many is taken as it is.
    Errors: `LinkUnknownError`.
    """
    rows = session.execute(
        select(Link.link_id, Link.a, Link.b).where(
            Link.program_id == program_id, Link.link_id.in_(link_ids)
        )
    ).all()
    if len(rows) < len(set(link_ids)):
        raise LinkUnknownError
    ends = {end for row in rows for end in (row.a, row.b)}
    blocks = blocks_of(session, program_id, ends)
    standings = standings_in(session, program_id, blocks)
    edges = [e for e, _ in edges_in(session, program_id, blocks) if e.b in standings]
    parts = parts_without(
        program_id,
        [standing.node for standing in standings.values()],
        edges,
        [pair for pair in cannot_links_in(session, program_id, blocks) if pair[1] in standings],
        gone={row.link_id for row in rows},
    )
    clusters = {standings[end].cluster_id for end in ends}
    inside = {own for own, each in standings.items() if each.cluster_id in clusters}
    told = [replace(part, identifier_ids=part.identifier_ids & inside) for part in parts]
    return Split(
        person_ids=tuple(sorted({standings[own].person_id for own in ends})),
        parts=tuple(part for part in told if part.identifier_ids),
    )
