"""One-time codes and links by e-mail: good once, for ten minutes, five tries."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loyalty.db.rates import count_try, give_back_try
from loyalty.db.writes import rows_changed, table_of
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys, derived_key, keyed_hash
from loyalty.programs import rules
from loyalty.programs.models import SignInChallenge

Purpose = Literal["staff", "save_card"]

CHALLENGE: Final = table_of(SignInChallenge)


@dataclass(frozen=True, slots=True)
class ChallengeFacts:
    """What was asked: for whom, by which card or person, at which store's page."""

    program_id: int
    challenge_id: UUID
    purpose: str
    email: str
    subject: str
    store_id: UUID | None
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChallengeWrong:
    """The answer did not fit; at `tries_left` 0 the challenge is dead (used, old, tried out)."""

    tries_left: int


def open_challenge(  # noqa: PLR0913  each is one column of the row
    session: Session,
    program_id: int,
    *,
    purpose: Purpose,
    email: str,
    subject: str,
    store_id: UUID | None,
    at: datetime,
    keys: ServerKeys,
) -> tuple[ChallengeFacts, str]:
    """Open a challenge; returns it and its code of 6 digits, of which only a hash is kept.

    An empty `subject` for purpose `staff` means that nobody has the address: the row is
    written all the same, so that asking tells nothing, and it can never be answered.
    """
    code = rules.new_challenge_code()
    facts = ChallengeFacts(
        program_id=program_id,
        challenge_id=new_id(at),
        purpose=purpose,
        email=email,
        subject=subject,
        store_id=store_id,
        expires_at=at + rules.CHALLENGE_TTL,
    )
    session.execute(
        CHALLENGE.insert().values(
            program_id=program_id,
            challenge_id=facts.challenge_id,
            purpose=purpose,
            email=email,
            subject=subject,
            store_id=store_id,
            code_hash=_code_hash(facts.challenge_id, code, program_id=program_id, keys=keys),
            created_at=at,
            expires_at=facts.expires_at,
            tries_left=rules.CHALLENGE_TRIES,
            used_at=None,
        )
    )
    return facts, code


def answer_challenge(
    session: Session,
    program_id: int,
    challenge_id: UUID,
    *,
    purpose: Purpose,
    code: str | None,
    at: datetime,
    keys: ServerKeys,
) -> ChallengeFacts | ChallengeWrong:
    """Answer a challenge with its code, or without one when the signed link was opened.

    Of many right answers at once exactly one passes. A wrong one is returned, not raised:
    the try it took has to be kept.
    """
    mine = (CHALLENGE.c.program_id == program_id, CHALLENGE.c.challenge_id == challenge_id)
    open_now = (
        *mine,
        CHALLENGE.c.purpose == purpose,
        CHALLENGE.c.used_at.is_(None),
        CHALLENGE.c.expires_at > at,
        CHALLENGE.c.tries_left > 0,
    )
    taken = rows_changed(
        session,
        update(CHALLENGE).where(*open_now).values(tries_left=CHALLENGE.c.tries_left - 1),
    )
    row = session.execute(select(CHALLENGE).where(*mine)).one_or_none()
    if taken != 1 or row is None:
        return ChallengeWrong(tries_left=0)
    if code is not None:
        # New challenges bring new tries; what is guessed at one address in a day has an end.
        guesses = _guesses(row.email, purpose=purpose, program_id=program_id, keys=keys)
        if not count_try(
            session, guesses, limit=rules.GUESSES_PER_DAY, window=timedelta(days=1), at=at
        ):
            return ChallengeWrong(tries_left=0)
        given = _code_hash(challenge_id, "".join(code.split()), program_id=program_id, keys=keys)
        if not hmac.compare_digest(given, row.code_hash):
            return ChallengeWrong(tries_left=row.tries_left)
        give_back_try(session, guesses)
    if purpose == "staff" and row.subject == "":
        return ChallengeWrong(tries_left=row.tries_left)
    used = rows_changed(
        session, update(CHALLENGE).where(*mine, CHALLENGE.c.used_at.is_(None)).values(used_at=at)
    )
    if used != 1:
        return ChallengeWrong(tries_left=0)
    return ChallengeFacts(
        program_id=program_id,
        challenge_id=challenge_id,
        purpose=row.purpose,
        email=row.email,
        subject=row.subject,
        store_id=row.store_id,
        expires_at=row.expires_at,
        used_at=at,
    )


def challenge_by_id(session: Session, program_id: int, challenge_id: UUID) -> ChallengeFacts | None:
    """Find a challenge that was asked, whatever became of it."""
    row = session.execute(
        select(CHALLENGE).where(
            CHALLENGE.c.program_id == program_id, CHALLENGE.c.challenge_id == challenge_id
        )
    ).one_or_none()
    if row is None:
        return None
    return ChallengeFacts(
        program_id=row.program_id,
        challenge_id=row.challenge_id,
        purpose=row.purpose,
        email=row.email,
        subject=row.subject,
        store_id=row.store_id,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


def _guesses(email: str, *, purpose: Purpose, program_id: int, keys: ServerKeys) -> str:
    """Name the counter of the codes guessed at one address, without the address in it."""
    told = keyed_hash(derived_key(keys, "guesses", program_id), purpose, email)
    return f"guesses:{program_id}:{told}"


def _code_hash(challenge_id: UUID, code: str, *, program_id: int, keys: ServerKeys) -> str:
    return keyed_hash(derived_key(keys, "challenge", program_id), str(challenge_id), code)
