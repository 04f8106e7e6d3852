"""Compare the stored persons with a full recomputation from the active links."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.identity.changes import person_of_first
from loyalty.identity.generic import with_generic
from loyalty.identity.graph import Standing, cannot_links_in, edges_in, standings_in
from loyalty.identity.models import Block, Cluster, Consent, Identifier, Link
from loyalty.identity.rules import Edge, JudgedBlock, Node, judge
from loyalty.identity.states import BLOCKED, GENERIC, OK
from loyalty.identity.trail import Difference, audit_trail
from loyalty.identity.values import card_id_of


def audit_persons(session: Session, program_id: int) -> tuple[Difference, ...]:
    """Recompute every person of a program and list what the stored graph says differently.

    Compared are who is with whom, public ids and former ones, open members, sizes, blocks,
    values that stand for many, refused links, consents and the log.
    """
    standings = standings_in(session, program_id, None)
    stored = edges_in(session, program_id, None)
    edges = [edge for edge, _ in stored]
    states = {own: each.state for own, each in standings.items()}
    whole = [replace(each.node, joins=states[own] != BLOCKED) for own, each in standings.items()]
    nodes = with_generic(whole, edges)
    judged = judge(nodes, edges, cannot_links_in(session, program_id, None))
    return (
        *_states_differ(states, nodes),
        *_persons_differ(program_id, standings, judged),
        *_blocks_differ(session, program_id, standings, judged),
        *_refusals_differ(stored, judged),
        *_links_without_consent(session, program_id),
        *audit_trail(session, program_id, standings),
    )


def audit_cards(session: Session, program_id: int) -> tuple[Difference, ...]:
    """List the cards that are nobody's: their person has no open membership to earn for."""
    rows = session.execute(
        select(Identifier.identifier_id)
        .join(
            Cluster,
            (Cluster.program_id == Identifier.program_id)
            & (Cluster.cluster_id == Identifier.cluster_id),
        )
        .where(
            Identifier.program_id == program_id,
            Identifier.kind == "card",
            Cluster.open_member_id.is_(None),
        )
        .order_by(Identifier.identifier_id)
    )
    return tuple(
        Difference(f"card {card_id_of(identifier_id)}", "nobody's", "a membership's")
        for identifier_id in rows.scalars()
    )


def _states_differ(states: Mapping[UUID, str], nodes: Collection[Node]) -> Iterator[Difference]:
    for node in nodes:
        told = states[node.identifier_id]
        found = OK if node.joins else GENERIC
        if told not in {found, BLOCKED}:
            yield Difference(f"identifier {node.identifier_id}", told, found)


def _persons_differ(
    program_id: int, standings: Mapping[UUID, Standing], judged: Collection[JudgedBlock]
) -> Iterator[Difference]:
    """Compare each person with the rows of the clusters its identifiers are in."""
    for block in judged:
        for cluster in block.clusters:
            row = (
                person_of_first(program_id, cluster.first),
                cluster.first.identifier_id,
                len(cluster.identifier_ids),
                cluster.known,
                cluster.open_member,
            )
            told = {_told(standings[each]) for each in cluster.identifier_ids}
            rows = {standings[each].cluster_id for each in cluster.identifier_ids}
            if told != {row} or len(rows) != 1:
                yield Difference(f"person {row[0]}", _text(told), _text({row}))


def _told(standing: Standing) -> tuple[object, ...]:
    return (
        standing.person_id,
        standing.first_id,
        standing.size,
        standing.known,
        standing.open_member_id,
    )


def _blocks_differ(
    session: Session,
    program_id: int,
    standings: Mapping[UUID, Standing],
    judged: Collection[JudgedBlock],
) -> Iterator[Difference]:
    rows = session.execute(
        select(Block.block_id, Block.size, Block.conflicted).where(Block.program_id == program_id)
    )
    told = {row.block_id: (row.size, row.conflicted) for row in rows}
    for block in judged:
        found = (len(block.identifier_ids), block.conflicted)
        ids = {standings[each].block_id for each in block.identifier_ids}
        first = block.clusters[0].first.identifier_id
        if len(ids) != 1:
            yield Difference(f"block of {first}", "several", "one")
            continue
        if (said := told.pop(ids.pop(), None)) != found:
            yield Difference(f"block of {first}", str(said), str(found))
    for block_id in told:
        yield Difference(f"block {block_id}", "a row", "no identifier")


def _refusals_differ(
    stored: Collection[tuple[Edge, str | None]], judged: Collection[JudgedBlock]
) -> Iterator[Difference]:
    refused = {link_id: rule for block in judged for link_id, rule in block.refused.items()}
    for edge, rule in stored:
        if refused.get(edge.link_id) != rule:
            found = refused.get(edge.link_id)
            yield Difference(f"link {edge.link_id}", str(rule), str(found))


def _links_without_consent(session: Session, program_id: int) -> tuple[Difference, ...]:
    """List active links that rest on a consent which was withdrawn or never given."""
    rows = session.execute(
        select(Link.link_id)
        .join(
            Consent,
            (Consent.program_id == Link.program_id) & (Consent.consent_id == Link.consent_id),
        )
        .where(
            Link.program_id == program_id,
            Link.active.is_(True),
            Consent.withdrawn_at.is_not(None) | Consent.given_at.is_(None),
        )
    )
    return tuple(
        Difference(f"link {link_id}", "active", "consent ended") for link_id in rows.scalars()
    )


def _text(rows: set[tuple[object, ...]]) -> str:
    return "; ".join(sorted(" ".join(map(str, row)) for row in rows))
