"""Read the stored graph: identifiers, active links and cannot-links of some blocks."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.identity.models import Block, CannotLink, Cluster, Identifier, Link
from loyalty.identity.rules import Edge, Node

_BLOCKS: Final = select(Cluster.block_id).join(
    Identifier,
    (Identifier.program_id == Cluster.program_id) & (Identifier.cluster_id == Cluster.cluster_id),
)
_BLOCK_OF: Final = Prepared(
    _BLOCKS.where(
        Identifier.program_id == bindparam("program"),
        Identifier.identifier_id == bindparam("identifier"),
    )
)
# The two ends of a link are looked up one by one, which is cheaper than a list.
_FEW: Final = 2


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an identifier stands in the stored graph, and what its cluster's row says."""

    node: Node
    cluster_id: UUID
    block_id: UUID
    person_id: str
    first_id: UUID
    size: int
    known: bool
    open_member_id: UUID | None


def blocks_of(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Say which blocks some identifiers are in now."""
    if len(identifier_ids) <= _FEW:
        return frozenset(
            block_id
            for identifier_id in sorted(identifier_ids)
            for (block_id,) in _BLOCK_OF.rows(session, program=program_id, identifier=identifier_id)
        )
    found = _BLOCKS.where(
        Identifier.program_id == program_id, Identifier.identifier_id.in_(identifier_ids)
    )
    return frozenset(session.execute(found).scalars())


def any_conflicted(session: Session, program_id: int, block_ids: Collection[UUID]) -> bool:
    """Say whether anything in some blocks is refused, so that the order of judging mattered."""
    found = select(Block.block_id).where(
        Block.program_id == program_id,
        Block.block_id.in_(block_ids),
        Block.conflicted.is_(True),
    )
    return session.execute(found.limit(1)).first() is not None


def standings_in(
    session: Session, program_id: int, block_ids: Collection[UUID] | None
) -> dict[UUID, Standing]:
    """Read the identifiers of some blocks, or of the whole program."""
    found = (
        select(
            Identifier.identifier_id,
            Identifier.kind,
            Identifier.value_hmac,
            Identifier.first_occurred_at,
            Identifier.state,
            Cluster.cluster_id,
            Cluster.block_id,
            Cluster.person_id,
            Cluster.first_id,
            Cluster.size,
            Cluster.known,
            Cluster.open_member_id,
        )
        .join(
            Cluster,
            (Identifier.program_id == Cluster.program_id)
            & (Identifier.cluster_id == Cluster.cluster_id),
        )
        .where(Cluster.program_id == program_id)
    )
    if block_ids is not None:
        found = found.where(Cluster.block_id.in_(block_ids))
    return {
        row.identifier_id: Standing(
            node=Node(
                identifier_id=row.identifier_id,
                kind=row.kind,
                value_hmac=row.value_hmac,
                first_occurred_at=row.first_occurred_at,
                joins=row.state == "ok",
            ),
            cluster_id=row.cluster_id,
            block_id=row.block_id,
            person_id=row.person_id,
            first_id=row.first_id,
            size=row.size,
            known=row.known,
            open_member_id=row.open_member_id,
        )
        for row in session.execute(found)
    }


def edges_in(
    session: Session, program_id: int, block_ids: Collection[UUID] | None
) -> list[tuple[Edge, str | None]]:
    """Read the active links that begin in some blocks, or all, with the rule that refuses each.

    Their other end stands elsewhere when one of the two stands for many.
    """
    found = select(
        Link.link_id,
        Link.a,
        Link.b,
        Link.kind,
        Link.strength,
        Link.occurred_at,
        Link.stays,
        Link.refused_rule,
    ).where(Link.program_id == program_id, Link.active.is_(True))
    if block_ids is not None:
        found = found.where(Link.a.in_(_inside(program_id, block_ids)))
    return [
        (
            Edge(
                link_id=row.link_id,
                a=row.a,
                b=row.b,
                kind=row.kind,
                strength=row.strength,
                occurred_at=row.occurred_at,
                stays=row.stays,
            ),
            row.refused_rule,
        )
        for row in session.execute(found)
    ]


def cannot_links_in(
    session: Session, program_id: int, block_ids: Collection[UUID] | None
) -> list[tuple[UUID, UUID]]:
    """Read the pairs called "not the same" whose two ends are inside some blocks, or all."""
    found = select(CannotLink.a, CannotLink.b).where(
        CannotLink.program_id == program_id, CannotLink.retracted_at.is_(None)
    )
    if block_ids is not None:
        inside = _inside(program_id, block_ids)
        found = found.where(CannotLink.a.in_(inside), CannotLink.b.in_(inside))
    return [(row.a, row.b) for row in session.execute(found)]


def _inside(program_id: int, block_ids: Collection[UUID]) -> Select[UUID]:
    return (
        select(Identifier.identifier_id)
        .join(
            Cluster,
            (Identifier.program_id == Cluster.program_id)
            & (Identifier.cluster_id == Cluster.cluster_id),
        )
        .where(Cluster.program_id == program_id, Cluster.block_id.in_(block_ids))
    )
