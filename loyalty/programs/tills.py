"""Pair a device at a counter, know it again by its key, and let it go."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import rows_changed, table_of
from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys, derived_key, keyed_hash, secret_hash
from loyalty.programs import rules
from loyalty.programs.errors import TillRevokedError
from loyalty.programs.models import Pairing, Till
from loyalty.programs.queries import TillAtStore, till_at_store, till_by_id

TILL_KEY_BYTES: Final = 32
# How stale `last_seen_at` may get before a call writes it again.
SEEN_EVERY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """A pairing offer that can still be taken."""

    code_hash: str
    program_id: int
    store_id: UUID
    till_name: str


def pairing_hash(code: str, *, keys: ServerKeys) -> str:
    """Hash a pairing code with the server's key; the table is looked up before the program."""
    return keyed_hash(derived_key(keys, "pairing", 0), code)


def write_offer(
    session: Session,
    program_id: int,
    store_id: UUID,
    *,
    code_hash: str,
    till_name: str,
    staff_id: UUID | None,
    at: datetime,
) -> datetime:
    """Keep a pairing offer, by the hash of its code only; says when it ends."""
    expires_at = at + rules.PAIRING_TTL
    session.add(
        Pairing(
            code_hash=code_hash,
            program_id=program_id,
            store_id=store_id,
            till_name=rules.name_checked(till_name, field="till_name"),
            offered_by=staff_id,
            expires_at=expires_at,
            tries_left=rules.PAIRING_TRIES,
            used_at=None,
        )
    )
    session.flush()
    return expires_at


def find_offer(session: Session, code_hash: str, *, at: datetime) -> OpenOffer | None:
    """Find the open offer behind a code, in any program."""
    row = session.execute(
        select(Pairing.code_hash, Pairing.program_id, Pairing.store_id, Pairing.till_name).where(
            Pairing.code_hash == code_hash,
            Pairing.used_at.is_(None),
            Pairing.expires_at > at,
            Pairing.tries_left > 0,
        )
    ).one_or_none()
    return None if row is None else OpenOffer(*row)


def take_offer(session: Session, code_hash: str, *, at: datetime) -> bool:
    """Take an offer; of many who try at once, exactly one gets it."""
    table = table_of(Pairing)
    return (
        rows_changed(
            session,
            update(table)
            .where(
                table.c.code_hash == code_hash,
                table.c.used_at.is_(None),
                table.c.expires_at > at,
                table.c.tries_left > 0,
            )
            .values(used_at=at, tries_left=table.c.tries_left - 1),
        )
        == 1
    )


def new_till_key() -> str:
    """Draw a till's key: 256 bits, in hex."""
    return secrets.token_hex(TILL_KEY_BYTES)


def create_till(
    session: Session,
    program_id: int,
    store_id: UUID,
    *,
    name: str,
    kind: str,
    key_hash: str,
    at: datetime,
) -> UUID:
    """Write a paired till; only the SHA-256 of its key is kept."""
    assert kind in ("browser", "agent"), "a till is a browser or an agent"
    till_id = new_id(at)
    session.add(
        Till(
            program_id=program_id,
            till_id=till_id,
            store_id=store_id,
            name=rules.name_checked(name, field="till_name"),
            kind=kind,
            key_hash=key_hash,
            paired_at=at,
            revoked_at=None,
            last_seen_at=at,
        )
    )
    session.flush()
    return till_id


def till_of_key(session: Session, program_id: int, till_id: UUID, key: str) -> TillAtStore | None:
    """Know a till, and where it stands, by its key; none when the key is not its own.

    Raises `TillRevokedError` when the key is right but the owner has unpaired the till.
    """
    found = till_at_store(session, program_id, till_id)
    if found is None or not opens(found, key):
        return None
    check_paired(found)
    return found


def opens(till: TillAtStore, key: str) -> bool:
    """Say whether a key is a till's own; it keeps the one it was paired with."""
    return hmac.compare_digest(till.key_hash, secret_hash(key))


def check_paired(till: TillAtStore) -> None:
    """Raise `TillRevokedError` when the owner has unpaired a till."""
    if till.till.revoked_at is not None:
        raise TillRevokedError


def revoke_till_row(session: Session, program_id: int, till_id: UUID, *, at: datetime) -> None:
    """Unpair a till; its key opens nothing from now on. Doing it twice changes nothing.

    Raises `NotFoundError` when there is no such till.
    """
    table = table_of(Till)
    mine = (table.c.program_id == program_id, table.c.till_id == till_id)
    changed = rows_changed(
        session, update(table).where(*mine, table.c.revoked_at.is_(None)).values(revoked_at=at)
    )
    if changed == 0 and till_by_id(session, program_id, till_id) is None:
        raise NotFoundError


def touch_till(session: Session, program_id: int, till_id: UUID, *, at: datetime) -> None:
    """Note that a till was heard of; writes at most every five minutes."""
    table = table_of(Till)
    session.execute(
        update(table)
        .where(
            table.c.program_id == program_id,
            table.c.till_id == till_id,
            or_(table.c.last_seen_at.is_(None), table.c.last_seen_at <= at - SEEN_EVERY),
        )
        .values(last_seen_at=at)
    )
