"""Signed-in browsers: opened, known again by their secret, and revoked here."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Column, select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import rows_changed, table_of
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import secret_hash
from loyalty.programs.models import BrowserSession

SessionKind = Literal["staff", "shopper", "cashier"]

SECRET_BYTES: Final = 32
STAFF_TTL: Final = timedelta(days=30)
SHOPPER_TTL: Final = timedelta(days=400)
# A shift: whoever forgets to sign out is signed out by the next morning.
CASHIER_TTL: Final = timedelta(hours=16)
# How stale `last_seen_at` may get before a call writes it again.
SEEN_EVERY: Final = timedelta(minutes=5)

SESSION: Final = table_of(BrowserSession)


@dataclass(frozen=True, slots=True)
class BrowserFacts:
    """A signed-in browser. `subject` is a staff id, or the card id of a shopper's phone."""

    program_id: int
    session_id: UUID
    kind: str
    subject: str
    till_id: UUID | None
    store_id: UUID | None
    visit_id: UUID | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


_FACTS: tuple[Column[Any], ...] = (
    SESSION.c.program_id,
    SESSION.c.session_id,
    SESSION.c.kind,
    SESSION.c.subject,
    SESSION.c.till_id,
    SESSION.c.store_id,
    SESSION.c.visit_id,
    SESSION.c.created_at,
    SESSION.c.last_seen_at,
    SESSION.c.expires_at,
)


def cookie_text(program_id: int, secret: str) -> str:
    """Write the text of a session's cookie: the program leads, so that a look-up can start."""
    return f"{program_id}.{secret}"


def open_session(  # noqa: PLR0913  each is one column of the row
    session: Session,
    program_id: int,
    *,
    kind: SessionKind,
    subject: str,
    at: datetime,
    ttl: timedelta,
    till_id: UUID | None = None,
    store_id: UUID | None = None,
    visit_id: UUID | None = None,
) -> tuple[BrowserFacts, str]:
    """Sign a browser in; returns its facts and the secret, of which only the hash is kept."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    facts = BrowserFacts(
        program_id=program_id,
        session_id=new_id(at),
        kind=kind,
        subject=subject,
        till_id=till_id,
        store_id=store_id,
        visit_id=visit_id,
        created_at=at,
        last_seen_at=at,
        expires_at=at + ttl,
    )
    session.execute(
        SESSION.insert().values(
            program_id=facts.program_id,
            session_id=facts.session_id,
            kind=facts.kind,
            subject=facts.subject,
            till_id=facts.till_id,
            store_id=facts.store_id,
            visit_id=facts.visit_id,
            secret_hash=secret_hash(secret),
            created_at=facts.created_at,
            last_seen_at=facts.last_seen_at,
            expires_at=facts.expires_at,
            revoked_at=None,
        )
    )
    return facts, secret


def find_session(
    session: Session, program_id: int, secret: str, *, kind: SessionKind, at: datetime
) -> BrowserFacts | None:
    """Know a browser again; none when it was signed out, revoked or has expired."""
    row = session.execute(
        select(*_FACTS).where(
            SESSION.c.program_id == program_id,
            SESSION.c.secret_hash == secret_hash(secret),
            SESSION.c.kind == kind,
            SESSION.c.revoked_at.is_(None),
            SESSION.c.expires_at > at,
        )
    ).one_or_none()
    return None if row is None else BrowserFacts(*row)


def sessions_of(
    session: Session, program_id: int, *, kind: SessionKind, subject: str, at: datetime
) -> tuple[BrowserFacts, ...]:
    """List the browsers that are signed in for a subject, the one seen last first."""
    rows = session.execute(
        select(*_FACTS)
        .where(
            SESSION.c.program_id == program_id,
            SESSION.c.kind == kind,
            SESSION.c.subject == subject,
            SESSION.c.revoked_at.is_(None),
            SESSION.c.expires_at > at,
        )
        .order_by(SESSION.c.last_seen_at.desc(), SESSION.c.session_id)
    )
    return tuple(BrowserFacts(*row) for row in rows)


def touch_session(session: Session, program_id: int, session_id: UUID, *, at: datetime) -> None:
    """Note that a browser was seen; writes at most every five minutes."""
    session.execute(
        update(SESSION)
        .where(
            SESSION.c.program_id == program_id,
            SESSION.c.session_id == session_id,
            SESSION.c.last_seen_at <= at - SEEN_EVERY,
        )
        .values(last_seen_at=at)
    )


def set_session_place(
    session: Session,
    program_id: int,
    session_id: UUID,
    *,
    store_id: UUID | None,
    visit_id: UUID | None,
) -> None:
    """Note which store's page a phone opened last and which visit is in progress."""
    session.execute(
        update(SESSION)
        .where(SESSION.c.program_id == program_id, SESSION.c.session_id == session_id)
        .values(store_id=store_id, visit_id=visit_id)
    )


def revoke_session(session: Session, program_id: int, session_id: UUID, *, at: datetime) -> bool:
    """Sign one browser out; says whether it was still signed in."""
    return (
        rows_changed(
            session,
            update(SESSION)
            .where(
                SESSION.c.program_id == program_id,
                SESSION.c.session_id == session_id,
                SESSION.c.revoked_at.is_(None),
            )
            .values(revoked_at=at),
        )
        == 1
    )


def revoke_all(
    session: Session, program_id: int, *, kind: SessionKind, subject: str, at: datetime
) -> int:
    """Sign out every browser of a subject; says how many there were."""
    return rows_changed(
        session,
        update(SESSION)
        .where(
            SESSION.c.program_id == program_id,
            SESSION.c.kind == kind,
            SESSION.c.subject == subject,
            SESSION.c.revoked_at.is_(None),
        )
        .values(revoked_at=at),
    )


def revoke_till_sessions(session: Session, program_id: int, till_id: UUID, *, at: datetime) -> int:
    """Sign out every cashier at a till; says how many there were."""
    return rows_changed(
        session,
        update(SESSION)
        .where(
            SESSION.c.program_id == program_id,
            SESSION.c.till_id == till_id,
            SESSION.c.revoked_at.is_(None),
        )
        .values(revoked_at=at),
    )
