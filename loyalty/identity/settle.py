"""The everyday link, without judging a block anew: one more proof, one more leaf, a plain merge.

Each case gives what `rejudge` would give; every other link goes through `rejudge`. A regular's
hundredth scan costs what the first did, and a merge moves only the smaller of two persons.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import bindparam, delete, or_, select, union_all, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.identity.changes import is_newborn, person_of_first, write_change
from loyalty.identity.ends import End, ends_at
from loyalty.identity.log import keep_alias
from loyalty.identity.models import Block, CannotLink, Cluster, Identifier
from loyalty.identity.policy import INFERRED_FROM, KINDS, KNOWN_KINDS
from loyalty.identity.rules import Node, too_many
from loyalty.identity.told import MovedIdentifier, PersonsChanged

_ID: Final = table_of(Identifier)
_CLUSTER: Final = table_of(Cluster)
_BLOCK: Final = table_of(Block)
_CANNOT: Final = table_of(CannotLink)
_LEAST_MOST: Final = min(policy.most for policy in KINDS.values() if policy.most is not None)


_APART: Final = Prepared(
    select(_CANNOT.c.a)
    .where(
        _CANNOT.c.program_id == bindparam("program"),
        (_CANNOT.c.a == bindparam("identifier")) | (_CANNOT.c.b == bindparam("identifier")),
        _CANNOT.c.retracted_at.is_(None),
    )
    .limit(1)
)
_A: Final = table_of(Identifier).alias("a")
_B: Final = table_of(Identifier).alias("b")
_CROSSING: Final = Prepared(
    union_all(
        *(
            select(_CANNOT.c.a)
            .select_from(_CANNOT)
            .join(
                _A, (_A.c.program_id == _CANNOT.c.program_id) & (_A.c.identifier_id == _CANNOT.c.a)
            )
            .join(
                _B, (_B.c.program_id == _CANNOT.c.program_id) & (_B.c.identifier_id == _CANNOT.c.b)
            )
            .where(
                _CANNOT.c.program_id == bindparam("program"),
                _CANNOT.c.retracted_at.is_(None),
                _A.c.cluster_id == bindparam(a),
                _B.c.cluster_id == bindparam(b),
            )
            for a, b in (("one", "other"), ("other", "one"))
        )
    ).limit(1)
)
_RELABEL: Final = Prepared(
    update(_ID)
    .where(_ID.c.program_id == bindparam("program"), _ID.c.cluster_id == bindparam("gone"))
    .values(cluster_id=bindparam("kept"))
)
_GROWN: Final = Prepared(
    update(_CLUSTER)
    .where(_CLUSTER.c.program_id == bindparam("program"), _CLUSTER.c.cluster_id == bindparam("own"))
    .values(
        person_id=bindparam("person"),
        first_id=bindparam("first"),
        size=bindparam("holds"),
        known=bindparam("is_known"),
        open_member_id=bindparam("member"),
        version=_CLUSTER.c.version + 1,
    )
)
_BLOCK_GROWN: Final = Prepared(
    update(_BLOCK)
    .where(_BLOCK.c.program_id == bindparam("program"), _BLOCK.c.block_id == bindparam("own"))
    .values(size=bindparam("holds"))
)
_CLUSTER_GONE: Final = Prepared(
    delete(_CLUSTER).where(
        _CLUSTER.c.program_id == bindparam("program"), _CLUSTER.c.cluster_id == bindparam("gone")
    )
)
_BLOCK_GONE: Final = Prepared(
    delete(_BLOCK).where(
        _BLOCK.c.program_id == bindparam("program"), _BLOCK.c.block_id == bindparam("gone")
    )
)
_KNOWN_IN: Final = Prepared(
    select(_ID.c.kind, _ID.c.identifier_id).where(
        _ID.c.program_id == bindparam("program"),
        _ID.c.cluster_id == bindparam("cluster"),
        or_(*(_ID.c.kind == kind for kind in sorted(KNOWN_KINDS))),
    )
)


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that was written just now; a join of two members decides who stays and is judged."""

    link_id: str
    strength: int
    is_join: bool


