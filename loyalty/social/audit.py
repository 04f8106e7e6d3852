"""Recompute what the social room keeps twice: counters from their hashes, deeds from accounts."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.db.writes import table_of
from loyalty.social.models import CountedOnce, Engagement, PostCounter, SocialAccount


@dataclass(frozen=True, slots=True)
class SocialFinding:
    """One difference: which rule, about what, what is kept and what was found."""

    invariant: str
    subject: str
    told: str
    found: str


def audit_social(session: Session, program_id: int) -> tuple[SocialFinding, ...]:
    """Hold counters against their hashes, and what people did against their accounts."""
    return (*_counters(session, program_id), *_engagements(session, program_id))


def _counters(session: Session, program_id: int) -> Iterator[SocialFinding]:
    once, counter = table_of(CountedOnce), table_of(PostCounter)
    place = (once.c.connection_id, once.c.target, once.c.action)
    hashes = session.execute(
        select(*place, func.count().label("number"))
        .where(once.c.program_id == program_id, once.c.state == "there")
        .group_by(*place)
    )
    there = {(row.connection_id, row.target, row.action): int(row.number) for row in hashes}
    kept = session.execute(
        select(
            counter.c.connection_id,
            counter.c.target,
            counter.c.action,
            counter.c.count.label("number"),
            counter.c.settled,
        ).where(counter.c.program_id == program_id)
    )
    counted = {
        (row.connection_id, row.target, row.action): (int(row.number), int(row.settled))
        for row in kept
    }
    for key in sorted(there.keys() | counted.keys(), key=str):
        told, settled = counted.get(key, (0, 0))
        found = settled + there.get(key, 0)
        if told != found:
            subject = f"{key[2]} of {key[1]} at {key[0]}"
            yield SocialFinding(
                "counters follow from what was counted", subject, str(told), str(found)
            )


def _engagements(session: Session, program_id: int) -> Iterator[SocialFinding]:
    deed, account = table_of(Engagement), table_of(SocialAccount)
    lost = session.execute(
        select(deed.c.engagement_id)
        .outerjoin(
            account,
            (account.c.program_id == deed.c.program_id)
            & (account.c.identifier_id == deed.c.identifier_id),
        )
        .where(deed.c.program_id == program_id, account.c.identifier_id.is_(None))
    )
    for row in lost:
        yield SocialFinding(
            "what people did is of accounts they linked",
            f"engagement {row.engagement_id}",
            "kept",
            "no account",
        )
