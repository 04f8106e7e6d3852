"""Bring the stored persons to what the active links say: the touched blocks are judged anew.

A block is what active links hold together before any limit, so nothing outside it can change.
The stored clusters are a cache; `audit.py` compares them with a full recomputation.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import is_postgresql
from loyalty.identity.graph import Standing, blocks_of, cannot_links_in, edges_in, standings_in
from loyalty.identity.log import keep_alias, write_log
from loyalty.identity.models import Block, Cluster, Identifier, Link
from loyalty.identity.rules import Edge, JudgedBlock, JudgedCluster, judge, kept_ids, person_id_of
from loyalty.kernel.ids import new_id

Act = Literal["link", "retract", "restore", "older"]


def lock_blocks(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Find the blocks some identifiers are in and keep every other writer out of them.

    On PostgreSQL the block rows are locked in the order of their ids; when another writer moved
    the identifiers meanwhile, the locks are let go and it starts again, so that no lock is ever
    waited for out of order. SQLite has one writer.
    """
    blocks = blocks_of(session, program_id, identifier_ids)
    if not is_postgresql(session):
        return blocks
    while True:
        attempt = session.begin_nested()
        session.execute(
            select(Block.block_id)
            .where(Block.program_id == program_id, Block.block_id.in_(blocks))
            .order_by(Block.block_id)
            .with_for_update()
        ).all()
        now = blocks_of(session, program_id, identifier_ids)
        if now == blocks:
            attempt.commit()
            return blocks
        attempt.rollback()
        blocks = now


def rejudge(
    session: Session,
    program_id: int,
    block_ids: Collection[UUID],
    *,
    act: Act,
    cause: str,
    at: datetime,
) -> None:
    """Judge whole blocks anew and store what changed; the caller has locked them."""
    standings = standings_in(session, program_id, block_ids)
    stored = edges_in(session, program_id, block_ids)
    judged = judge(
        [standing.node for standing in standings.values()],
        [edge for edge, _ in stored],
        cannot_links_in(session, program_id, block_ids),
    )
    _store_clusters(session, program_id, standings, judged, at=at)
    newly_refused = _store_refusals(session, program_id, stored, judged)
    before = sorted({standing.person_id for standing in standings.values()})
    after = sorted(_person_ids(program_id, judged))
    _keep_aliases(session, program_id, standings.values(), gone=set(before) - set(after), at=at)
    for link_id in newly_refused:
        write_log(session, program_id, "refuse", link_id, (before, after), at=at)
    told = _told(act, len(before), len(after))
    if told is not None:
        write_log(session, program_id, told, cause, (before, after), at=at)


def _told(act: Act, before: int, after: int) -> str | None:
    if act in {"retract", "restore"}:
        return act
    if before == after:
        return None
    return "merge" if after < before else "split"


def _person_ids(program_id: int, judged: Iterable[JudgedBlock]) -> set[str]:
    return {
        person_id_of(program_id, cluster.first.kind, cluster.first.value_hmac)
        for block in judged
        for cluster in block.clusters
    }


def _store_clusters(
    session: Session,
    program_id: int,
    standings: Mapping[UUID, Standing],
    judged: Collection[JudgedBlock],
    *,
    at: datetime,
) -> None:
    """Write blocks, clusters and who is in them; rows that say the same already are left alone."""
    block_of = {each: standing.block_id for each, standing in standings.items()}
    cluster_of = {each: standing.cluster_id for each, standing in standings.items()}
    clusters = [(block, cluster) for block in judged for cluster in block.clusters]
    block_ids = _chosen([block.identifier_ids for block in judged], block_of, at=at)
    cluster_ids = _chosen([each.identifier_ids for _, each in clusters], cluster_of, at=at)
    _drop_rows(session, program_id, set(block_of.values()) - set(block_ids), blocks=True)
    _drop_rows(session, program_id, set(cluster_of.values()) - set(cluster_ids), blocks=False)
    place = {}
    for block, block_id in zip(judged, block_ids, strict=True):
        place[id(block)] = block_id
        _put_block(session, program_id, block_id, block, is_new=block_id not in block_of.values())
    for (block, cluster), cluster_id in zip(clusters, cluster_ids, strict=True):
        is_new = cluster_id not in cluster_of.values()
        facts = _cluster_facts(program_id, place[id(block)], cluster)
        _put_cluster(session, program_id, cluster_id, facts, is_new=is_new)
        moved = [each for each in cluster.identifier_ids if cluster_of[each] != cluster_id]
        _move(session, program_id, moved, cluster_id)


