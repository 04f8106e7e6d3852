"""Make sure an identifier exists, under its keyed hash."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared, insert_row
from loyalty.db.writes import insert_new, table_of
from loyalty.identity.errors import IdentifierBlockedError
from loyalty.identity.models import Block, Cluster, Identifier, PersonalData
from loyalty.identity.policy import KINDS, Trait
from loyalty.identity.resolve import lock_blocks
from loyalty.identity.rules import person_id_of
from loyalty.identity.settle import grow_older
from loyalty.identity.values import own_identifier_id, value_normalized, why_blocked
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys, derived_key, keyed_hash

KEY_PURPOSE = "identity"
_ID: Final = table_of(Identifier)
_KNOWN: Final = Prepared(
    select(Identifier.identifier_id, Identifier.first_occurred_at).where(
        Identifier.program_id == bindparam("program"),
        Identifier.kind == bindparam("kind"),
        Identifier.value_hmac == bindparam("value"),
    )
)
_OLDER: Final = Prepared(
    update(_ID)
    .where(
        _ID.c.program_id == bindparam("program"),
        _ID.c.identifier_id == bindparam("own"),
        _ID.c.first_occurred_at > bindparam("moment"),
    )
    .values(first_occurred_at=bindparam("moment"))
)


@dataclass(frozen=True, slots=True)
class KnownIdentifier:
    """An identifier that exists; the value behind it is not kept here."""

    identifier_id: UUID
    kind: str
    value_hmac: str


def value_hmac_of(program_id: int, kind: str, value: str, *, keys: ServerKeys) -> str:
    """Hash a value under the program's identity key, in its normalized form; 64 hex digits."""
    key = derived_key(keys, KEY_PURPOSE, program_id)
    return keyed_hash(key, kind, value_normalized(kind, value))


def ensure_identifier(
    session: Session,
    program_id: int,
    kind: str,
    value: str,
    *,
    at: datetime,
    keys: ServerKeys,
    beside: Collection[UUID] | None = (),
) -> KnownIdentifier:
    """Find an identifier or make it; alone it is a person of its own. See `ensure_identifiers`."""
    values = ((kind, value),)
    return ensure_identifiers(session, program_id, values, at=at, keys=keys, beside=beside)[0]


def ensure_identifiers(
    session: Session,
    program_id: int,
    values: Sequence[tuple[str, str]],
    *,
    at: datetime,
    keys: ServerKeys,
    beside: Collection[UUID] | None = (),
) -> tuple[KnownIdentifier, ...]:
    """Find identifiers, given as (kind, value), or make them; each alone is a person of its own.

    Seen again with an earlier `at`, one grows older, and so may its person's public id: the
    answer does not depend on which sighting came in first. `beside` are others that these are
    going to be linked to in the same act: when one must be locked, all are, in one order; with
    None nothing is made older yet, because the caller will lock more and then tell it again. What
    is inserted waits for others that insert the same: that comes before every lock, in one order.
    Errors: `IdentifierBlockedError` for values that stand for nobody, with their `reason`;
    `EmailInvalidError`, `PhoneInvalidError` for those that cannot be one.
    """
    hashes = {}
    for kind, value in values:
        assert kind in KINDS, "a kind without a policy"
        check_value(kind, value)
        hashes[kind, value] = value_hmac_of(program_id, kind, value, keys=keys)
    known: dict[tuple[str, str], KnownIdentifier] = {}
    older = False
    for (kind, value), value_hmac in sorted(hashes.items(), key=lambda each: each[0][0] + each[1]):
        made, first_at = _made_or_found(session, program_id, kind, value, value_hmac, at=at)
        known[kind, value] = made
        older = older or at < first_at
    if older and beside is not None:
        own = {each.identifier_id for each in known.values()}
        lock_blocks(session, program_id, own | set(beside))
        for identifier_id in sorted(own):
            _seen_earlier(session, program_id, identifier_id, at=at)
    return tuple(known[each] for each in values)


