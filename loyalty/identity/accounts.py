"""Which social accounts are a person's now: by evidence that holds and a consent that lives."""

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.identity.models import Consent, Identifier, Link
from loyalty.identity.values import own_identifier_id

_OWN: Final = table_of(Identifier)
_ACCOUNT: Final = table_of(Identifier).alias("account")
_LINK: Final = table_of(Link)
_CONSENT: Final = table_of(Consent)

_LIVE_ACCOUNTS: Final = Prepared(
    select(_ACCOUNT.c.identifier_id)
    .select_from(_OWN)
    .join(
        _ACCOUNT,
        (_ACCOUNT.c.program_id == _OWN.c.program_id)
        & (_ACCOUNT.c.cluster_id == _OWN.c.cluster_id)
        & (_ACCOUNT.c.kind == "social"),
    )
    .where(
        _OWN.c.program_id == bindparam("program"),
        _OWN.c.identifier_id == bindparam("identifier"),
        exists()
        .where(
            _LINK.c.program_id == _ACCOUNT.c.program_id,
            (_LINK.c.a == _ACCOUNT.c.identifier_id) | (_LINK.c.b == _ACCOUNT.c.identifier_id),
            _LINK.c.kind == "social",
            _LINK.c.active.is_(True),
            _LINK.c.refused_rule.is_(None),
            _CONSENT.c.program_id == _LINK.c.program_id,
            _CONSENT.c.consent_id == _LINK.c.consent_id,
            _CONSENT.c.given_at.is_not(None),
            _CONSENT.c.withdrawn_at.is_(None),
        )
        .correlate(_ACCOUNT),
    )
)


def live_accounts_of_card(session: Session, program_id: int, card_id: str) -> tuple[UUID, ...]:
    """List the accounts that are linked to a card's person now, in one look."""
    identifier_id = own_identifier_id("card", card_id)
    rows = _LIVE_ACCOUNTS.rows(session, program=program_id, identifier=identifier_id)
    return tuple(row[0] for row in rows)
