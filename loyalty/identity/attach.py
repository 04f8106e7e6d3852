"""The everyday link, without judging a block anew: one more leaf on a person, or one more proof.

Both cases give what `rejudge` would give, whatever else the block holds; every other link goes
through `rejudge`. A regular's hundredth scan costs what the first did.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from loyalty.identity.log import keep_alias, write_log
from loyalty.identity.models import Block, CannotLink, Cluster, Identifier
from loyalty.identity.rules import KNOWN_TRAITS, TRAITS, person_id_of


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a link and where it stands."""

    identifier_id: UUID
    kind: str
    value_hmac: str
    first_occurred_at: datetime
    joins: bool
    cluster_id: UUID
    person_id: str
    cluster_size: int
    block_id: UUID
    block_size: int
    conflicted: bool

    @property
    def age(self) -> tuple[datetime, str, str]:
        return self.first_occurred_at, self.kind, self.value_hmac

    @property
    def is_leaf(self) -> bool:
        """Say whether this end is alone and nobody's by itself (a session, a card)."""
        return self.block_size == 1 and TRAITS[self.kind] not in KNOWN_TRAITS


def attached(
    session: Session, program_id: int, link_id: str, ends: Collection[UUID], *, at: datetime
) -> bool:
    """Settle a new link that is not a join, if it is one of the two everyday cases.

    Proof again: both ends are one person already and nothing in the block is refused; then no
    rule can break, because a person that breaks none has at most one group that is known.
    A leaf: one end stands alone and makes nobody known; then it has no other link that could
    be judged otherwise, and the rest of the block is judged as before.
    The caller has locked both blocks.
    """
    one, other = _ends(session, program_id, ends)
    if not (one.joins and other.joins):
        return False
    if one.cluster_id == other.cluster_id:
        return not one.conflicted
    leaf, tree = (one, other) if one.is_leaf else (other, one)
    if not leaf.is_leaf or _cannot(session, program_id, leaf.identifier_id):
        return False
    _attach(session, program_id, link_id, leaf, tree, at=at)
    return True


def _ends(session: Session, program_id: int, ends: Collection[UUID]) -> tuple[_End, _End]:
    rows = session.execute(
        select(
            Identifier.identifier_id,
            Identifier.kind,
            Identifier.value_hmac,
            Identifier.first_occurred_at,
            (Identifier.state == "ok").label("joins"),
            Cluster.cluster_id,
            Cluster.person_id,
            Cluster.size,
            Block.block_id,
            Block.size,
            Block.conflicted,
        )
        .join(
            Cluster,
            (Cluster.program_id == Identifier.program_id)
            & (Cluster.cluster_id == Identifier.cluster_id),
        )
        .join(
            Block,
            (Block.program_id == Cluster.program_id) & (Block.block_id == Cluster.block_id),
        )
        .where(Identifier.program_id == program_id, Identifier.identifier_id.in_(ends))
    )
    one, other = (_End(*row) for row in rows)
    return one, other


def _cannot(session: Session, program_id: int, identifier_id: UUID) -> bool:
    found = select(CannotLink.a).where(
        CannotLink.program_id == program_id,
        (CannotLink.a == identifier_id) | (CannotLink.b == identifier_id),
    )
    return session.execute(found.limit(1)).first() is not None


def _attach(
    session: Session, program_id: int, link_id: str, leaf: _End, tree: _End, *, at: datetime
) -> None:
    """Hang a leaf on a person; when it is older than all of them, it names the person."""
    first = _first(session, program_id, tree.cluster_id)
    leaf_is_first = leaf.age < first.age
    named = leaf if leaf_is_first else first
    person_id = person_id_of(program_id, named.kind, named.value_hmac)
    session.execute(
        update(Identifier)
        .where(Identifier.program_id == program_id, Identifier.identifier_id == leaf.identifier_id)
        .values(cluster_id=tree.cluster_id)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Cluster)
        .where(Cluster.program_id == program_id, Cluster.cluster_id == tree.cluster_id)
        .values(person_id=person_id, size=Cluster.size + 1, version=Cluster.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Block)
        .where(Block.program_id == program_id, Block.block_id == tree.block_id)
        .values(size=Block.size + 1)
        .execution_options(synchronize_session=False)
    )
    for row, key in ((Cluster, Cluster.cluster_id), (Block, Block.block_id)):
        gone = leaf.cluster_id if row is Cluster else leaf.block_id
        session.execute(
            delete(row)
            .where(row.program_id == program_id, key == gone)
            .execution_options(synchronize_session=False)
        )
    former = first if leaf_is_first else leaf
    former_id = person_id_of(program_id, former.kind, former.value_hmac)
    keep_alias(session, program_id, former_id, former.identifier_id, at=at)
    before = sorted({leaf.person_id, tree.person_id})
    write_log(session, program_id, "merge", link_id, (before, [person_id]), at=at)


@dataclass(frozen=True, slots=True)
class _First:
    identifier_id: UUID
    kind: str
    value_hmac: str
    first_occurred_at: datetime

    @property
    def age(self) -> tuple[datetime, str, str]:
        return self.first_occurred_at, self.kind, self.value_hmac


def _first(session: Session, program_id: int, cluster_id: UUID) -> _First:
    """Find the identifier that names a person."""
    row = session.execute(
        select(
            Identifier.identifier_id,
            Identifier.kind,
            Identifier.value_hmac,
            Identifier.first_occurred_at,
        )
        .where(Identifier.program_id == program_id, Identifier.cluster_id == cluster_id)
        .order_by(Identifier.first_occurred_at, Identifier.kind, Identifier.value_hmac)
        .limit(1)
    ).one()
    return _First(*row)