def _made_or_found(
    session: Session, program_id: int, kind: str, value: str, value_hmac: str, *, at: datetime
) -> tuple[KnownIdentifier, datetime]:
    """Make an identifier unless it is there; say since when it was seen."""
    made = KnownIdentifier(own_identifier_id(kind, value) or new_id(at), kind, value_hmac)
    row = {
        "program_id": program_id,
        "identifier_id": made.identifier_id,
        "kind": kind,
        "value_hmac": value_hmac,
        "cluster_id": made.identifier_id,
        "state": "ok",
        "first_occurred_at": at,
    }
    if insert_new(session, Identifier, row):
        stand_alone(session, program_id, made)
    else:
        key = {"kind": kind, "value": value_hmac}
        identifier_id, at = _KNOWN.one(session, program=program_id, **key)
        made = KnownIdentifier(identifier_id, kind, value_hmac)
    if KINDS[kind].trait is Trait.PERSONAL:
        _keep_readable(session, program_id, made.identifier_id, value_normalized(kind, value))
    return made, at


def check_value(kind: str, value: str) -> None:
    """Keep out values that stand for nobody.

    Errors: `IdentifierBlockedError`.
    """
    reason = why_blocked(kind, value)
    if reason is not None:
        raise IdentifierBlockedError(kind=kind, reason=reason.value)


def find_identifier(
    session: Session, program_id: int, kind: str, value: str, *, keys: ServerKeys
) -> UUID | None:
    """Find an identifier by its value; looking leaves no trace of one that is not there."""
    value_hmac = value_hmac_of(program_id, kind, value, keys=keys)
    row = _KNOWN.first(session, program=program_id, kind=kind, value=value_hmac)
    return None if row is None else row[0]


def forget_value(session: Session, program_id: int, identifier_id: UUID) -> None:
    """Forget the readable value behind an identifier; the evidence stays, as a keyed hash."""
    session.execute(
        delete(PersonalData).where(
            PersonalData.program_id == program_id, PersonalData.identifier_id == identifier_id
        )
    )


def stand_alone(session: Session, program_id: int, made: KnownIdentifier) -> None:
    """Give a new identifier its own person and block, under its own id: it can be nobody else's."""
    person = {
        "program_id": program_id,
        "cluster_id": made.identifier_id,
        "block_id": made.identifier_id,
        "person_id": person_id_of(program_id, made.kind, made.value_hmac),
        "first_id": made.identifier_id,
        "size": 1,
        "known": KINDS[made.kind].makes_known,
        "open_member_id": made.identifier_id if made.kind == "member" else None,
        "version": 1,
    }
    insert_row(session, table_of(Cluster), person)
    block = {
        "program_id": program_id,
        "block_id": made.identifier_id,
        "size": 1,
        "conflicted": False,
    }
    insert_row(session, table_of(Block), block)


def _seen_earlier(session: Session, program_id: int, identifier_id: UUID, *, at: datetime) -> None:
    """Let an identifier grow older, if it was not seen that early yet; its block is locked."""
    if _OLDER.changed(session, {"program": program_id, "own": identifier_id, "moment": at}):
        grow_older(session, program_id, identifier_id, at=at)


def _keep_readable(session: Session, program_id: int, identifier_id: UUID, value: str) -> None:
    """Keep the readable value apart, so that it can be erased alone."""
    insert_new(
        session,
        PersonalData,
        {
            "program_id": program_id,
            "identifier_id": identifier_id,
            "value": value,
            "verified_at": None,
        },
    )


def mark_verified(session: Session, program_id: int, identifier_id: UUID, *, at: datetime) -> None:
    """Note that somebody proved a readable value to be theirs; the first proof counts."""
    session.execute(
        update(PersonalData)
        .where(
            PersonalData.program_id == program_id,
            PersonalData.identifier_id == identifier_id,
            PersonalData.verified_at.is_(None),
        )
        .values(verified_at=at)
        .execution_options(synchronize_session=False)
    )
