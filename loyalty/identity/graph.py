"""Read the stored graph: identifiers, active links and cannot-links of some blocks, or of all."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.identity.models import Block, CannotLink, Cluster, Identifier, Link
from loyalty.identity.rules import Edge, Node

_ID: Final = table_of(Identifier)
_CLUSTER: Final = table_of(Cluster)
_BLOCK: Final = table_of(Block)
_LINK: Final = table_of(Link)
_CANNOT: Final = table_of(CannotLink)

_INSIDE: Final = (_CLUSTER.c.program_id == _ID.c.program_id) & (
    _CLUSTER.c.cluster_id == _ID.c.cluster_id
)
_STANDINGS: Final = (
    select(
        _ID.c.identifier_id,
        _ID.c.kind,
        _ID.c.value_hmac,
        _ID.c.first_occurred_at,
        _ID.c.state,
        _CLUSTER.c.cluster_id,
        _CLUSTER.c.block_id,
        _CLUSTER.c.person_id,
        _CLUSTER.c.first_id,
        _CLUSTER.c.size,
        _CLUSTER.c.known,
        _CLUSTER.c.open_member_id,
    )
    .select_from(_CLUSTER)
    .join(_ID, _INSIDE)
    .where(_CLUSTER.c.program_id == bindparam("program"))
)
_EDGES: Final = select(
    _LINK.c.link_id,
    _LINK.c.a,
    _LINK.c.b,
    _LINK.c.kind,
    _LINK.c.strength,
    _LINK.c.occurred_at,
    _LINK.c.stays,
    _LINK.c.refused_rule,
).where(_LINK.c.program_id == bindparam("program"), _LINK.c.active.is_(True))
_APART: Final = select(_CANNOT.c.a, _CANNOT.c.b).where(
    _CANNOT.c.program_id == bindparam("program"), _CANNOT.c.retracted_at.is_(None)
)


def _of_block(rows: Select[Any], end: Any) -> Prepared:  # noqa: ANN401  a column of any row
    """Narrow rows to those whose one end stands in a block."""
    return Prepared(
        rows.join(_ID, (_ID.c.program_id == bindparam("program")) & (_ID.c.identifier_id == end))
        .join(_CLUSTER, _INSIDE)
        .where(_CLUSTER.c.block_id == bindparam("block"))
    )


_ALL_STANDINGS: Final = Prepared(_STANDINGS)
_BLOCK_STANDINGS: Final = Prepared(_STANDINGS.where(_CLUSTER.c.block_id == bindparam("block")))
_ALL_EDGES: Final = Prepared(_EDGES)
_BLOCK_EDGES: Final = _of_block(_EDGES, _LINK.c.a)
_ALL_APART: Final = Prepared(_APART)
_BLOCK_APART: Final = _of_block(_APART, _CANNOT.c.a)
_BLOCK_OF: Final = Prepared(
    select(_CLUSTER.c.block_id)
    .select_from(_ID)
    .join(_CLUSTER, _INSIDE)
    .where(_ID.c.program_id == bindparam("program"), _ID.c.identifier_id == bindparam("identifier"))
)
_CONFLICTED: Final = Prepared(
    select(_BLOCK.c.conflicted).where(
        _BLOCK.c.program_id == bindparam("program"), _BLOCK.c.block_id == bindparam("block")
    )
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an identifier stands in the stored graph, and what its cluster's row says."""

    node: Node
    state: str
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
    return frozenset(
        block_id
        for identifier_id in identifier_ids
        for (block_id,) in _BLOCK_OF.rows(session, program=program_id, identifier=identifier_id)
    )


def any_conflicted(session: Session, program_id: int, block_ids: Collection[UUID]) -> bool:
    """Say whether anything in some blocks is refused, so that the order of judging mattered."""
    return any(
        _CONFLICTED.scalar(session, program=program_id, block=block_id) for block_id in block_ids
    )


def standings_in(
    session: Session, program_id: int, block_ids: Collection[UUID] | None
) -> dict[UUID, Standing]:
    """Read the identifiers of some blocks, or of the whole program."""
    rows = _rows(session, program_id, block_ids, (_ALL_STANDINGS, _BLOCK_STANDINGS))
    return {row[0]: _standing(*row) for row in rows}


def _standing(  # noqa: PLR0913, PLR0917  the columns of `_STANDINGS`
    identifier_id: UUID,
    kind: str,
    value_hmac: str,
    first_occurred_at: datetime,
    state: str,
    cluster_id: UUID,
    block_id: UUID,
    person_id: str,
    first_id: UUID,
    size: int,
    known: bool,  # noqa: FBT001
    open_member_id: UUID | None,
) -> Standing:
    node = Node(identifier_id, kind, value_hmac, first_occurred_at, joins=state == "ok")
    return Standing(
        node, state, cluster_id, block_id, person_id, first_id, size, bool(known), open_member_id
    )


def edges_in(
    session: Session, program_id: int, block_ids: Collection[UUID] | None
) -> list[tuple[Edge, str | None]]:
    """Read the active links that begin in some blocks, or all, with the rule that refuses each.

    Their other end stands elsewhere when one of the two stands for many.
    """
    rows = _rows(session, program_id, block_ids, (_ALL_EDGES, _BLOCK_EDGES))
    return [(Edge(*row[:7]), row[7]) for row in rows]


def cannot_links_in(
    session: Session, program_id: int, block_ids: Collection[UUID] | None
) -> list[tuple[UUID, UUID]]:
    """Read the pairs called "not the same" that begin in some blocks, or all."""
    rows = _rows(session, program_id, block_ids, (_ALL_APART, _BLOCK_APART))
    return [(a, b) for a, b in rows]


def _rows(
    session: Session,
    program_id: int,
    block_ids: Collection[UUID] | None,
    statements: tuple[Prepared, Prepared],
) -> Iterable[tuple[Any, ...]]:
    """Run the statement for all, or the one for a block once for each."""
    whole, of_block = statements
    if block_ids is None:
        yield from whole.rows(session, program=program_id)
        return
    for block_id in sorted(block_ids):
        yield from of_block.rows(session, program=program_id, block=block_id)