def _chosen(
    groups: Collection[frozenset[UUID]], present: Mapping[UUID, UUID], *, at: datetime
) -> list[UUID]:
    """Give each group the row it keeps, or a new one."""
    return [kept or new_id(at) for kept in kept_ids(groups, present)]


def _cluster_facts(program_id: int, block_id: UUID, cluster: JudgedCluster) -> dict[str, object]:
    return {
        "block_id": block_id,
        "person_id": person_id_of(program_id, cluster.first.kind, cluster.first.value_hmac),
        "size": len(cluster.identifier_ids),
        "open_member_id": cluster.open_member,
    }


def _put_block(
    session: Session, program_id: int, block_id: UUID, block: JudgedBlock, *, is_new: bool
) -> None:
    facts = {"size": len(block.identifier_ids), "conflicted": bool(block.refused)}
    if is_new:
        key = {"program_id": program_id, "block_id": block_id}
        session.execute(insert(Block).values(**key, **facts))
        return
    session.execute(
        update(Block)
        .where(Block.program_id == program_id, Block.block_id == block_id)
        .values(**facts)
        .execution_options(synchronize_session=False)
    )


def _put_cluster(
    session: Session,
    program_id: int,
    cluster_id: UUID,
    facts: Mapping[str, object],
    *,
    is_new: bool,
) -> None:
    if is_new:
        key = {"program_id": program_id, "cluster_id": cluster_id, "version": 1}
        session.execute(insert(Cluster).values(**key, **facts))
        return
    session.execute(
        update(Cluster)
        .where(Cluster.program_id == program_id, Cluster.cluster_id == cluster_id)
        .values(**facts, version=Cluster.version + 1)
        .execution_options(synchronize_session=False)
    )


def _drop_rows(
    session: Session, program_id: int, row_ids: Collection[UUID], *, blocks: bool
) -> None:
    if not row_ids:
        return
    drop = (
        delete(Block).where(Block.program_id == program_id, Block.block_id.in_(row_ids))
        if blocks
        else delete(Cluster).where(
            Cluster.program_id == program_id, Cluster.cluster_id.in_(row_ids)
        )
    )
    session.execute(drop.execution_options(synchronize_session=False))


def _move(
    session: Session, program_id: int, identifier_ids: Collection[UUID], cluster_id: UUID
) -> None:
    if not identifier_ids:
        return
    session.execute(
        update(Identifier)
        .where(Identifier.program_id == program_id, Identifier.identifier_id.in_(identifier_ids))
        .values(cluster_id=cluster_id)
        .execution_options(synchronize_session=False)
    )


def _store_refusals(
    session: Session,
    program_id: int,
    stored: Collection[tuple[Edge, str | None]],
    judged: Collection[JudgedBlock],
) -> list[str]:
    """Write which links are refused by which rule now; return those refused just now."""
    refused = {link_id: rule for block in judged for link_id, rule in block.refused.items()}
    newly = []
    for edge, rule_before in stored:
        rule = refused.get(edge.link_id)
        if rule == rule_before:
            continue
        session.execute(
            update(Link)
            .where(Link.program_id == program_id, Link.link_id == edge.link_id)
            .values(refused_rule=None if rule is None else rule.value)
            .execution_options(synchronize_session=False)
        )
        if rule is not None and rule_before is None:
            newly.append(edge.link_id)
    return newly


def _keep_aliases(
    session: Session,
    program_id: int,
    standings: Iterable[Standing],
    *,
    gone: Collection[str],
    at: datetime,
) -> None:
    """Let public ids that no person carries any more resolve for ever."""
    for standing in standings:
        node = standing.node
        if standing.person_id not in gone:
            continue
        if person_id_of(program_id, node.kind, node.value_hmac) != standing.person_id:
            continue
        keep_alias(session, program_id, standing.person_id, node.identifier_id, at=at)
