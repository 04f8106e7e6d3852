"""The owner's page shows eight letters; whoever types them at a counter has a till."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from loyalty.db.rates import count_try, forget_tries
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import MalformedRequestError, NotFoundError, TooManyTriesError
from loyalty.kernel.keys import secret_hash
from loyalty.programs import rules
from loyalty.programs.errors import PairingCodeWrongError
from loyalty.programs.queries import StoreFacts, store_by_id
from loyalty.programs.sessions import revoke_till_sessions
from loyalty.programs.tills import (
    OpenOffer,
    create_till,
    find_offer,
    new_till_key,
    pairing_hash,
    revoke_till_row,
    take_offer,
    write_offer,
)

_SHA256_HEX_LENGTH = 64


@dataclass(frozen=True, slots=True)
class PairingOffer:
    """Eight letters to type at the till, good once, for ten minutes."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PairedTill:
    """What a till needs to begin. `key` is set when the server made it, and is kept nowhere."""

    program_id: int
    till_id: UUID
    till_name: str
    store: StoreFacts
    key: str | None = field(repr=False)
    root_public: str


def offer_pairing(
    session: Session,
    program_id: int,
    store_id: UUID,
    *,
    till_name: str,
    staff_id: UUID | None,
    tools: Tools,
) -> PairingOffer:
    """Offer a place at the counter of a store; only the keyed hash of the letters is kept."""
    code = rules.new_pairing_code()
    expires_at = write_offer(
        session,
        program_id,
        store_id,
        code_hash=pairing_hash(code, keys=tools.keys),
        till_name=till_name,
        staff_id=staff_id,
        at=tools.clock.now(),
    )
    return PairingOffer(code=code, expires_at=expires_at)


def pair_till(
    database: Database,
    code: str,
    *,
    client_address: str,
    kind: Literal["browser", "agent"],
    key_sha256: str | None,
    tools: Tools,
) -> PairedTill:
    """Pair a device: a browser is given its key, an agent has made its own.

    It opens its own units of work because the program is known only once the letters are
    found, and because a wrong try has to be kept although it is refused.

    Raises `PairingCodeWrongError`, or `TooManyTriesError` after five wrong tries of one
    client within ten minutes.
    """
    if key_sha256 is not None and not _is_sha256(key_sha256):
        raise MalformedRequestError(field="key_sha256")
    tries = f"pairing:{client_address}"
    offer = _look_up(database, code, tries=tries, tools=tools)
    key = new_till_key() if key_sha256 is None else None
    with database.unit_of_work(offer.program_id) as session:
        now = tools.clock.now()
        if not take_offer(session, offer.code_hash, at=now):
            raise PairingCodeWrongError
        forget_tries(session, tries)
        till_id = create_till(
            session,
            offer.program_id,
            offer.store_id,
            name=offer.till_name,
            kind=kind,
            key_hash=key_sha256.lower() if key is None and key_sha256 else secret_hash(key or ""),
            at=now,
        )
        store = store_by_id(session, offer.program_id, offer.store_id)
    if store is None:
        raise NotFoundError
    return PairedTill(
        program_id=offer.program_id,
        till_id=till_id,
        till_name=offer.till_name,
        store=store,
        key=key,
        root_public=root_public(tools),
    )


def root_public(tools: Tools) -> str:
    """Say the public half of this server's root key, in hex: what a till pins at pairing."""
    private = Ed25519PrivateKey.from_private_bytes(tools.keys.root_private)
    return private.public_key().public_bytes_raw().hex()


def revoke_till(session: Session, program_id: int, till_id: UUID, *, tools: Tools) -> None:
    """Unpair a till and sign out whoever works at it; raises `NotFoundError` for none."""
    now = tools.clock.now()
    revoke_till_row(session, program_id, till_id, at=now)
    revoke_till_sessions(session, program_id, till_id, at=now)


def _look_up(database: Database, code: str, *, tries: str, tools: Tools) -> OpenOffer:
    now = tools.clock.now()
    letters = rules.read_pairing_code(code)
    with database.unit_of_work(NO_PROGRAM) as session:
        allowed = count_try(
            session, tries, limit=rules.PAIRING_TRIES, window=rules.PAIRING_TTL, at=now
        )
        found = (
            find_offer(session, pairing_hash(letters, keys=tools.keys), at=now)
            if allowed and letters is not None
            else None
        )
    if not allowed:
        raise TooManyTriesError(retry_after_s=int(rules.PAIRING_TTL.total_seconds()))
    if found is None:
        raise PairingCodeWrongError
    return found


def _is_sha256(text: str) -> bool:
    return len(text) == _SHA256_HEX_LENGTH and set(text.lower()) <= set("0123456789abcdef")
