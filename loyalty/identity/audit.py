"""Compare the stored persons with a full recomputation from the active links."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.identity.graph import cannot_links_in, edges_in, standings_in
from loyalty.identity.models import Cluster, Consent, Link
from loyalty.identity.rules import judge, person_id_of


@dataclass(frozen=True, slots=True)
class Difference:
    """Something the stored graph tells otherwise than its evidence."""

    subject: str
    told: str
    found: str


def audit_persons(session: Session, program_id: int) -> tuple[Difference, ...]:
    """Recompute every person of a program and list what the stored graph says differently.

    Compared are who is with whom, public ids, open members, sizes, refused links and consents.
    """
    standings = standings_in(session, program_id, None)
    stored = edges_in(session, program_id, None)
    nodes = [standing.node for standing in standings.values()]
    cannot = cannot_links_in(session, program_id, None)
    judged = judge(nodes, [edge for edge, _ in stored], cannot)
    told_clusters = _told_clusters(session, program_id)
    found: list[Difference] = []
    for block in judged:
        for cluster in block.clusters:
            ids = cluster.identifier_ids
            person_id = person_id_of(program_id, cluster.first.kind, cluster.first.value_hmac)
            told = {(standings[each].cluster_id, standings[each].person_id) for each in ids}
            rows = {told_clusters[cluster_id] for cluster_id, _ in told}
            wanted = {(person_id, len(ids), str(cluster.open_member or ""))}
            if rows != wanted:
                found.append(Difference(f"person {person_id}", _text(rows), _text(wanted)))
        if len({standings[each].block_id for each in block.identifier_ids}) != 1:
            first = block.clusters[0].first.identifier_id
            found.append(Difference(f"block of {first}", "several", "one"))
    refused = {link_id: rule for block in judged for link_id, rule in block.refused.items()}
    for edge, rule in stored:
        if refused.get(edge.link_id) != rule:
            told_rule = str(refused.get(edge.link_id))
            found.append(Difference(f"link {edge.link_id}", str(rule), told_rule))
    return (*found, *_links_without_consent(session, program_id))


def _told_clusters(session: Session, program_id: int) -> dict[object, tuple[str, int, str]]:
    rows = session.execute(
        select(Cluster.cluster_id, Cluster.person_id, Cluster.size, Cluster.open_member_id).where(
            Cluster.program_id == program_id
        )
    )
    return {
        row.cluster_id: (row.person_id, row.size, str(row.open_member_id or "")) for row in rows
    }


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


def _text(rows: set[tuple[str, int, str]]) -> str:
    return "; ".join(sorted(f"{person_id} {size} {member}" for person_id, size, member in rows))
