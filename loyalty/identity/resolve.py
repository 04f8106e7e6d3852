"""Bring the stored persons to what the active links say: the touched blocks are judged anew.

A block is what active links hold together before any limit, so nothing outside it can change.
The stored clusters are a cache; `audit.py` compares them with a full recomputation.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select, text, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared, insert_row
from loyalty.db.writes import is_postgresql, table_of
from loyalty.identity.changes import Standings, Wanted, wanted_of, write_changes
from loyalty.identity.ends import pairs, two
from loyalty.identity.graph import blocks_of, cannot_links_in, edges_in, standings_in
from loyalty.identity.log import write_log
from loyalty.identity.models import Block, Cluster, Identifier, Link
from loyalty.identity.rules import Edge, JudgedBlock, judge, kept_ids
from loyalty.kernel.ids import new_id

_BLOCK: Final = table_of(Block)
_BLOCK_KEY: Final = (
    _BLOCK.c.program_id == bindparam("program"),
    _BLOCK.c.block_id == bindparam("own"),
)
_CLUSTER: Final = table_of(Cluster)
_CLUSTER_KEY: Final = (
    _CLUSTER.c.program_id == bindparam("program"),
    _CLUSTER.c.cluster_id == bindparam("own"),
)
_LOCK: Final = Prepared(
    select(_BLOCK.c.block_id)
    .where(
        _BLOCK.c.program_id == bindparam("program"),
        _BLOCK.c.block_id.in_(two(_BLOCK.c.block_id)),
    )
    .order_by(_BLOCK.c.block_id)
    .with_for_update()
)
# Sent as they are: a session's own savepoints cost more than the statements between them.
_SAVE: Final = Prepared(text("SAVEPOINT around_blocks"))
_BACK: Final = Prepared(text("ROLLBACK TO SAVEPOINT around_blocks"))
_KEEP: Final = Prepared(text("RELEASE SAVEPOINT around_blocks"))
_BLOCK_GONE: Final = Prepared(delete(_BLOCK).where(*_BLOCK_KEY))
_CLUSTER_GONE: Final = Prepared(delete(_CLUSTER).where(*_CLUSTER_KEY))
_BLOCK_CHANGED: Final = Prepared(
    update(_BLOCK)
    .where(*_BLOCK_KEY)
    .values(size=bindparam("holds"), conflicted=bindparam("is_conflicted"))
)
_CLUSTER_CHANGED: Final = Prepared(
    update(_CLUSTER)
    .where(*_CLUSTER_KEY)
    .values(
        block_id=bindparam("block"),
        person_id=bindparam("person"),
        first_id=bindparam("first"),
        size=bindparam("holds"),
        known=bindparam("is_known"),
        open_member_id=bindparam("member"),
        version=_CLUSTER.c.version + 1,
    )
)
_ID: Final = table_of(Identifier)
_MOVED: Final = tuple(f"own{turn}" for turn in range(32))
_MOVE: Final = Prepared(
    update(_ID)
    .where(
        _ID.c.program_id == bindparam("program"),
        _ID.c.identifier_id.in_(
            [bindparam(name, type_=_ID.c.identifier_id.type) for name in _MOVED]
        ),
    )
    .values(cluster_id=bindparam("cluster"))
)
_REFUSE: Final = Prepared(
    update(table_of(Link))
    .where(
        table_of(Link).c.program_id == bindparam("program"),
        table_of(Link).c.link_id == bindparam("link"),
    )
    .values(refused_rule=bindparam("rule"))
)


def lock_blocks(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Find the blocks some identifiers are in and keep every other writer out of them."""
    return lock_around(session, program_id, lambda: identifier_ids)


def lock_around(
    session: Session, program_id: int, needed: Callable[[], Collection[UUID]]
) -> frozenset[UUID]:
    """Lock the blocks of the identifiers that `needed` names, and say which they are."""
    return lock_found(session, program_id, lambda: blocks_of(session, program_id, needed()))


def lock_found(
    session: Session,
    program_id: int,
    look: Callable[[], frozenset[UUID]],
    *,
    seen: frozenset[UUID] | None = None,
) -> frozenset[UUID]:
    """Lock the blocks that `look` finds, and say which they are; `seen` is what it found just now.

    On PostgreSQL the block rows are locked in the order of their ids; when another writer moved
    the identifiers meanwhile, or others are needed now, the locks are let go and it starts
    again, so that no lock is ever waited for out of order. What is new is inserted before:
    that waits, too, and must not with a block in hand. SQLite has one writer.
    """
    blocks = look() if seen is None else seen
    if not is_postgresql(session):
        return blocks
    _SAVE.changed(session, {})
    while True:
        for one, other in pairs(blocks):
            _LOCK.rows(session, program=program_id, one=one, other=other)
        now = look()
        if now == blocks:
            _KEEP.changed(session, {})
            return blocks
        _BACK.changed(session, {})
        blocks = now


