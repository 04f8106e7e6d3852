"""Receipt codes: signed in advance for one till, good for one sale and one shopper."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from loyalty.codes.issue import UNSIGNED, sign_code
from loyalty.codes.keys import signer
from loyalty.codes.models import ClaimCode
from loyalty.db.prepared import insert_rows
from loyalty.db.writes import rows_changed, table_of
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.codes import CodeHeader, CodeKind, seconds_of

CLAIM: Final = table_of(ClaimCode)
# A till keeps this many at most, and is given so many at a time.
POOL: Final = 200
BATCH_MOST: Final = 50
# What a till took offline may come late; then nobody asks any more.
KEPT_AFTER: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class IssuedClaim:
    """A receipt code as a till keeps it; `text` is what is signed.

    After `expires_at` the till gives it to nobody; what it gave before can still be opened.
    """

    claim_id: str
    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """How a receipt code stands: whose till it is, which sale it is of, which card has it."""

    claim_id: str
    till_id: UUID
    expires_at: datetime
    sale_id: str | None
    card_id: str | None
    claimed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """How long a till may give a code away, and how long its shopper may claim from then on."""

    given_days: int = 30
    claim_days: int = 14


def issue_claims(
    session: Session,
    program_id: int,
    till_id: UUID,
    count: int,
    *,
    at: datetime,
    keys: ServerKeys,
    terms: ClaimTerms = ClaimTerms(),
) -> tuple[IssuedClaim, ...]:
    """Sign receipt codes in advance for one till, at most a batch of them.

    A code is good for the whole time of claiming, also when it was given on its last day.
    """
    sign = signer(session, program_id, keys=keys).sign
    given_until = (at + timedelta(days=terms.given_days)).replace(microsecond=0)
    expires_at = given_until + timedelta(days=terms.claim_days)
    issued = []
    for _ in range(min(count, BATCH_MOST)):
        claim_id = secrets.token_hex(8)
        text = sign(_header(program_id, claim_id, expires_at))
        issued.append(IssuedClaim(claim_id, text, given_until))
    rows = [
        {
            "program_id": program_id,
            "claim_id": each.claim_id,
            "till_id": till_id,
            "issued_at": at,
            "expires_at": expires_at,
            "sale_id": None,
            "card_id": None,
            "claimed_at": None,
        }
        for each in issued
    ]
    insert_rows(session, CLAIM, rows)
    return tuple(issued)


def claim_text(session: Session, program_id: int, claim: ClaimFacts, *, keys: ServerKeys) -> str:
    """Sign a receipt code once more: it says what the one on the till says."""
    return sign_code(session, _header(program_id, claim.claim_id, claim.expires_at), keys=keys)


def claim_by_id(session: Session, program_id: int, claim_id: str) -> ClaimFacts | None:
    """Find a receipt code; None for one that was never ours or is long forgotten."""
    return _find(session, program_id, CLAIM.c.claim_id == claim_id)


def claims_of_cards(session: Session, program_id: int, card_ids: Collection[str]) -> dict[str, str]:
    """List the receipts that some cards claimed, each with its card."""
    rows = session.execute(
        select(CLAIM.c.claim_id, CLAIM.c.card_id).where(
            CLAIM.c.program_id == program_id, CLAIM.c.card_id.in_(card_ids)
        )
    )
    return {row.claim_id: row.card_id for row in rows}


def name_sale(
    session: Session, program_id: int, claim_id: str, *, till_id: UUID, sale_id: str
) -> bool:
    """Bind a receipt code to the sale it was printed for: of its own till, and only once."""
    bound = (
        update(ClaimCode)
        .where(
            ClaimCode.program_id == program_id,
            ClaimCode.claim_id == claim_id,
            ClaimCode.till_id == till_id,
            ClaimCode.sale_id.is_(None),
        )
        .values(sale_id=sale_id)
        .execution_options(synchronize_session=False)
    )
    return bool(rows_changed(session, bound))


def take_claim(
    session: Session, program_id: int, claim_id: str, *, card_id: str, at: datetime
) -> bool:
    """Let one card have a receipt code, whoever else asks at the same time; say whether it does."""
    taken = (
        update(ClaimCode)
        .where(
            ClaimCode.program_id == program_id,
            ClaimCode.claim_id == claim_id,
            ClaimCode.card_id.is_(None),
        )
        .values(card_id=card_id, claimed_at=at)
        .execution_options(synchronize_session=False)
    )
    return bool(rows_changed(session, taken))


def give_claim_back(session: Session, program_id: int, claim_id: str, *, card_id: str) -> bool:
    """Let a card go of a receipt code, so that whoever it belongs to can have it."""
    given = (
        update(ClaimCode)
        .where(
            ClaimCode.program_id == program_id,
            ClaimCode.claim_id == claim_id,
            ClaimCode.card_id == card_id,
        )
        .values(card_id=None, claimed_at=None)
        .execution_options(synchronize_session=False)
    )
    return bool(rows_changed(session, given))


def forget_claims(session: Session, program_id: int, *, at: datetime) -> None:
    """Forget receipt codes that no receipt took, long after they ran out."""
    session.execute(
        delete(ClaimCode)
        .where(
            ClaimCode.program_id == program_id,
            ClaimCode.expires_at < at - KEPT_AFTER,
            ClaimCode.sale_id.is_(None),
        )
        .execution_options(synchronize_session=False)
    )


def _header(program_id: int, claim_id: str, expires_at: datetime) -> CodeHeader:
    return CodeHeader(
        kind=CodeKind.CLAIM,
        key_id=UNSIGNED,
        program_id=program_id,
        subject_id=claim_id,
        epoch=0,
        seconds=seconds_of(expires_at),
    )


def _find(session: Session, program_id: int, *what: object) -> ClaimFacts | None:
    row = session.execute(
        select(
            CLAIM.c.claim_id,
            CLAIM.c.till_id,
            CLAIM.c.expires_at,
            CLAIM.c.sale_id,
            CLAIM.c.card_id,
            CLAIM.c.claimed_at,
        ).where(CLAIM.c.program_id == program_id, *what)  # type: ignore[arg-type]
    ).one_or_none()
    return None if row is None else ClaimFacts(*row)
