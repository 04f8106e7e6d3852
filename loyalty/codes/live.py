"""Live codes: a phone holds a batch of them, each good for two minutes, one per minute."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from loyalty.codes.errors import CardUnknownError
from loyalty.codes.issue import UNSIGNED
from loyalty.codes.keys import signer
from loyalty.codes.models import Card, LiveCode, LiveVisit
from loyalty.codes.rules import RENEW_BELOW, missing_expiries
from loyalty.db.prepared import Prepared
from loyalty.db.writes import insert_new, is_postgresql, table_of
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.codes import (
    ALPHABET,
    LETTERS_LENGTH,
    LIVE_WINDOW,
    CodeHeader,
    CodeKind,
    seconds_of,
)

LIVE: Final = table_of(LiveCode)
VISIT: Final = table_of(LiveVisit)
CARD: Final = table_of(Card)
_VISIT_IN_FORCE: Final = Prepared(
    select(VISIT.c.visit_id, VISIT.c.consent_id)
    .where(
        VISIT.c.program_id == bindparam("program"),
        VISIT.c.card_id == bindparam("card"),
        VISIT.c.started_at <= bindparam("at"),
    )
    .order_by(VISIT.c.started_at.desc())
    .limit(1)
)
# Typed letters older than this are nobody's; the picture they stood under expired long ago.
LETTERS_KEPT: Final = timedelta(days=1)
# 20^8 letters: a second draw is rare, a fifth means the letters are used up.
_DRAWS: Final = 5


@dataclass(frozen=True, slots=True)
class LiveCodeText:
    """One code as the phone shows it: the picture's text, the letters under it, its time."""

    text: str
    letters: str
    starts_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LiveBatch:
    """All codes a phone holds from now on, in order; it picks by server time, not its own."""

    server_time: datetime
    codes: tuple[LiveCodeText, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    expires_at: datetime
    letters: str
    epoch: int


def renew_live_batch(
    session: Session, program_id: int, card_id: str, *, at: datetime, keys: ServerKeys
) -> LiveBatch:
    """Give a phone its codes: those it holds, filled up to 130 when fewer than 65 are left.

    Raises CardUnknownError for a void or unknown card.
    """
    epoch = _lock_card(session, program_id, card_id)
    held = _held(session, program_id, card_id, at=at)
    wanted = missing_expiries([code.expires_at for code in held], at=at)
    if wanted:
        _drop_superseded(session, program_id, card_id, epoch=epoch, at=at)
        _hand_out(session, program_id, card_id, wanted, epoch=epoch, at=at)
        held = _held(session, program_id, card_id, at=at)
    return _batch(session, program_id, card_id, held, at=at, keys=keys)


def held_live_batch(
    session: Session, program_id: int, card_id: str, *, at: datetime, keys: ServerKeys
) -> LiveBatch | None:
    """Give a phone the codes it holds without writing; None when it needs `renew_live_batch`."""
    held = _held(session, program_id, card_id, at=at)
    if len(held) < RENEW_BELOW:
        return None
    return _batch(session, program_id, card_id, held, at=at, keys=keys)


def set_live_visit(
    session: Session,
    program_id: int,
    card_id: str,
    *,
    visit_id: UUID | None,
    consent_id: UUID | None,
    at: datetime,
) -> None:
    """Say whose visit a card's live codes speak for from now on; None takes it back.

    Codes already on the phone change their meaning with it: what counts is the row in force
    when a code is scanned. Consent given later never reaches backwards.
    """
    if visit_in_force(session, program_id, card_id, at=at) == _pair(visit_id, consent_id):
        return
    key = {"program_id": program_id, "card_id": card_id, "started_at": at}
    said = {"visit_id": visit_id, "consent_id": consent_id}
    if not insert_new(session, LiveVisit, {**key, **said}):
        session.execute(
            update(VISIT)
            .where(*(VISIT.c[name] == value for name, value in key.items()))
            .values(said)
        )


def visit_in_force(
    session: Session, program_id: int, card_id: str, *, at: datetime
) -> tuple[UUID, UUID] | None:
    """Find the visit and the consent that a card's live codes spoke for at `at`."""
    row = _VISIT_IN_FORCE.first(session, program=program_id, card=card_id, at=at)
    return None if row is None else _pair(*row)


def code_for_letters(
    session: Session, program_id: int, letters: str, *, at: datetime, keys: ServerKeys
) -> str | None:
    """Find the whole live code that 8 typed letters stand for; None when they are nobody's."""
    row = session.execute(
        select(LIVE.c.card_id, LIVE.c.expires_at, LIVE.c.epoch).where(
            LIVE.c.program_id == program_id,
            LIVE.c.letters == letters,
            LIVE.c.expires_at > at - LETTERS_KEPT,
        )
    ).one_or_none()
    if row is None:
        return None
    header = _header(program_id, row.card_id, row.expires_at, row.epoch)
    return signer(session, program_id, keys=keys).sign(header)


def forget_expired_letters(session: Session, program_id: int, *, at: datetime) -> None:
    """Tidy up live codes whose letters nobody may type any more; runs as a job."""
    session.execute(
        delete(LIVE).where(LIVE.c.program_id == program_id, LIVE.c.expires_at <= at - LETTERS_KEPT)
    )


def _lock_card(session: Session, program_id: int, card_id: str) -> int:
    """Let one renewal of a card run at a time, and return the card's epoch."""
    row = session.execute(
        select(CARD.c.state, CARD.c.epoch)
        .where(CARD.c.program_id == program_id, CARD.c.card_id == card_id)
        .with_for_update()
    ).one_or_none()
    if row is None or row.state != "active":
        raise CardUnknownError
    return int(row.epoch)


def _held(session: Session, program_id: int, card_id: str, *, at: datetime) -> tuple[_Held, ...]:
    rows = session.execute(
        select(LIVE.c.expires_at, LIVE.c.letters, LIVE.c.epoch)
        .join(CARD, (CARD.c.program_id == LIVE.c.program_id) & (CARD.c.card_id == LIVE.c.card_id))
        .where(
            LIVE.c.program_id == program_id,
            LIVE.c.card_id == card_id,
            LIVE.c.expires_at > at,
            # Codes from before the card was issued again are superseded: not held any more.
            LIVE.c.epoch >= CARD.c.min_epoch,
        )
        .order_by(LIVE.c.expires_at)
    )
    return tuple(_Held(row.expires_at, row.letters, row.epoch) for row in rows)


def _drop_superseded(
    session: Session, program_id: int, card_id: str, *, epoch: int, at: datetime
) -> None:
    """Free the expiries of codes from before the card was issued again."""
    session.execute(
        delete(LIVE).where(
            LIVE.c.program_id == program_id,
            LIVE.c.card_id == card_id,
            LIVE.c.expires_at > at,
            LIVE.c.epoch < epoch,
        )
    )


def _hand_out(
    session: Session,
    program_id: int,
    card_id: str,
    expiries: tuple[datetime, ...],
    *,
    epoch: int,
    at: datetime,
) -> None:
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    statement = insert(LIVE).on_conflict_do_nothing()
    wanted = set(expiries)
    for _ in range(_DRAWS):
        rows = [
            {
                "program_id": program_id,
                "card_id": card_id,
                "expires_at": expires_at,
                "letters": _draw_letters(),
                "epoch": epoch,
                "issued_at": at,
            }
            for expires_at in sorted(wanted)
        ]
        session.execute(statement, rows)
        wanted -= {code.expires_at for code in _held(session, program_id, card_id, at=at)}
        if not wanted:
            return
    message = "no free letters were found for a live code"
    raise AssertionError(message)


def _draw_letters() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LETTERS_LENGTH))


def _batch(
    session: Session,
    program_id: int,
    card_id: str,
    held: tuple[_Held, ...],
    *,
    at: datetime,
    keys: ServerKeys,
) -> LiveBatch:
    sign = signer(session, program_id, keys=keys).sign
    return LiveBatch(
        server_time=at,
        codes=tuple(
            LiveCodeText(
                text=sign(_header(program_id, card_id, code.expires_at, code.epoch)),
                letters=code.letters,
                starts_at=code.expires_at - LIVE_WINDOW,
                expires_at=code.expires_at,
            )
            for code in held
        ),
    )


def _header(program_id: int, card_id: str, expires_at: datetime, epoch: int) -> CodeHeader:
    return CodeHeader(
        kind=CodeKind.LIVE,
        key_id=UNSIGNED,
        program_id=program_id,
        subject_id=card_id,
        epoch=epoch,
        seconds=seconds_of(expires_at),
    )


def _pair(visit_id: UUID | None, consent_id: UUID | None) -> tuple[UUID, UUID] | None:
    return None if visit_id is None or consent_id is None else (visit_id, consent_id)
