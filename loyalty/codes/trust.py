"""The trust list of a program, read from its keys and cards and signed by the root key."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from loyalty.codes.keys import public_ring
from loyalty.codes.models import CALLED_BACK, Card
from loyalty.codes.signing import TRUST_SIGNING, public_of
from loyalty.db.writes import table_of
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.trust import KeyState, SignedTrust, TrustKey, TrustList, seal_trust

CARD: Final = table_of(Card)
# A key only ever goes forward through its states.
_CHANGES: Final = {KeyState.SIGNING: 1, KeyState.VERIFYING: 2, KeyState.WITHDRAWN: 3}
# A void card weighs more than any epoch it may have had.
_VOID_CHANGES: Final = 256


def load_trust(session: Session, program_id: int, *, at: datetime) -> TrustList:
    """Read what a till needs to judge this program's codes by itself."""
    ring = public_ring(session, program_id)
    called_back = session.execute(
        select(CARD.c.card_id, CARD.c.state, CARD.c.min_epoch).where(
            CARD.c.program_id == program_id, CALLED_BACK
        )
    )
    revocations = {
        row.card_id: None if row.state == "void" else int(row.min_epoch) for row in called_back
    }
    return TrustList(
        program_id=program_id,
        sequence=sequence_of(ring, revocations),
        server_time=at,
        keys=ring,
        revocations=revocations,
    )


def signed_trust(
    session: Session, program_id: int, *, keys: ServerKeys, at: datetime
) -> SignedTrust:
    """Read the trust list and sign it with the server's root key."""
    payload = load_trust(session, program_id, at=at).payload()
    return seal_trust(payload, TRUST_SIGNING.get_signature(keys.root_private, payload))


def root_public(keys: ServerKeys) -> bytes:
    """Give the public half of the root key, which a till pins when it is paired."""
    return public_of(keys.root_private)


def trust_sequence(session: Session, program_id: int) -> int:
    """Count as `sequence_of` does, without reading the list: a till asks whether there is news."""
    weight = case((CARD.c.state == "void", _VOID_CHANGES), else_=CARD.c.min_epoch)
    of_cards = session.scalar(
        select(func.coalesce(func.sum(weight), 0)).where(
            CARD.c.program_id == program_id, CALLED_BACK
        )
    )
    return sequence_of(public_ring(session, program_id), {}) + int(of_cards or 0)


def sequence_of(ring: Iterable[TrustKey], revocations: Mapping[str, int | None]) -> int:
    """Count the changes a list stands on; nothing in it can be undone, so it never goes down.

    Counted, not stored: no counter can be forgotten when a card is voided.
    """
    of_keys = sum(_CHANGES[key.state] for key in ring)
    of_cards = sum(
        _VOID_CHANGES if min_epoch is None else min_epoch for min_epoch in revocations.values()
    )
    return of_keys + of_cards
