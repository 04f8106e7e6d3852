"""Signed texts for cards, and the web addresses that carry them in print."""

from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from loyalty.codes.keys import signer
from loyalty.codes.models import Card
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.codes import CodeHeader, CodeKind, seconds_of

# The signer puts its own id in.
UNSIGNED: Final = 0


def sign_code(session: Session, header: CodeHeader, *, keys: ServerKeys) -> str:
    """Sign one header with the key of its program."""
    return signer(session, header.program_id, keys=keys).sign(header)


def issue_card_text(session: Session, card: Card, *, keys: ServerKeys) -> str:
    """Write the static code of a card (kind 1): it identifies and earns, and never expires.

    The same card gives the same text until it is issued again or the ring is rotated.
    """
    return sign_code(session, card_header(card), keys=keys)


def card_header(card: Card) -> CodeHeader:
    """Say what the static code of a card says."""
    return CodeHeader(
        kind=CodeKind.CARD,
        key_id=UNSIGNED,
        program_id=card.program_id,
        subject_id=card.card_id,
        epoch=card.epoch,
        seconds=seconds_of(card.created_at),
    )


def card_address(public_url: str, text: str) -> str:
    """Write the address a printed card carries, in the capitals a QR packs tightly."""
    return f"{_upper_origin(public_url)}/Q/{text}"


def store_address(public_url: str, slug: str) -> str:
    """Write the address a counter poster carries; it holds no code."""
    return f"{_upper_origin(public_url)}/S/{slug.upper()}"


def _upper_origin(public_url: str) -> str:
    parts = urlsplit(public_url)
    assert parts.scheme, "a public address needs its scheme"
    assert parts.netloc, "a public address needs its host"
    assert parts.path in {"", "/"}, "a public address has no folder"
    return f"{parts.scheme}://{parts.netloc}".upper()
