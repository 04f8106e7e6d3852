"""Drop what is over: challenges, pairing offers, browser sessions."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from loyalty.db.writes import table_of
from loyalty.programs.models import BrowserSession, Pairing, SignInChallenge

CHALLENGE: Final = table_of(SignInChallenge)
PAIRING: Final = table_of(Pairing)
SESSION: Final = table_of(BrowserSession)
# Long enough to answer "it says the code is over" truthfully.
CHALLENGES_KEPT: Final = timedelta(days=1)
PAIRINGS_KEPT: Final = timedelta(days=1)
SESSIONS_KEPT: Final = timedelta(days=30)


def drop_old_sign_ins(session: Session, program_id: int, *, at: datetime) -> None:
    """Drop challenges and browser sessions of a program that ended a while ago."""
    session.execute(
        delete(CHALLENGE).where(
            CHALLENGE.c.program_id == program_id, CHALLENGE.c.expires_at < at - CHALLENGES_KEPT
        )
    )
    ended = at - SESSIONS_KEPT
    session.execute(
        delete(SESSION).where(
            SESSION.c.program_id == program_id,
            or_(SESSION.c.expires_at < ended, SESSION.c.revoked_at < ended),
        )
    )


def drop_old_pairings(session: Session, *, at: datetime) -> None:
    """Drop pairing offers that ended a while ago, of every program."""
    session.execute(delete(PAIRING).where(PAIRING.c.expires_at < at - PAIRINGS_KEPT))
