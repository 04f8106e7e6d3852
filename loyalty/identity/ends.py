"""The two ends of a link as they stand in the stored graph, read in one look."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, Column, bindparam, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.identity.models import Block, Cluster, Identifier
from loyalty.identity.policy import KNOWN_KINDS
from loyalty.identity.rules import Node

_ID: Final = table_of(Identifier)
_FIRST: Final = table_of(Identifier).alias("first")
_CLUSTER: Final = table_of(Cluster)
_BLOCK: Final = table_of(Block)


def two(column: Column[UUID]) -> list[BindParameter[UUID]]:
    """Name two values of a column that a statement asks for: `one` and `other`."""
    return [bindparam(name, type_=column.type) for name in ("one", "other")]


@dataclass(frozen=True, slots=True)
class End:
    """An identifier, the person it is in, and the block that is judged as one."""

    identifier_id: UUID
    kind: str
    value_hmac: str
    state: str
    seen_at: datetime  # first
    cluster_id: UUID
    person_id: str
    size: int
    known: bool
    open_member_id: UUID | None
    first: Node
    block_id: UUID
    block_size: int
    conflicted: bool

    @property
    def joins(self) -> bool:
        """Say whether it is one person's value."""
        return self.state == "ok"

    @property
    def is_leaf(self) -> bool:
        """Say whether it is alone and nobody's by itself (a session, a card)."""
        return self.block_size == 1 and self.kind not in KNOWN_KINDS


_TWO: Final = Prepared(
    select(
        _ID.c.identifier_id,
        _ID.c.kind,
        _ID.c.value_hmac,
        _ID.c.state,
        _ID.c.first_occurred_at,
        _CLUSTER.c.cluster_id,
        _CLUSTER.c.person_id,
        _CLUSTER.c.size,
        _CLUSTER.c.known,
        _CLUSTER.c.open_member_id,
        _FIRST.c.identifier_id,
        _FIRST.c.kind,
        _FIRST.c.value_hmac,
        _FIRST.c.first_occurred_at,
        _BLOCK.c.block_id,
        _BLOCK.c.size,
        _BLOCK.c.conflicted,
    )
    .select_from(_ID)
    .join(
        _CLUSTER,
        (_CLUSTER.c.program_id == _ID.c.program_id) & (_CLUSTER.c.cluster_id == _ID.c.cluster_id),
    )
    .join(
        _FIRST,
        (_FIRST.c.program_id == _CLUSTER.c.program_id)
        & (_FIRST.c.identifier_id == _CLUSTER.c.first_id),
    )
    .join(
        _BLOCK,
        (_BLOCK.c.program_id == _CLUSTER.c.program_id) & (_BLOCK.c.block_id == _CLUSTER.c.block_id),
    )
    .where(
        _ID.c.program_id == bindparam("program"),
        _ID.c.identifier_id.in_(two(_ID.c.identifier_id)),
    )
)


def ends_at(session: Session, program_id: int, identifier_ids: Collection[UUID]) -> dict[UUID, End]:
    """Read how some identifiers stand, two in a look; those that are not there are left out."""
    return {
        row[0]: _end(row)
        for one, other in pairs(identifier_ids)
        for row in _TWO.rows(session, program=program_id, one=one, other=other)
    }


def pairs(ids: Iterable[UUID]) -> Iterator[tuple[UUID, UUID]]:
    """Take ids two at a time, in their order; a last one that is left over is both."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), 2):
        yield ordered[start], ordered[min(start + 1, len(ordered) - 1)]


def blocks_at(ends: Mapping[UUID, End]) -> frozenset[UUID]:
    """Say which blocks some ends stand in."""
    return frozenset(end.block_id for end in ends.values())


def _end(row: tuple[Any, ...]) -> End:
    return End(
        identifier_id=row[0],
        kind=row[1],
        value_hmac=row[2],
        state=row[3],
        seen_at=row[4],
        cluster_id=row[5],
        person_id=row[6],
        size=row[7],
        known=bool(row[8]),
        open_member_id=row[9],
        first=Node(row[10], row[11], row[12], row[13]),
        block_id=row[14],
        block_size=row[15],
        conflicted=bool(row[16]),
    )
