"""What the log and the former ids must tell: nothing about a person changed without a line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.identity.graph import Standing
from loyalty.identity.models import IdentityLog, Link, PersonAlias
from loyalty.identity.rules import person_id_of


@dataclass(frozen=True, slots=True)
class Difference:
    """Something the stored graph tells otherwise than its evidence."""

    subject: str
    told: str
    found: str


def audit_trail(
    session: Session, program_id: int, standings: Mapping[UUID, Standing]
) -> Iterator[Difference]:
    """List former ids that lead nowhere, and changes that no line of the log tells."""
    today = {standing.person_id for standing in standings.values()}
    former = {
        row.former_person_id: row.identifier_id
        for row in session.execute(
            select(PersonAlias.former_person_id, PersonAlias.identifier_id).where(
                PersonAlias.program_id == program_id
            )
        )
    }
    for person_id, identifier_id in former.items():
        standing = standings.get(identifier_id)
        if standing is None or person_id != _named_by(program_id, standing):
            yield Difference(f"former person {person_id}", str(identifier_id), "who named them")
    log = session.execute(
        select(IdentityLog.act, IdentityLog.cause, IdentityLog.before, IdentityLog.after).where(
            IdentityLog.program_id == program_id
        )
    ).all()
    told = {person_id for row in log for person_id in (*row.before.split(), *row.after.split())}
    for person_id in sorted(told - today - former.keys()):
        yield Difference(f"person {person_id}", "in the log", "leads nowhere")
    told_of = {standing.cluster_id for standing in standings.values() if standing.person_id in told}
    told_of |= {standings[former[each]].cluster_id for each in told & former.keys()}
    for standing in {each.person_id: each for each in standings.values()}.values():
        if standing.size > 1 and standing.cluster_id not in told_of:
            yield Difference(f"person {standing.person_id}", "no line of the log", "a merge")
    acts = {(row.act, cause) for row in log for cause in row.cause.split()}
    yield from _links_untold(session, program_id, acts)


def _named_by(program_id: int, standing: Standing) -> str:
    return person_id_of(program_id, standing.node.kind, standing.node.value_hmac)


def _links_untold(
    session: Session, program_id: int, acts: set[tuple[str, str]]
) -> Iterator[Difference]:
    rows = session.execute(
        select(Link.link_id, Link.active, Link.refused_rule).where(Link.program_id == program_id)
    )
    for row in rows:
        if not row.active and ("retract", row.link_id) not in acts:
            yield Difference(f"link {row.link_id}", "retracted", "no line of the log")
        if row.refused_rule is not None and not _refusal_told(row.link_id, row.refused_rule, acts):
            yield Difference(f"link {row.link_id}", row.refused_rule, "no line of the log")


def _refusal_told(link_id: str, rule: str, acts: set[tuple[str, str]]) -> bool:
    """A link at a value that stands for many may be refused by the line of that value."""
    return rule == "not_joining" or ("refuse", link_id) in acts
