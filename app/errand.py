"""What a browser set out to do at another place and comes back from, sealed into a cookie.

Nothing of it stands in the database: whoever never comes back leaves nothing. The cookie is
opened only by the session that got it, for what it was made for, and not for long.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import request
from werkzeug.wrappers import Response

from app.wiring import is_https, services
from loyalty.kernel.keys import derived_key

PURPOSE: Final = "errand"
NONCE_BYTES: Final = 12
COOKIE_CHARS_MAX: Final = 3500


@dataclass(frozen=True, slots=True)
class Errand:
    """Whose errand it is and what it needs when it comes back; `kind` says which page made it."""

    kind: str
    program_id: int
    session_id: UUID
    facts: Mapping[str, str]


def send_on(response: Response, errand: Errand, *, lasts: timedelta) -> None:
    """Give the browser what it needs to come back with."""
    over_at = services().tools.clock.now() + lasts
    told = {"over_at": over_at.timestamp(), "facts": dict(errand.facts)}
    nonce = token_bytes(NONCE_BYTES)
    sealed = _cipher(errand.program_id).encrypt(
        nonce,
        json.dumps(told, ensure_ascii=False).encode(),
        _place(errand.kind, errand.program_id, errand.session_id),
    )
    text = urlsafe_b64encode(nonce + sealed).decode()
    assert len(text) <= COOKIE_CHARS_MAX, "a browser keeps no cookie that long"
    response.set_cookie(
        _name(errand.kind),
        text,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=is_https(),
        httponly=True,
        # Lax: the other place sends the person back by a link of its own.
        samesite="Lax",
    )


def come_back(kind: str, program_id: int, session_id: UUID) -> Errand | None:
    """Open what this browser came back with; none when it is another's, cut, or too old."""
    try:
        raw = urlsafe_b64decode(request.cookies.get(_name(kind), ""))
        opened = _cipher(program_id).decrypt(
            raw[:NONCE_BYTES], raw[NONCE_BYTES:], _place(kind, program_id, session_id)
        )
    except (ValueError, InvalidTag):
        return None
    told = json.loads(opened)
    if services().tools.clock.now().timestamp() > told["over_at"]:
        return None
    return Errand(kind, program_id, session_id, told["facts"])


def is_answer_to(errand: Errand, answer: Mapping[str, str]) -> bool:
    """Say whether what came back belongs to this errand: it carries the word we gave along.

    A server that says who it is (RFC 9207) must be the one that was asked: a code of another's is
    not carried to it.
    """
    state, issuer = answer.get("state", ""), answer.get("iss", "")
    is_other = issuer.rstrip("/") not in {"", errand.facts.get("base_url", "")}
    return not is_other and hmac.compare_digest(
        errand.facts.get("state", "").encode(), state.encode()
    )


def end_errand(response: Response, kind: str) -> None:
    """Take the cookie away: the errand is done, or given up."""
    response.delete_cookie(_name(kind), path="/", secure=is_https(), httponly=True, samesite="Lax")


def _name(kind: str) -> str:
    return f"__Host-enlaza-{kind}" if is_https() else f"enlaza-{kind}"


def _cipher(program_id: int) -> AESGCM:
    return AESGCM(derived_key(services().tools.keys, PURPOSE, program_id))


def _place(kind: str, program_id: int, session_id: UUID) -> bytes:
    return f"enlaza-errand/{kind}/{program_id}/{session_id}".encode()
