"""A store's connections: made, told how their polls went, ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, rows_changed, table_of
from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys, derived_key
from loyalty.social.models import SocialConnection

CONNECTION: Final = table_of(SocialConnection)
PROBLEM_LENGTH_MAX: Final = 200
# The watch comes round each half minute; what is due then must be due in time.
POLL_EVERY: Final = timedelta(seconds=20)
POLL_CLAIM: Final = timedelta(minutes=2)
POLL_WAIT_MAX: Final = timedelta(hours=1)
_PURPOSE: Final = "social-secrets"
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What a connection is about; `secrets` are sealed before they are written."""

    store_id: UUID
    network: str
    base_url: str
    account: str
    account_number: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """A connection and how it is doing; its secrets are read by `secrets_of` alone."""

    connection_id: UUID
    store_id: UUID
    network: str
    base_url: str
    account: str
    account_number: str
    state: str
    made_at: datetime
    polled_at: datetime | None
    newest_at: datetime | None
    lag_s: int
    failures: int
    problem: str
    due_at: datetime


_FACTS: Final = tuple(CONNECTION.c[name] for name in ConnectionFacts.__slots__)


def connect(
    session: Session, program_id: int, draft: NewConnection, *, at: datetime, keys: ServerKeys
) -> UUID:
    """Connect an account, or connect it again with new secrets; nothing known of it is lost."""
    connection_id = new_id(at)
    row = {
        "program_id": program_id,
        "connection_id": connection_id,
        "store_id": draft.store_id,
        "network": draft.network,
        "base_url": draft.base_url,
        "account": draft.account,
        "account_number": draft.account_number,
        "secrets_sealed": _sealed(keys, program_id, connection_id, draft.secrets),
        "state": "live",
        "made_at": at,
        "polled_at": None,
        "newest_at": None,
        "lag_s": 0,
        "failures": 0,
        "problem": "",
        "due_at": at,
    }
    if insert_new(session, SocialConnection, row):
        return connection_id
    known: UUID = session.execute(
        select(CONNECTION.c.connection_id).where(
            CONNECTION.c.program_id == program_id,
            CONNECTION.c.network == draft.network,
            CONNECTION.c.base_url == draft.base_url,
            CONNECTION.c.account == draft.account,
        )
    ).scalar_one()
    sealed = _sealed(keys, program_id, known, draft.secrets)
    changes = {"store_id": draft.store_id, "account_number": draft.account_number}
    _change(
        session,
        program_id,
        known,
        {**changes, "secrets_sealed": sealed, "state": "live"}
        | {"failures": 0, "problem": "", "due_at": at},
    )
    return known


def disconnect(session: Session, program_id: int, connection_id: UUID) -> None:
    """End a connection and forget its secrets; what it told stays."""
    _change(session, program_id, connection_id, {"state": "ended", "secrets_sealed": ""})


def note_poll(
    session: Session, program_id: int, connection_id: UUID, *, at: datetime, wait_s: int = 0
) -> None:
    """Note that a poll was answered; the network may ask to be left alone for a while."""
    changes: dict[str, object] = {
        "polled_at": at,
        "failures": 0,
        "problem": "",
        "due_at": at + max(POLL_EVERY, timedelta(seconds=wait_s)),
    }
    _change(session, program_id, connection_id, changes, only_live=True)


def note_newest(
    session: Session, program_id: int, connection_id: UUID, *, newest_at: datetime, at: datetime
) -> None:
    """Note when the newest thing we know of happened, and how late it was learned.

    What happened before the account was connected could not be learned in time.
    """
    connection = connection_by_id(session, program_id, connection_id)
    if connection.newest_at is not None and connection.newest_at >= newest_at:
        return
    is_ours = newest_at >= connection.made_at
    lag = max(0, int((at - newest_at).total_seconds())) if is_ours else 0
    _change(session, program_id, connection_id, {"newest_at": newest_at, "lag_s": lag})


def note_failure(
    session: Session,
    program_id: int,
    connection_id: UUID,
    *,
    problem: str,
    at: datetime,
    wait_s: int = 0,
) -> None:
    """Note that a poll failed; wait longer each time. "revoked" ends the polling at once."""
    failures = connection_by_id(session, program_id, connection_id).failures + 1
    pause = min(POLL_EVERY * 2 ** min(failures, 10), POLL_WAIT_MAX)
    changes: dict[str, object] = {
        "failures": failures,
        "problem": problem[:PROBLEM_LENGTH_MAX],
        "due_at": at + max(pause, timedelta(seconds=wait_s)),
    }
    if problem == "revoked":
        changes |= {"state": "revoked", "secrets_sealed": ""}
    _change(session, program_id, connection_id, changes, only_live=True)