# Or, of a link that is settled, the public id of whose both ends are now.
Outcome = Literal["not_joining", "to_judge"]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a link came to: the one person both ends are."""

    person_id: str


def settle(
    session: Session, program_id: int, link: NewLink, ends: tuple[End, End], *, at: datetime
) -> Settled | Outcome:
    """Settle a new link, if it is one of the everyday cases; else say what it needs.

    A join of two members is none of them: it says who stays, so one told later may have happened
    before the one that joined them, and decide otherwise.
    Proof again: both ends are one person already and nothing in the block is refused; then no
    rule can break, because a person that breaks none has at most one group that is known.
    A leaf: one end stands alone and makes nobody known; then it has no other link that could
    be judged otherwise, and the rest of the block is judged as before.
    A plain merge: nothing is refused in either block, and both together break nothing; with two
    that are known only by an act of somebody's that joins what makes them known.
    The caller has locked both blocks, and read both ends since.
    """
    one, other = ends
    if not (one.joins and other.joins):
        return "not_joining"
    if link.is_join:
        return "to_judge"
    if one.cluster_id == other.cluster_id:
        return "to_judge" if one.conflicted else Settled(one.person_id)
    leaf, tree = (one, other) if one.is_leaf else (other, one)
    if leaf.is_leaf and not _is_apart(session, program_id, leaf.identifier_id):
        return pour(session, program_id, link.link_id, (leaf, tree), at=at)
    if not _is_plain(session, program_id, link, one, other):
        return "to_judge"
    small, large = sorted((one, other), key=lambda each: each.size)
    return pour(session, program_id, link.link_id, (small, large), at=at)


def _is_apart(session: Session, program_id: int, identifier_id: UUID) -> bool:
    return _APART.first(session, program=program_id, identifier=identifier_id) is not None


def _is_plain(session: Session, program_id: int, link: NewLink, one: End, other: End) -> bool:
    if one.block_id == other.block_id or one.conflicted or other.conflicted:
        return False
    if one.open_member_id is not None and other.open_member_id is not None:
        return False
    if one.known and other.known:
        both_make_known = one.kind in KNOWN_KINDS and other.kind in KNOWN_KINDS
        if link.strength >= INFERRED_FROM or not both_make_known:
            return False
    if one.size + other.size > _LEAST_MOST and _would_be_too_many(session, program_id, one, other):
        return False
    return not _are_apart(session, program_id, one.cluster_id, other.cluster_id)


def _would_be_too_many(session: Session, program_id: int, one: End, other: End) -> bool:
    if not (one.known and other.known):
        return False  # what is limited makes known, and the other side holds none of it
    counts: Counter[str] = Counter()
    for end in (one, other):
        rows = _KNOWN_IN.rows(session, program=program_id, cluster=end.cluster_id)
        counts.update(kind for kind, _ in rows)
    return too_many(counts)


def _are_apart(session: Session, program_id: int, one: UUID, other: UUID) -> bool:
    """Say whether somebody called an identifier of one "not the same" as one of the other."""
    return _CROSSING.first(session, program=program_id, one=one, other=other) is not None


def pour(
    session: Session,
    program_id: int,
    link_id: str,
    ends: tuple[End, End],
    *,
    at: datetime,
    is_born: bool = False,
) -> Settled:
    """Pour one person into another; whoever was there first names them both.

    `is_born` says that the smaller one begins in this very act and was written as the larger.
    """
    small, large = ends
    first = min(small.first, large.first, key=lambda node: node.age)
    person_id = person_of_first(program_id, first)
    moved = _moved(session, program_id, ends, person_id, at=at)
    if not is_born:
        _relabel(session, program_id, small, large)
    write_person(
        session,
        program_id,
        large.cluster_id,
        first,
        small.size + large.size,
        known=small.known or large.known,
        open_member_id=small.open_member_id or large.open_member_id,
    )
    write_block(session, program_id, large.block_id, small.block_size + large.block_size)
    former = small if large.first is first else large
    keep_alias(session, program_id, former.person_id, former.first.identifier_id, at=at)
    before = sorted({small.person_id, large.person_id})
    change = PersonsChanged(program_id, "merge", link_id, tuple(before), (person_id,), moved, at)
    write_change(session, change)
    return Settled(person_id)


def write_person(
    session: Session,
    program_id: int,
    cluster_id: UUID,
    first: Node,
    size: int,
    *,
    known: bool,
    open_member_id: UUID | None,
) -> str:
    """Write what a person's row says, and give the public id: that of the first identifier."""
    person_id = person_of_first(program_id, first)
    row = {
        "program": program_id,
        "own": cluster_id,
        "person": person_id,
        "first": first.identifier_id,
        "holds": size,
        "is_known": known,
        "member": open_member_id,
    }
    _GROWN.changed(session, row)
    return person_id


def write_block(session: Session, program_id: int, block_id: UUID, size: int) -> None:
    """Write how many a block holds."""
    _BLOCK_GROWN.changed(session, {"program": program_id, "own": block_id, "holds": size})


def known_in(session: Session, program_id: int, cluster_id: UUID) -> list[tuple[str, UUID]]:
    """List what makes a person known, with its kind."""
    rows = _KNOWN_IN.rows(session, program=program_id, cluster=cluster_id)
    return [(kind, identifier_id) for kind, identifier_id in rows]


def _relabel(session: Session, program_id: int, small: End, large: End) -> None:
    gone = {"program": program_id, "gone": small.cluster_id}
    _RELABEL.changed(session, {**gone, "kept": large.cluster_id})
    _CLUSTER_GONE.changed(session, gone)
    _BLOCK_GONE.changed(session, {"program": program_id, "gone": small.block_id})


def _moved(
    session: Session, program_id: int, ends: tuple[End, ...], person_id: str, *, at: datetime
) -> tuple[MovedIdentifier, ...]:
    """List what makes known and has another public id from now on."""
    return tuple(
        MovedIdentifier(kind, identifier_id, end.person_id, person_id)
        for end in ends
        if end.known and end.person_id != person_id
        if not is_newborn(end.size, end.first.first_occurred_at, at=at)
        for kind, identifier_id in _KNOWN_IN.rows(
            session, program=program_id, cluster=end.cluster_id
        )
    )


def grow_older(session: Session, program_id: int, identifier_id: UUID, *, at: datetime) -> None:
    """Let an identifier that was seen earlier name its person, if it is the first of them now.

    Its row says the earlier time already. Whom evidence joins does not depend on it.
    """
    end = ends_at(session, program_id, [identifier_id])[identifier_id]
    own = Node(identifier_id, end.kind, end.value_hmac, end.seen_at)
    if end.first.identifier_id == identifier_id or end.first.age < own.age:
        return
    moved = _moved(session, program_id, (end,), person_of_first(program_id, own), at=at)
    person_id = write_person(
        session,
        program_id,
        end.cluster_id,
        own,
        end.size,
        known=end.known,
        open_member_id=end.open_member_id,
    )
    keep_alias(session, program_id, end.person_id, end.first.identifier_id, at=at)
    cause = f"identifier:{identifier_id}"
    before = (end.person_id,)
    change = PersonsChanged(program_id, "rename", cause, before, (person_id,), moved, at)
    write_change(session, change)
