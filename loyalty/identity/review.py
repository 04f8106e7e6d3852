"""Who may be one person although no rule lets us say so: few questions for somebody who knows them.

An entry is a question about two persons, whatever the number of links that were refused between
them. It is there as long as one of those links is active and refused, so it closes by itself: when
the two were joined, called "not the same" or left as they are, or when the evidence came off.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, delete, func, select
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, table_of
from loyalty.identity.errors import LinkUnknownError
from loyalty.identity.models import Cluster, Identifier, LeftAlone, Link
from loyalty.identity.rules import RefusedRule

# What a person can decide; the other rules say that one end stands for many, or was decided.
ASKED: Final = (RefusedRule.TWO_OPEN_MEMBERS.value, RefusedRule.KNOWN_AGAINST_KNOWN.value)
_LOOKED_AT: Final = 400

_LINK: Final = table_of(Link)
_ONE: Final = table_of(Identifier).alias("one")
_OTHER: Final = table_of(Identifier).alias("other")
_LEFT: Final = table_of(LeftAlone)


@dataclass(frozen=True, slots=True)
class ReviewSide:
    """One of the two persons; `anchor_id` stands for them: the open membership, or the first."""

    person_id: str
    cluster_id: UUID
    anchor_id: UUID
    open_member_id: UUID | None


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    """Are these two one person? `link_id` is the weightiest evidence, refused `times` times."""

    link_id: str
    rule: str
    times: int
    first_at: datetime
    last_at: datetime
    one: ReviewSide
    other: ReviewSide


@dataclass(frozen=True, slots=True)
class _Pair:
    """Refused evidence between two clusters, taken together."""

    clusters: tuple[UUID, UUID]
    strength: int
    times: int
    first_at: datetime
    last_at: datetime


def review_queue(session: Session, program_id: int, *, limit: int = 20) -> tuple[ReviewEntry, ...]:
    """List the open questions, one for each pair of persons, the weightiest first.

    Somebody's own act weighs more than a conclusion, and what was told often more than once.
    """
    pairs = _pairs(session, program_id)
    left = _left_alone(session, program_id, {each for pair in pairs for each in pair.clusters})
    asked = [pair for pair in pairs if pair.clusters not in left][:limit]
    sides = _sides(session, program_id, asked)
    return tuple(_entry(session, program_id, pair, sides) for pair in asked)


def pairs_in_doubt(program_id: int) -> Select[UUID, UUID]:
    """Ask which persons stand apart by a refused link: the index of those, some hundreds at most.

    However many links a storm had refused, whoever only counts reads no more than that.
    """
    refused = select(_LINK.c.a, _LINK.c.b).where(*_open(program_id)).limit(_LOOKED_AT).subquery()
    return (
        select(_ONE.c.cluster_id, _OTHER.c.cluster_id)
        .select_from(refused)
        .join(_ONE, (_ONE.c.program_id == program_id) & (_ONE.c.identifier_id == refused.c.a))
        .join(_OTHER, (_OTHER.c.program_id == program_id) & (_OTHER.c.identifier_id == refused.c.b))
        .where(_ONE.c.cluster_id != _OTHER.c.cluster_id)
        .distinct()
    )


def count_open(session: Session, program_id: int, *, most: int) -> int:
    """Count the open questions, up to `most`: for the sign beside the menu, on every page."""
    pairs = {_ordered(*row) for row in session.execute(pairs_in_doubt(program_id))}
    if not pairs:
        return 0
    left = _left_alone(session, program_id, {each for pair in pairs for each in pair})
    return min(most, len(pairs - left))


def review_entry(session: Session, program_id: int, link_id: str) -> ReviewEntry:
    """Find the question that a refused link asks, also when it was left alone.

    Errors: `LinkUnknownError` when it asks none (any more).
    """
    row = session.execute(
        select(_ONE.c.cluster_id.label("one"), _OTHER.c.cluster_id.label("other"))
        .select_from(_LINK)
        .join(_ONE, _end(_ONE, _LINK.c.a))
        .join(_OTHER, _end(_OTHER, _LINK.c.b))
        .where(*_open(program_id), _LINK.c.link_id == link_id)
    ).one_or_none()
    if row is None:
        raise LinkUnknownError
    clusters = _ordered(row.one, row.other)
    pair = next(each for each in _pairs(session, program_id, clusters) if each.clusters == clusters)
    return _entry(session, program_id, pair, _sides(session, program_id, [pair]))


def leave_alone(
    session: Session, program_id: int, a: UUID, b: UUID, *, actor: str, at: datetime
) -> bool:
    """Ask no more about two persons, named by an identifier of each; say whether that is new."""
    one, other = _ordered(a, b)
    row = {"program_id": program_id, "a": one, "b": other, "actor": actor, "at": at}
    return insert_new(session, LeftAlone, row)


def ask_again(session: Session, program_id: int, a: UUID, b: UUID) -> bool:
    """Undo `leave_alone`; say whether it was in force."""
    one, other = _ordered(a, b)
    gone = session.execute(
        delete(_LEFT)
        .where(_LEFT.c.program_id == program_id, _LEFT.c.a == one, _LEFT.c.b == other)
        .returning(_LEFT.c.a)
    )
    return gone.first() is not None


def _pairs(
    session: Session, program_id: int, clusters: tuple[UUID, UUID] | None = None
) -> list[_Pair]:
    """Gather refused links by the two persons they stand between, the weightiest first."""
    strength, times = func.min(_LINK.c.strength), func.count()
    found = (
        select(
            _ONE.c.cluster_id.label("one"),
            _OTHER.c.cluster_id.label("other"),
            strength.label("strength"),
            times.label("times"),
            func.min(_LINK.c.occurred_at).label("first_at"),
            func.max(_LINK.c.occurred_at).label("last_at"),
        )
        .select_from(_LINK)
        .join(_ONE, _end(_ONE, _LINK.c.a))
        .join(_OTHER, _end(_OTHER, _LINK.c.b))
        .where(*_open(program_id))
        .group_by(_ONE.c.cluster_id, _OTHER.c.cluster_id)
        .order_by(strength, times.desc(), func.max(_LINK.c.occurred_at).desc())
        .limit(_LOOKED_AT)
    )
    if clusters is not None:
        found = found.where(_ONE.c.cluster_id.in_(clusters), _OTHER.c.cluster_id.in_(clusters))
    pairs: dict[tuple[UUID, UUID], _Pair] = {}
    for row in session.execute(found):
        pair = _pair(row)
        if pair.clusters[0] != pair.clusters[1]:
            before = pairs.get(pair.clusters)
            pairs[pair.clusters] = pair if before is None else _together(before, pair)
    return sorted(pairs.values(), key=_weight)


def _open(program_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        _LINK.c.program_id == program_id,
        _LINK.c.refused_rule.in_(ASKED),
        _LINK.c.active.is_(True),
    )


def _end(identifier: FromClause, own: ColumnElement[UUID]) -> ColumnElement[bool]:
    columns = identifier.c
    return and_(columns.program_id == _LINK.c.program_id, columns.identifier_id == own)


def _pair(row: Row[Any]) -> _Pair:
    clusters = _ordered(row.one, row.other)
    return _Pair(clusters, row.strength, row.times, row.first_at, row.last_at)


def _together(one: _Pair, other: _Pair) -> _Pair:
    return _Pair(
        one.clusters,
        min(one.strength, other.strength),
        one.times + other.times,
        min(one.first_at, other.first_at),
        max(one.last_at, other.last_at),
    )


def _weight(pair: _Pair) -> tuple[int, int, float, UUID]:
    return pair.strength, -pair.times, -pair.last_at.timestamp(), pair.clusters[0]


def _ordered(a: UUID, b: UUID) -> tuple[UUID, UUID]:
    return (a, b) if a.int <= b.int else (b, a)


def _left_alone(
    session: Session, program_id: int, clusters: Collection[UUID]
) -> set[tuple[UUID, UUID]]:
    """Say which pairs somebody left as they are; whoever those were is asked today."""
    rows = session.execute(
        select(_ONE.c.cluster_id, _OTHER.c.cluster_id)
        .select_from(_LEFT)
        .join(_ONE, (_ONE.c.program_id == _LEFT.c.program_id) & (_ONE.c.identifier_id == _LEFT.c.a))
        .join(
            _OTHER,
            (_OTHER.c.program_id == _LEFT.c.program_id) & (_OTHER.c.identifier_id == _LEFT.c.b),
        )
        .where(_LEFT.c.program_id == program_id, _ONE.c.cluster_id.in_(clusters))
    )
    return {_ordered(one, other) for one, other in rows}


def _sides(session: Session, program_id: int, pairs: Iterable[_Pair]) -> dict[UUID, ReviewSide]:
    rows = session.execute(
        select(
            Cluster.person_id, Cluster.cluster_id, Cluster.first_id, Cluster.open_member_id
        ).where(
            Cluster.program_id == program_id,
            Cluster.cluster_id.in_({each for pair in pairs for each in pair.clusters}),
        )
    )
    return {
        row.cluster_id: ReviewSide(
            person_id=row.person_id,
            cluster_id=row.cluster_id,
            anchor_id=row.open_member_id or row.first_id,
            open_member_id=row.open_member_id,
        )
        for row in rows
    }


def _entry(
    session: Session, program_id: int, pair: _Pair, sides: dict[UUID, ReviewSide]
) -> ReviewEntry:
    """Tell a question with the weightiest of its links: strong before weak, then the latest."""
    row = session.execute(
        select(_LINK.c.link_id, _LINK.c.refused_rule)
        .join(_ONE, _end(_ONE, _LINK.c.a))
        .join(_OTHER, _end(_OTHER, _LINK.c.b))
        .where(
            *_open(program_id),
            _ONE.c.cluster_id.in_(pair.clusters),
            _OTHER.c.cluster_id.in_(pair.clusters),
            _ONE.c.cluster_id != _OTHER.c.cluster_id,
        )
        .order_by(_LINK.c.strength, _LINK.c.occurred_at.desc(), _LINK.c.link_id)
        .limit(1)
    ).one()
    one, other = sorted((sides[each] for each in pair.clusters), key=lambda each: each.person_id)
    return ReviewEntry(
        link_id=row.link_id,
        rule=row.refused_rule,
        times=pair.times,
        first_at=pair.first_at,
        last_at=pair.last_at,
        one=one,
        other=other,
    )
