"""What comes off when one link goes, found from its two ends: a person may be twenty thousand.

It is told without judging everything anew where this is sure. Nothing in the block is refused
and one membership at most is in it, so somebody's own acts hold all together that makes known, and
conclusions never met two who are known. A link that alone held two parts together leaves each
part so. Where another way holds them and a conclusion went, or nobody is known twice, nothing
changes. The rest is judged.
Source: docs/decisions/0011-persons-are-computed.md
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select, union_all
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared, insert_row
from loyalty.db.writes import table_of
from loyalty.identity.changes import write_change
from loyalty.identity.ends import End, ends_at
from loyalty.identity.evidence import LinkRow
from loyalty.identity.models import Block, Cluster, Identifier, Link
from loyalty.identity.paths import part_without
from loyalty.identity.policy import INFERRED_FROM, LINKS, ONE_THING
from loyalty.identity.resolve import move_all
from loyalty.identity.rules import Node
from loyalty.identity.settle import known_in, write_block, write_person
from loyalty.identity.told import MovedIdentifier, PersonsChanged
from loyalty.kernel.ids import new_id

_ID: Final = table_of(Identifier)
_LINK: Final = table_of(Link)
_ASKED: Final = tuple(f"own{turn}" for turn in range(16))
# So many links are read from an end before the whole person is read at once.
_NEAR: Final = 64


def _around(near: str) -> Select[UUID, UUID]:
    return select(_LINK.c.a, _LINK.c.b).where(
        _LINK.c.program_id == bindparam("program"),
        _LINK.c[near].in_([bindparam(name, type_=_LINK.c.a.type) for name in _ASKED]),
        _LINK.c.link_id != bindparam("gone"),
        _LINK.c.active.is_(True),
        _LINK.c.refused_rule.is_(None),
    )


_AROUND: Final = Prepared(union_all(_around("a"), _around("b")).limit(_NEAR))
_FIRST_IN: Final = Prepared(
    select(_ID.c.identifier_id, _ID.c.kind, _ID.c.value_hmac, _ID.c.first_occurred_at)
    .where(_ID.c.program_id == bindparam("program"), _ID.c.cluster_id == bindparam("cluster"))
    .order_by(_ID.c.first_occurred_at, _ID.c.kind, _ID.c.value_hmac)
    .limit(1)
)
Known = list[tuple[str, UUID]]


def part_quickly(session: Session, program_id: int, link: LinkRow, *, at: datetime) -> bool:
    """Bring the persons to what they are without a link that was just retracted, if that is sure.

    Else nothing is written. The caller has locked its block, and no value turned.
    """
    if link.kind in ONE_THING:
        return False  # it held together what somebody may have called "not the same"
    ends = ends_at(session, program_id, (link.a, link.b))
    one, other = ends[link.a], ends[link.b]
    if one.cluster_id != other.cluster_id or one.conflicted or one.size != one.block_size:
        return False
    known = known_in(session, program_id, one.cluster_id)
    if sum(kind == "member" for kind, _ in known) > 1:
        return False
    part = _part(session, program_id, one, other, link.link_id)
    if part is None:
        return len(known) <= 1 or LINKS[link.kind].strength >= INFERRED_FROM
    _part_off(session, program_id, one, part, known, cause=link.link_id, at=at)
    return True


def _part(
    session: Session, program_id: int, one: End, other: End, link_id: str
) -> frozenset[UUID] | None:
    """Find what a link alone held to the rest, on the one side of it or the other; else none."""
    sides: tuple[set[UUID], set[UUID]] = {one.identifier_id}, {other.identifier_id}
    edges = [[one.identifier_id], [other.identifier_id]]
    waiting = {0, 1}
    while waiting:
        side = min(waiting, key=lambda each: len(sides[each]))
        rows = _AROUND.rows(session, program=program_id, gone=link_id, **_asked(edges[side]))
        found = {each for row in rows for each in row} - sides[side]
        if found & sides[1 - side]:
            return None
        if not found and len(rows) < _NEAR:
            return frozenset(sides[side])
        sides[side].update(found)
        edges[side] = list(found)
        if max(len(rows), len(sides[side])) >= _NEAR or len(found) > len(_ASKED):
            waiting.remove(side)
    ends = one.identifier_id, other.identifier_id
    return part_without(session, program_id, one.cluster_id, ends, link_id)


def _asked(ids: list[UUID]) -> dict[str, UUID]:
    return {name: ids[min(turn, len(ids) - 1)] for turn, name in enumerate(_ASKED)}


def _part_off(
    session: Session,
    program_id: int,
    whole: End,
    part: frozenset[UUID],
    known: Known,
    *,
    cause: str,
    at: datetime,
) -> None:
    """Write that a part of a person is one of their own."""
    block_id, cluster_id = new_id(at), new_id(at)
    key = {"program_id": program_id, "block_id": block_id}
    insert_row(session, table_of(Block), {**key, "size": len(part), "conflicted": False})
    row = {
        **key,
        "cluster_id": cluster_id,
        "person_id": whole.person_id,  # until it is known who was there first
        "first_id": whole.first.identifier_id,
        "size": len(part),
        "known": False,
        "open_member_id": None,
        "version": 1,
    }
    insert_row(session, table_of(Cluster), row)
    move_all(session, program_id, part, cluster_id)
    write_block(session, program_id, whole.block_id, whole.size - len(part))
    inside = [each for each in known if each[1] in part]
    outside = [each for each in known if each[1] not in part]
    parts = ((cluster_id, len(part), inside), (whole.cluster_id, whole.size - len(part), outside))
    # Whoever was there first of all still names the part that they are in.
    stays = whole.cluster_id if whole.first.identifier_id not in part else cluster_id
    off, left = (
        _name(session, program_id, own, size, those, whole.first if own == stays else None)
        for own, size, those in parts
    )
    moved = tuple(
        MovedIdentifier(kind, identifier_id, whole.person_id, now)
        for those, now in ((inside, off), (outside, left))
        for kind, identifier_id in those
        if now != whole.person_id
    )
    after = tuple(sorted((off, left)))
    write_change(
        session, PersonsChanged(program_id, "split", cause, (whole.person_id,), after, moved, at)
    )


def _name(
    session: Session,
    program_id: int,
    cluster_id: UUID,
    size: int,
    known: Known,
    first: Node | None,
) -> str:
    """Write who a person is, and give the public id: that of the identifier seen first."""
    if first is None:
        first = Node(*_FIRST_IN.one(session, program=program_id, cluster=cluster_id))
    member = next((each for kind, each in known if kind == "member"), None)
    return write_person(
        session, program_id, cluster_id, first, size, known=bool(known), open_member_id=member
    )
