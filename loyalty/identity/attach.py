"""Link something of ours that was hardly ever seen before, a visit: the busiest evidence there is.

A sale whose code a phone showed attaches that phone's visit to the card. The visit is new as a
rule, so it can hang on nothing else yet, and it becomes a part of the card's person without
having been a person of its own in the tables. What comes out is what `add_link` says.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import insert_new, table_of
from loyalty.identity.ends import End, blocks_at, ends_at
from loyalty.identity.evidence import LinkDraft, LinkResult, keep_link, told_new
from loyalty.identity.identifiers import (
    KnownIdentifier,
    check_value,
    ensure_identifiers,
    stand_alone,
    value_hmac_of,
)
from loyalty.identity.links import add_checked, check_consent
from loyalty.identity.models import Identifier
from loyalty.identity.policy import GENERIC_KINDS, KNOWN_KINDS
from loyalty.identity.resolve import lock_found
from loyalty.identity.rules import Node, person_id_of
from loyalty.identity.settle import pour
from loyalty.identity.values import own_identifier_id
from loyalty.kernel.keys import ServerKeys

_ID: Final = table_of(Identifier)
_GOES: Final = Prepared(
    update(_ID)
    .where(_ID.c.program_id == bindparam("program"), _ID.c.identifier_id == bindparam("own"))
    .values(cluster_id=bindparam("cluster"))
)

Value = tuple[str, str]  # a kind and a value of it


def attach(
    session: Session,
    draft: LinkDraft,
    leaf: Value,
    tree: Value,
    *,
    at: datetime,
    keys: ServerKeys,
) -> LinkResult:
    """Link `leaf` (end `a` of the evidence) to `tree` (end `b`), both seen when it happened.

    Both are of kinds that we make ourselves, make nobody known and never stand for many.
    Errors: `ConsentNeededError` when the consent it rests on does not live; then nothing is
    kept, not even that the leaf was seen. `IdentifierBlockedError` as for any value.
    """
    assert not {leaf[0], tree[0]} & (KNOWN_KINDS | GENERIC_KINDS), "these are judged more closely"
    assert (own_identifier_id(*leaf), own_identifier_id(*tree)) == (draft.a, draft.b)
    check_value(*leaf)
    check_consent(session, draft.program_id, draft.consent_id)
    ends = ends_at(session, draft.program_id, (draft.a, draft.b))
    stands = ends.get(draft.b)
    if draft.a not in ends and stands is not None and draft.occurred_at >= stands.seen_at:
        told = _attach_new(session, draft, leaf, stands, at=at, keys=keys)
        if told is not None:
            return told
    if any(own not in ends or draft.occurred_at < ends[own].seen_at for own in (draft.a, draft.b)):
        both, seen_at = (leaf, tree), draft.occurred_at
        ensure_identifiers(session, draft.program_id, both, at=seen_at, keys=keys)
    return add_checked(session, draft, at=at)


def _attach_new(
    session: Session, draft: LinkDraft, leaf: Value, tree: End, *, at: datetime, keys: ServerKeys
) -> LinkResult | None:
    """Let a leaf begin as a part of a person; none when it began elsewhere, or must be judged."""
    program_id = draft.program_id
    born = _born(program_id, draft, leaf, keys=keys)
    row = {
        "program_id": program_id,
        "identifier_id": born.identifier_id,
        "kind": born.kind,
        "value_hmac": born.value_hmac,
        "cluster_id": tree.cluster_id,
        "state": born.state,
        "first_occurred_at": born.seen_at,
    }
    if not insert_new(session, Identifier, row):
        return None
    found = {tree.identifier_id: tree}

    def look() -> frozenset[UUID]:
        found.update(ends_at(session, program_id, found))
        return blocks_at(found)

    lock_found(session, program_id, look, seen=blocks_at(found))
    now = found[tree.identifier_id]
    if not now.joins:
        own = {"program": program_id, "own": born.identifier_id, "cluster": born.identifier_id}
        _GOES.changed(session, own)
        stand_alone(
            session, program_id, KnownIdentifier(born.identifier_id, born.kind, born.value_hmac)
        )
        return None
    if now.cluster_id != tree.cluster_id:
        moved = {"program": program_id, "own": born.identifier_id, "cluster": now.cluster_id}
        _GOES.changed(session, moved)
    link_id, is_new = keep_link(session, draft, (born, now), at=at)
    assert is_new, "evidence about somebody who was not there"
    settled = pour(session, program_id, link_id, (born, now), at=at, is_born=True)
    return told_new(link_id, settled.person_id)


def _born(program_id: int, draft: LinkDraft, leaf: Value, *, keys: ServerKeys) -> End:
    """Say how an identifier stands that nothing was ever linked to."""
    kind, value = leaf
    value_hmac = value_hmac_of(program_id, kind, value, keys=keys)
    return End(
        identifier_id=draft.a,
        kind=kind,
        value_hmac=value_hmac,
        state="ok",
        seen_at=draft.occurred_at,
        cluster_id=draft.a,
        person_id=person_id_of(program_id, kind, value_hmac),
        size=1,
        known=False,
        open_member_id=None,
        first=Node(draft.a, kind, value_hmac, draft.occurred_at),
        block_id=draft.a,
        block_size=1,
        conflicted=False,
    )
