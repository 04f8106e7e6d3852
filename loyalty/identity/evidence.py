"""The rows of evidence: written once, marked as retracted or put back, never deleted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, null, select, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import insert_new, table_of
from loyalty.identity.ends import End
from loyalty.identity.models import Cluster, Identifier, Link
from loyalty.identity.policy import LINKS
from loyalty.identity.rules import link_id_of

CONTRACT: Final = "contract"
CONSENT: Final = "consent"

_ID: Final = table_of(Identifier)
_CLUSTER: Final = table_of(Cluster)
_LINK: Final = table_of(Link)
_KIND: Final = Prepared(
    select(_ID.c.kind).where(
        _ID.c.program_id == bindparam("program"), _ID.c.identifier_id == bindparam("identifier")
    )
)
_FATE: Final = Prepared(
    select(_LINK.c.active, _LINK.c.refused_rule, _CLUSTER.c.person_id)
    .select_from(_LINK)
    .join(
        _ID,
        (_ID.c.program_id == _LINK.c.program_id) & (_ID.c.identifier_id == bindparam("identifier")),
    )
    .join(
        _CLUSTER,
        (_CLUSTER.c.program_id == _ID.c.program_id) & (_CLUSTER.c.cluster_id == _ID.c.cluster_id),
    )
    .where(_LINK.c.program_id == bindparam("program"), _LINK.c.link_id == bindparam("link"))
)
_EARLIER: Final = Prepared(
    update(_LINK)
    .where(
        _LINK.c.program_id == bindparam("program"),
        _LINK.c.link_id == bindparam("link"),
        _LINK.c.occurred_at > bindparam("moment"),
    )
    .values(occurred_at=bindparam("moment"))
)


_OWN: Final = (_LINK.c.program_id == bindparam("program"), _LINK.c.link_id == bindparam("link"))
_ROW: Final = Prepared(
    select(_LINK.c.link_id, _LINK.c.a, _LINK.c.b, _LINK.c.kind, _LINK.c.consent_id).where(*_OWN)
)
_RETRACT: Final = Prepared(
    update(_LINK)
    .where(*_OWN, _LINK.c.active.is_(True))
    .values(
        active=False,
        refused_rule=null(),
        retracted_at=bindparam("moment"),
        retracted_by=bindparam("actor"),
        retracted_reason=bindparam("reason"),
    )
)
_RESTORE: Final = Prepared(
    update(_LINK)
    .where(*_OWN, _LINK.c.active.is_(False))
    .values(active=True, retracted_at=null(), retracted_by=null(), retracted_reason=null())
)
_STILL_TOLD: Final = Prepared(
    select(_LINK.c.link_id)
    .where(
        _LINK.c.program_id == bindparam("program"),
        _LINK.c.a == bindparam("one"),
        _LINK.c.b == bindparam("other"),
        _LINK.c.kind == bindparam("kind"),
        _LINK.c.active.is_(True),
        _LINK.c.refused_rule.is_(None),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """A piece of evidence as it comes in.

    `event` is the outside id of what happened ("sale:…", "join:…", "challenge:…"); `actor` is
    "shopper", "till:<id>" or "staff:<id>"; without `consent_id` the link rests on the contract.
    Staff say their `reason`.
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
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LinkResult:
    """What became of a piece of evidence; `person_id` is whose it is now (of end `a`)."""

    link_id: str
    is_new: bool
    active: bool
    refused_rule: str | None
    person_id: str


def told_new(link_id: str, person_id: str, *, refused_rule: str | None = None) -> LinkResult:
    """Say what became of evidence that was kept just now."""
    return LinkResult(
        link_id, is_new=True, active=True, refused_rule=refused_rule, person_id=person_id
    )


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link that is there, as far as taking it back and putting it back need it."""

    link_id: str
    a: UUID
    b: UUID
    kind: str
    consent_id: UUID | None


def keep_link(
    session: Session, draft: LinkDraft, ends: Sequence[End], *, at: datetime
) -> tuple[str, bool]:
    """Write the evidence unless it is there already; give its id and whether it is new."""
    assert draft.a != draft.b, "a link has two ends"
    one, other = sorted(ends, key=lambda end: (end.kind, end.value_hmac))
    values = [(end.kind, end.value_hmac) for end in ends]
    link_id = link_id_of(draft.program_id, draft.kind, values, draft.event)
    row = {
        "program_id": draft.program_id,
        "link_id": link_id,
        "a": one.identifier_id,
        "b": other.identifier_id,
        "kind": draft.kind,
        "strength": LINKS[draft.kind].strength,
        "occurred_at": draft.occurred_at,
        "recorded_at": at,
        "event": draft.event,
        "actor": draft.actor,
        "reason": draft.reason,
        "basis": CONTRACT if draft.consent_id is None else CONSENT,
        "consent_id": draft.consent_id,
        "stays": draft.stays,
        "active": True,
        "refused_rule": None,
        "retracted_at": None,
        "retracted_by": None,
        "retracted_reason": None,
    }
    return link_id, insert_new(session, Link, row)


def grow_earlier(session: Session, draft: LinkDraft, link_id: str) -> bool:
    """Let evidence that was told before have happened earlier, as told now; say if it did not.

    Two clocks may tell of one event: the earlier word counts, whichever came in first.
    """
    row = {"program": draft.program_id, "link": link_id, "moment": draft.occurred_at}
    return _EARLIER.changed(session, row) == 1


def fate_of(session: Session, draft: LinkDraft, link_id: str, *, is_new: bool) -> LinkResult:
    """Read what became of a piece of evidence."""
    row = _FATE.one(session, program=draft.program_id, link=link_id, identifier=draft.a)
    return LinkResult(link_id, is_new, bool(row[0]), row[1], row[2])


def link_rows(session: Session, program_id: int, link_ids: Collection[str]) -> dict[str, LinkRow]:
    """Read some links; those that are not there are left out."""
    rows = (_ROW.first(session, program=program_id, link=link_id) for link_id in set(link_ids))
    return {row[0]: LinkRow(*row) for row in rows if row is not None}


def kinds_of(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> dict[UUID, str]:
    """Say of which kinds some identifiers are."""
    return {
        own: _KIND.one(session, program=program_id, identifier=own)[0] for own in identifier_ids
    }


def mark_retracted(
    session: Session, program_id: int, link_id: str, *, actor: str, reason: str | None, at: datetime
) -> bool:
    """Mark a link as taken back; say whether it was active until now."""
    own = {"program": program_id, "link": link_id}
    row = own | {"moment": at, "actor": actor, "reason": reason}
    return _RETRACT.changed(session, row) == 1


def mark_restored(session: Session, program_id: int, link_id: str) -> bool:
    """Mark a retracted link as active again; say whether it was retracted until now."""
    return _RESTORE.changed(session, {"program": program_id, "link": link_id}) == 1


def is_still_told(session: Session, program_id: int, link: LinkRow) -> bool:
    """Say whether active evidence of the same kind holds between the same two ends."""
    ends = {"one": link.a, "other": link.b, "kind": link.kind}
    return _STILL_TOLD.first(session, program=program_id, **ends) is not None
