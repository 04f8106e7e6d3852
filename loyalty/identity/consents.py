"""What a member accepts, refuses and takes back, one purpose at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import rows_changed
from loyalty.identity.models import Consent
from loyalty.kernel.ids import new_id

WEB_VISITS: Final = "web_visits"
NEWS: Final = "news"
SOCIAL: Final = "social"
PURPOSES: Final = (WEB_VISITS, NEWS, SOCIAL)


_TIMES_OF: Final = select(Consent.given_at, Consent.withdrawn_at).where(
    Consent.program_id == bindparam("program"), Consent.consent_id == bindparam("consent")
)
_TIMES: Final = Prepared(_TIMES_OF)
_TIMES_HELD: Final = Prepared(_TIMES_OF.with_for_update(read=True))


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """One answer to one purpose: given, refused, or given and withdrawn."""

    consent_id: UUID
    member_id: UUID
    purpose: str
    wording: str
    language: str
    given_at: datetime | None
    refused_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Say whether it was given and not taken back."""
        return self.given_at is not None and self.withdrawn_at is None

    @property
    def answered_at(self) -> datetime:
        """The moment of the first answer."""
        answered = self.given_at or self.refused_at
        assert answered is not None, "a consent row is an answer"
        return answered


@dataclass(frozen=True, slots=True)
class Wording:
    """The words a purpose was asked in, kept with the answer."""

    text: str
    language: str


def record_answer(
    session: Session,
    program_id: int,
    member_id: UUID,
    *,
    purpose: str,
    accepted: bool,
    wording: Wording,
    at: datetime,
) -> UUID:
    """Keep an answer with its words and time; the same answer again changes nothing.

    Saying yes while a yes lives returns that one. A no while a yes lives is not an answer but a
    withdrawal: see `withdraw`.
    """
    assert purpose in PURPOSES, "a purpose nobody asks about"
    last = last_consent(session, program_id, [member_id], purpose, lock=True)
    if last is not None and last.withdrawn_at is None and last.is_live == accepted:
        return last.consent_id
    assert accepted or last is None or not last.is_live, "a living consent is withdrawn"
    consent_id = new_id(at)
    session.execute(
        insert(Consent).values(
            program_id=program_id,
            consent_id=consent_id,
            member_id=member_id,
            purpose=purpose,
            wording=wording.text,
            language=wording.language,
            given_at=at if accepted else None,
            refused_at=None if accepted else at,
            withdrawn_at=None,
        )
    )
    return consent_id


def withdraw(session: Session, program_id: int, consent_id: UUID, *, at: datetime) -> bool:
    """End a living consent; say whether it lived until now.

    The caller retracts its links in the same act.
    """
    ended = (
        update(Consent)
        .where(
            Consent.program_id == program_id,
            Consent.consent_id == consent_id,
            Consent.given_at.is_not(None),
            Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=at)
        .execution_options(synchronize_session=False)
    )
    return bool(rows_changed(session, ended))


def consent_is_live(
    session: Session, program_id: int, consent_id: UUID, *, lock: bool = False
) -> bool:
    """Say whether a consent lives; `lock` keeps it from being withdrawn until the act is done."""
    asked = _TIMES_HELD if lock else _TIMES
    row = asked.first(session, program=program_id, consent=consent_id)
    if row is None:
        return False
    given_at, withdrawn_at = row
    return given_at is not None and withdrawn_at is None


def last_consent(
    session: Session,
    program_id: int,
    member_ids: Collection[UUID],
    purpose: str,
    *,
    lock: bool = False,
) -> ConsentFacts | None:
    """Find the latest answer of a person's memberships to one purpose."""
    found = (
        select(Consent)
        .where(
            Consent.program_id == program_id,
            Consent.member_id.in_(member_ids),
            Consent.purpose == purpose,
        )
        .order_by(Consent.consent_id.desc())
        .limit(1)
    )
    row = session.execute(found.with_for_update() if lock else found).scalar_one_or_none()
    return None if row is None else _facts(row)


def live_consent(
    session: Session, program_id: int, member_ids: Collection[UUID], purpose: str
) -> ConsentFacts | None:
    """Find the consent of a person's memberships to one purpose that lives now."""
    last = last_consent(session, program_id, member_ids, purpose)
    return last if last is not None and last.is_live else None


def consents_of(
    session: Session, program_id: int, member_ids: Collection[UUID]
) -> tuple[ConsentFacts, ...]:
    """List every answer of a person's memberships, oldest first."""
    rows = session.execute(
        select(Consent)
        .where(Consent.program_id == program_id, Consent.member_id.in_(member_ids))
        .order_by(Consent.consent_id)
    ).scalars()
    return tuple(_facts(row) for row in rows)


def _facts(row: Consent) -> ConsentFacts:
    return ConsentFacts(
        consent_id=row.consent_id,
        member_id=row.member_id,
        purpose=row.purpose,
        wording=row.wording,
        language=row.language,
        given_at=row.given_at,
        refused_at=row.refused_at,
        withdrawn_at=row.withdrawn_at,
    )
