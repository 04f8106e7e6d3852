"""Programs of others that ask ours: each has a key of its own, and may ask for what it was given.

The key is drawn here and told once; only its SHA-256 is kept.
"""

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, or_, select, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_row
from loyalty.db.writes import hold, rows_changed, table_of
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import secret_hash
from loyalty.programs.models import Integrator
from loyalty.programs.rules import name_checked

INTEGRATOR: Final = table_of(Integrator)
INTEGRATORS_MAX: Final = 20
KEY_BYTES: Final = 32
SEEN_EVERY: Final = timedelta(minutes=5)


class Scope(StrEnum):
    """What a key may ask for."""

    FEED = "feed"


@dataclass(frozen=True, slots=True)
class IntegratorFacts:
    """A program that may ask, and for what."""

    program_id: int
    integrator_id: UUID
    name: str
    scopes: frozenset[Scope]
    made_at: datetime
    made_by: str
    revoked_at: datetime | None
    revoked_by: str | None
    last_seen_at: datetime | None


def add_integrator(
    session: Session,
    program_id: int,
    *,
    name: str,
    scopes: Collection[Scope],
    made_by: str,
    at: datetime,
) -> tuple[UUID, str]:
    """Let a program ask; gives its id and its key, which is never told again.

    Errors: `SettingInvalidError` ("name", "scopes", "integrators" when there are enough).
    """
    if not scopes:
        raise SettingInvalidError(field="scopes")
    hold(session, "integrators", program_id, "")
    standing = [one for one in integrators_of(session, program_id) if one.revoked_at is None]
    if len(standing) >= INTEGRATORS_MAX:
        raise SettingInvalidError(field="integrators", most=INTEGRATORS_MAX)
    integrator_id, key = new_id(at), secrets.token_hex(KEY_BYTES)
    row = {
        "program_id": program_id,
        "integrator_id": integrator_id,
        "name": name_checked(name),
        "scopes": " ".join(sorted(scopes)),
        "key_hash": secret_hash(key),
        "made_at": at,
        "made_by": made_by,
        "revoked_at": None,
        "revoked_by": None,
        "last_seen_at": None,
    }
    insert_row(session, INTEGRATOR, row)
    return integrator_id, key


def integrators_of(session: Session, program_id: int) -> tuple[IntegratorFacts, ...]:
    """List the programs that may ask or once might, oldest first."""
    rows = session.execute(
        select(INTEGRATOR)
        .where(INTEGRATOR.c.program_id == program_id)
        .order_by(INTEGRATOR.c.integrator_id)
    )
    return tuple(map(_facts, rows))


def integrator_of_key(
    session: Session, program_id: int, integrator_id: UUID, key: str
) -> IntegratorFacts | None:
    """Know a program by its key; none when the key is not its own or was taken back."""
    row = session.execute(
        select(INTEGRATOR).where(
            INTEGRATOR.c.program_id == program_id, INTEGRATOR.c.integrator_id == integrator_id
        )
    ).one_or_none()
    if row is None or not hmac.compare_digest(row.key_hash, secret_hash(key)):
        return None
    return None if row.revoked_at is not None else _facts(row)


def revoke_integrator(
    session: Session, program_id: int, integrator_id: UUID, *, revoked_by: str, at: datetime
) -> None:
    """Take a key back; it opens nothing from now on. Doing it twice changes nothing.

    Who took it back is kept beside who made it.

    Errors: `NotFoundError`.
    """
    mine = (INTEGRATOR.c.program_id == program_id, INTEGRATOR.c.integrator_id == integrator_id)
    changed = rows_changed(
        session,
        update(INTEGRATOR)
        .where(*mine, INTEGRATOR.c.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by=revoked_by),
    )
    known = select(INTEGRATOR.c.integrator_id).where(*mine)
    if not changed and session.execute(known).first() is None:
        raise NotFoundError


def touch_integrator(
    session: Session, program_id: int, integrator_id: UUID, *, at: datetime
) -> None:
    """Note that a program was heard of; writes at most every five minutes."""
    seen = INTEGRATOR.c.last_seen_at
    session.execute(
        update(INTEGRATOR)
        .where(
            INTEGRATOR.c.program_id == program_id,
            INTEGRATOR.c.integrator_id == integrator_id,
            or_(seen.is_(None), seen <= at - SEEN_EVERY),
        )
        .values(last_seen_at=at)
    )


def _facts(row: Row[Any]) -> IntegratorFacts:
    return IntegratorFacts(
        program_id=row.program_id,
        integrator_id=row.integrator_id,
        name=row.name,
        # What this version does not know was given by a newer one, and opens nothing here.
        scopes=frozenset(Scope(each) for each in row.scopes.split() if each in set(Scope)),
        made_at=row.made_at,
        made_by=row.made_by,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        last_seen_at=row.last_seen_at,
    )