def rejudge(
    session: Session, program_id: int, block_ids: Collection[UUID], *, cause: str, at: datetime
) -> None:
    """Judge whole blocks anew and store what changed; the caller has locked them."""
    standings = standings_in(session, program_id, block_ids)
    stored = [
        (edge, rule)
        for edge, rule in edges_in(session, program_id, block_ids)
        if edge.b in standings
    ]
    apart = cannot_links_in(session, program_id, block_ids)
    judged = judge(
        [standing.node for standing in standings.values()],
        [edge for edge, _ in stored],
        [pair for pair in apart if pair[1] in standings],
    )
    wanted = _store_blocks(session, program_id, standings, judged, at=at)
    newly_refused = _store_refusals(session, program_id, stored, judged)
    _store_clusters(session, program_id, standings, wanted)
    write_changes(session, program_id, standings, wanted, cause=cause, at=at)
    for edge in newly_refused:
        ends = sorted({standings[edge.a].person_id, standings[edge.b].person_id})
        write_log(session, program_id, "refuse", edge.link_id, (ends, ends), at=at)


def _store_blocks(
    session: Session,
    program_id: int,
    standings: Standings,
    judged: Collection[JudgedBlock],
    *,
    at: datetime,
) -> tuple[Wanted, ...]:
    """Write the blocks, and say which cluster rows there shall be in them."""
    block_of = {each: standing.block_id for each, standing in standings.items()}
    cluster_of = {each: standing.cluster_id for each, standing in standings.items()}
    clusters = [cluster for block in judged for cluster in block.clusters]
    before = set(block_of.values())
    block_ids = _chosen([block.identifier_ids for block in judged], block_of, at=at)
    cluster_ids = iter(_chosen([each.identifier_ids for each in clusters], cluster_of, at=at))
    for gone in sorted(before - set(block_ids)):
        _BLOCK_GONE.changed(session, {"program": program_id, "own": gone})
    wanted: list[Wanted] = []
    for block, block_id in zip(judged, block_ids, strict=True):
        _put_block(session, program_id, block_id, block, is_new=block_id not in before)
        wanted += [
            wanted_of(program_id, next(cluster_ids), block_id, cluster)
            for cluster in block.clusters
        ]
    return tuple(wanted)


def _chosen(
    groups: Collection[frozenset[UUID]], present: Mapping[UUID, UUID], *, at: datetime
) -> list[UUID]:
    """Give each group the row it keeps, or a new one."""
    return [kept or new_id(at) for kept in kept_ids(groups, present)]


def _put_block(
    session: Session, program_id: int, block_id: UUID, block: JudgedBlock, *, is_new: bool
) -> None:
    size, conflicted = len(block.identifier_ids), block.conflicted
    if is_new:
        row = {"program_id": program_id, "block_id": block_id, "size": size}
        insert_row(session, _BLOCK, {**row, "conflicted": conflicted})
        return
    row = {"program": program_id, "own": block_id, "holds": size, "is_conflicted": conflicted}
    _BLOCK_CHANGED.changed(session, row)


def _store_clusters(
    session: Session, program_id: int, standings: Standings, wanted: Collection[Wanted]
) -> None:
    """Write clusters and who is in them; rows that say the same already are left alone."""
    rows = {each.cluster_id: each for each in standings.values()}
    for gone in sorted(rows.keys() - {each.cluster_id for each in wanted}):
        _CLUSTER_GONE.changed(session, {"program": program_id, "own": gone})
    for each in wanted:
        row = rows.get(each.cluster_id)
        if row is None or not each.is_told_by(row):
            _put_cluster(session, program_id, each, is_new=row is None)
        moved = [own for own in each.members if standings[own].cluster_id != each.cluster_id]
        move_all(session, program_id, moved, each.cluster_id)


def _put_cluster(session: Session, program_id: int, wanted: Wanted, *, is_new: bool) -> None:
    if is_new:
        key = {"program_id": program_id, "cluster_id": wanted.cluster_id, "version": 1}
        insert_row(session, _CLUSTER, {**key, **wanted.facts()})
        return
    row = {
        "program": program_id,
        "own": wanted.cluster_id,
        "block": wanted.block_id,
        "person": wanted.person_id,
        "first": wanted.first_id,
        "holds": len(wanted.members),
        "is_known": wanted.known,
        "member": wanted.open_member_id,
    }
    _CLUSTER_CHANGED.changed(session, row)


def move_all(
    session: Session, program_id: int, identifier_ids: Collection[UUID], cluster_id: UUID
) -> None:
    """Let identifiers, which may be ten thousand, belong to a person."""
    own = sorted(identifier_ids)
    for start in range(0, len(own), len(_MOVED)):
        some = own[start : start + len(_MOVED)]
        row = {name: some[min(turn, len(some) - 1)] for turn, name in enumerate(_MOVED)}
        _MOVE.changed(session, {"program": program_id, "cluster": cluster_id, **row})


def _store_refusals(
    session: Session,
    program_id: int,
    stored: Collection[tuple[Edge, str | None]],
    judged: Collection[JudgedBlock],
) -> list[Edge]:
    """Write which links are refused by which rule now; return those refused just now."""
    refused = {link_id: rule for block in judged for link_id, rule in block.refused.items()}
    newly = []
    for edge, rule_before in stored:
        rule = refused.get(edge.link_id)
        if rule == rule_before:
            continue
        store_refusal(session, program_id, edge.link_id, None if rule is None else rule.value)
        if rule is not None and rule_before is None:
            newly.append(edge)
    return newly


def store_refusal(session: Session, program_id: int, link_id: str, rule: str | None) -> None:
    """Write which rule refuses a link now; none when it holds."""
    _REFUSE.changed(session, {"program": program_id, "link": link_id, "rule": rule})
