"""Add evidence that two identifiers are one person, take it back, put it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, rows_changed
from loyalty.identity.attach import attached
from loyalty.identity.consents import consent_is_live
from loyalty.identity.errors import ConsentNeededError, LinkUnknownError
from loyalty.identity.models import Cluster, Identifier, Link
from loyalty.identity.resolve import lock_blocks, rejudge
from loyalty.identity.rules import link_id_of

# How sure each kind of evidence is: 1 somebody's own act, 2 a strong conclusion.
STRENGTH: Final = {"card": 1, "email": 1, "join": 1, "session": 2, "social": 1}
CONTRACT: Final = "contract"
CONSENT: Final = "consent"


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """A piece of evidence as it comes in.

    `event` is the outside id of what happened ("sale:…", "join:…", "challenge:…"); `actor` is
    "shopper", "till:<id>" or "staff:<id>"; without `consent_id` the link rests on the contract.
    """

    program_id: int
    kind: str
    a: UUID
    b: UUID
    event: str
    occurred_at: datetime
    actor: str
    consent_id: UUID | None = None
    stays: UUID | None = None


@dataclass(frozen=True, slots=True)
class LinkResult:
    """What became of a piece of evidence; `person_id` is whose it is now (of end `a`)."""

    link_id: str
    is_new: bool
    active: bool
    refused_rule: str | None
    person_id: str


def add_link(session: Session, draft: LinkDraft, *, at: datetime) -> LinkResult:
    """Keep a piece of evidence and judge the persons it touches; the same evidence counts once.

    A link that breaks a rule is kept with that rule and joins nothing. One that was retracted
    before stays retracted.
    Errors: `ConsentNeededError` when it rests on a consent that does not live at this moment;
    nothing is kept then.
    """
    assert draft.kind in STRENGTH, "a kind of link without a strength"
    assert (draft.stays is not None) == (draft.kind == "join"), "a join names who stays"
    assert draft.stays in {None, draft.a, draft.b}, "the one who stays is one of the two"
    if draft.consent_id is not None and not consent_is_live(
        session, draft.program_id, draft.consent_id, lock=True
    ):
        raise ConsentNeededError
    blocks = lock_blocks(session, draft.program_id, {draft.a, draft.b})
    link_id, is_new = _keep(session, draft, at=at)
    if is_new and not _settled(session, draft, link_id, at=at):
        rejudge(session, draft.program_id, blocks, act="link", cause=link_id, at=at)
    return _result(session, draft, link_id, is_new=is_new)


def _settled(session: Session, draft: LinkDraft, link_id: str, *, at: datetime) -> bool:
    """Settle an everyday link at once; a join decides who stays open and is always judged."""
    ends = {draft.a, draft.b}
    return draft.kind != "join" and attached(session, draft.program_id, link_id, ends, at=at)


def retract_link(
    session: Session, program_id: int, link_id: str, *, actor: str, at: datetime
) -> bool:
    """Take a link back: what it held together is judged again; say whether it was active.

    The row stays, with who retracted it and when.
    """
    return bool(retract_links(session, program_id, [link_id], actor=actor, at=at))


def retract_links(
    session: Session, program_id: int, link_ids: list[str], *, actor: str, at: datetime
) -> tuple[str, ...]:
    """Take several links back at once; return those that were active until now."""
    ends = _ends(session, program_id, link_ids)
    if len(ends) < len(set(link_ids)):
        raise LinkUnknownError
    blocks = lock_blocks(session, program_id, {end for pair in ends.values() for end in pair})
    retracted = tuple(
        link_id
        for link_id in sorted(set(link_ids))
        if rows_changed(
            session,
            update(Link)
            .where(Link.program_id == program_id, Link.link_id == link_id, Link.active.is_(True))
            .values(active=False, refused_rule=None, retracted_at=at, retracted_by=actor)
            .execution_options(synchronize_session=False),
        )
    )
    if retracted:
        rejudge(session, program_id, blocks, act="retract", cause=" ".join(retracted), at=at)
    return retracted


def restore_link(
    session: Session, program_id: int, link_id: str, *, actor: str, at: datetime
) -> bool:
    """Put a retracted link back, as it was; say whether it was retracted until now.

    Errors: `LinkUnknownError`; `ConsentNeededError` when its consent was withdrawn meanwhile.
    """
    assert actor, "somebody puts a link back"
    link = session.execute(
        select(Link.a, Link.b, Link.consent_id).where(
            Link.program_id == program_id, Link.link_id == link_id
        )
    ).one_or_none()
    if link is None:
        raise LinkUnknownError
    if link.consent_id is not None and not consent_is_live(
        session, program_id, link.consent_id, lock=True
    ):
        raise ConsentNeededError
    blocks = lock_blocks(session, program_id, {link.a, link.b})
    restored = (
        update(Link)
        .where(Link.program_id == program_id, Link.link_id == link_id, Link.active.is_(False))
        .values(active=True, retracted_at=None, retracted_by=None)
        .execution_options(synchronize_session=False)
    )
    if not rows_changed(session, restored):
        return False
    rejudge(session, program_id, blocks, act="restore", cause=link_id, at=at)
    return True


def _keep(session: Session, draft: LinkDraft, *, at: datetime) -> tuple[str, bool]:
    """Write the evidence with its ends in the canonical order, unless it is there already."""
    rows = session.execute(
        select(Identifier.identifier_id, Identifier.kind, Identifier.value_hmac).where(
            Identifier.program_id == draft.program_id,
            Identifier.identifier_id.in_({draft.a, draft.b}),
        )
    ).all()
    assert len(rows) == len({draft.a, draft.b}) == 2, "a link has two known ends"  # noqa: PLR2004
    first, second = sorted(rows, key=lambda row: (row.kind, row.value_hmac))
    ends = [(row.kind, row.value_hmac) for row in rows]
    link_id = link_id_of(draft.program_id, draft.kind, ends, draft.event)
    is_new = insert_new(
        session,
        Link,
        {
            "program_id": draft.program_id,
            "link_id": link_id,
            "a": first.identifier_id,
            "b": second.identifier_id,
            "kind": draft.kind,
            "strength": STRENGTH[draft.kind],
            "occurred_at": draft.occurred_at,
            "recorded_at": at,
            "event": draft.event,
            "actor": draft.actor,
            "basis": CONTRACT if draft.consent_id is None else CONSENT,
            "consent_id": draft.consent_id,
            "stays": draft.stays,
            "active": True,
            "refused_rule": None,
            "retracted_at": None,
            "retracted_by": None,
        },
    )
    return link_id, is_new


def _result(session: Session, draft: LinkDraft, link_id: str, *, is_new: bool) -> LinkResult:
    row = session.execute(
        select(Link.active, Link.refused_rule).where(
            Link.program_id == draft.program_id, Link.link_id == link_id
        )
    ).one()
    person_id = session.execute(
        select(Cluster.person_id)
        .join(
            Identifier,
            (Identifier.program_id == Cluster.program_id)
            & (Identifier.cluster_id == Cluster.cluster_id),
        )
        .where(Identifier.program_id == draft.program_id, Identifier.identifier_id == draft.a)
    ).scalar_one()
    return LinkResult(link_id, is_new, row.active, row.refused_rule, person_id)


def _ends(session: Session, program_id: int, link_ids: list[str]) -> dict[str, tuple[UUID, UUID]]:
    rows = session.execute(
        select(Link.link_id, Link.a, Link.b).where(
            Link.program_id == program_id, Link.link_id.in_(link_ids)
        )
    )
    return {row.link_id: (row.a, row.b) for row in rows}


def links_of_consent(session: Session, program_id: int, consent_id: UUID) -> list[str]:
    """List the active links that rest on one consent."""
    found = select(Link.link_id).where(
        Link.program_id == program_id, Link.consent_id == consent_id, Link.active.is_(True)
    )
    return list(session.execute(found).scalars())