def retry_now(session: Session, program_id: int, connection_id: UUID, *, at: datetime) -> None:
    """Let a live connection be polled at once."""
    _change(session, program_id, connection_id, {"due_at": at})


def connections_of(session: Session, program_id: int) -> tuple[ConnectionFacts, ...]:
    """List a program's connections, oldest first, ended ones too."""
    rows = session.execute(
        select(*_FACTS)
        .where(CONNECTION.c.program_id == program_id)
        .order_by(CONNECTION.c.connection_id)
    )
    return tuple(ConnectionFacts(*row) for row in rows)


def connections_due(
    session: Session, program_id: int, *, at: datetime
) -> tuple[ConnectionFacts, ...]:
    """List the live connections whose poll is due."""
    found = connections_of(session, program_id)
    return tuple(one for one in found if one.state == "live" and one.due_at <= at)


def live_connection_of(
    session: Session, program_id: int, store_id: UUID, *, network: str
) -> UUID | None:
    """Find a store's live connection to a network, the oldest if it has several."""
    found = (
        select(CONNECTION.c.connection_id)
        .where(
            CONNECTION.c.program_id == program_id,
            CONNECTION.c.store_id == store_id,
            CONNECTION.c.network == network,
            CONNECTION.c.state == "live",
        )
        .order_by(CONNECTION.c.connection_id)
    )
    return session.execute(found).scalars().first()


def claim_poll(session: Session, program_id: int, connection_id: UUID, *, at: datetime) -> bool:
    """Take the poll of a connection that is due; False when another has it, or it is not due."""
    taken = (
        update(CONNECTION)
        .where(
            CONNECTION.c.program_id == program_id,
            CONNECTION.c.connection_id == connection_id,
            CONNECTION.c.state == "live",
            CONNECTION.c.due_at <= at,
        )
        .values(due_at=at + POLL_CLAIM)
    )
    return bool(rows_changed(session, taken))


def connection_by_id(session: Session, program_id: int, connection_id: UUID) -> ConnectionFacts:
    """Find a connection.

    Errors: `NotFoundError`.
    """
    row = session.execute(
        select(*_FACTS).where(
            CONNECTION.c.program_id == program_id, CONNECTION.c.connection_id == connection_id
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return ConnectionFacts(*row)


def secrets_of(
    session: Session, program_id: int, connection_id: UUID, *, keys: ServerKeys
) -> Mapping[str, str]:
    """Open the secrets of a connection; empty when it has none, or the keys are others."""
    sealed = session.execute(
        select(CONNECTION.c.secrets_sealed).where(
            CONNECTION.c.program_id == program_id, CONNECTION.c.connection_id == connection_id
        )
    ).scalar_one_or_none()
    if not sealed:
        return {}
    raw = bytes.fromhex(sealed)
    cipher = AESGCM(derived_key(keys, _PURPOSE, program_id))
    place = _place(program_id, connection_id)
    try:
        opened: dict[str, str] = json.loads(
            cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place)
        )
    except InvalidTag:
        return {}
    return opened


def _sealed(
    keys: ServerKeys, program_id: int, connection_id: UUID, secrets: Mapping[str, str]
) -> str:
    """Seal secrets for their one place in the database: AES-GCM, nonce first, in hex."""
    if not secrets:
        return ""
    nonce = token_bytes(_NONCE_BYTES)
    cipher = AESGCM(derived_key(keys, _PURPOSE, program_id))
    told = json.dumps(dict(secrets)).encode()
    return (nonce + cipher.encrypt(nonce, told, _place(program_id, connection_id))).hex()


def _place(program_id: int, connection_id: UUID) -> bytes:
    return f"enlaza-social/{program_id}/{connection_id}".encode()


def _change(
    session: Session,
    program_id: int,
    connection_id: UUID,
    changes: Mapping[str, object],
    *,
    only_live: bool = False,
) -> None:
    # One that the owner ended while it was polled stays ended.
    live = (CONNECTION.c.state == "live",) if only_live else ()
    session.execute(
        update(CONNECTION)
        .where(
            CONNECTION.c.program_id == program_id,
            CONNECTION.c.connection_id == connection_id,
            *live,
        )
        .values(**changes)
    )
