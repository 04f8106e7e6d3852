"""Introduce this service to a Mastodon server, and let somebody prove an account there.

Source: docs.joinmastodon.org, methods apps, oauth, accounts; RFC 7636 (PKCE).
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from loyalty.connectors.base import (
    Actor,
    Answer,
    AppKeys,
    Request,
    address_at,
    ascii_host,
    bearer,
    id_of,
    object_of,
    plain_text,
    text_of,
)
from loyalty.connectors.errors import NetworkTroubleError
from loyalty.connectors.mastodon import actor_of, checked

SHOP_SCOPES: Final = "read:notifications read:statuses read:accounts"
SHOPPER_SCOPES: Final = "read:accounts"


@dataclass(frozen=True, slots=True)
class AccountProof:
    """An account whose owner was there; `number` is its id on the server that was asked."""

    actor: Actor
    number: str


def ask_app(base_url: str, *, name: str, redirect_uri: str, scopes: str) -> Request:
    """Introduce this service to a server."""
    form = {"client_name": name, "redirect_uris": redirect_uri, "scopes": scopes}
    return Request("POST", address_at(base_url, "/api/v1/apps"), form=form)


def read_app(answer: Answer, *, at: datetime) -> AppKeys:
    """Read what the server calls us.

    Errors: `NetworkTroubleError`.
    """
    told = object_of(checked(answer, at=at))
    return AppKeys(text_of(told, "client_id"), text_of(told, "client_secret"))


def pkce_challenge(verifier: str) -> str:
    """Give the S256 challenge of a PKCE verifier (RFC 7636: 43 to 128 letters)."""
    assert 43 <= len(verifier) <= 128, "a verifier has its length"  # noqa: PLR2004
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def sign_in_address(
    base_url: str, app: AppKeys, *, redirect_uri: str, scopes: str, state: str, verifier: str
) -> str:
    """Say where somebody allows this service to see who they are."""
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": scopes,
        "state": state,
        "code_challenge": pkce_challenge(verifier),
        "code_challenge_method": "S256",
    }
    return address_at(base_url, f"/oauth/authorize?{urlencode(asked)}")


def ask_token(
    base_url: str, app: AppKeys, *, redirect_uri: str, code: str, verifier: str
) -> Request:
    """Turn the code somebody came back with into a token."""
    form = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": redirect_uri,
        "code": code,
        "code_verifier": verifier,
    }
    return Request("POST", address_at(base_url, "/oauth/token"), form=form)


def read_token(answer: Answer, *, at: datetime) -> str:
    """Read the token.

    Errors: `NetworkTroubleError`.
    """
    return text_of(object_of(checked(answer, at=at)), "access_token")


def ask_revoke(base_url: str, app: AppKeys, token: str) -> Request:
    """Give a token back: a shopper's as soon as we know who they are."""
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "token": token}
    return Request("POST", address_at(base_url, "/oauth/revoke"), form=form)


def ask_account(base_url: str, token: str) -> Request:
    """Ask whose a token is."""
    return Request(
        "GET", address_at(base_url, "/api/v1/accounts/verify_credentials"), bearer(token)
    )


def read_account(answer: Answer, base_url: str, *, at: datetime) -> AccountProof:
    """Read whose a token is; a server vouches for its own people only.

    Errors: `NetworkTroubleError`.
    """
    told = object_of(checked(answer, at=at))
    return AccountProof(_own_actor(told, base_url), id_of(told.get("id")))


def ask_profile(base_url: str, actor_id: str) -> Request:
    """Ask an account's own server for its public profile."""
    name = actor_id.partition("@")[0]
    path = f"/api/v1/accounts/lookup?{urlencode({'acct': name})}"
    return Request("GET", address_at(base_url, path))


def read_code_in_profile(
    answer: Answer, base_url: str, *, actor_id: str, code: str, at: datetime
) -> AccountProof | None:
    """Say whose profile it is, if the code stands in its text or in one of its fields.

    Errors: `NetworkTroubleError`.
    """
    told = object_of(checked(answer, at=at))
    actor = _own_actor(told, base_url)
    if actor.actor_id != actor_id:
        raise NetworkTroubleError(reason="not_understood")
    told_fields = told.get("fields")
    fields = [object_of(row).get("value") for row in told_fields] if told_fields else []
    written = [plain_text(str(text)) for text in (told.get("note"), *fields)]
    pattern = re.compile(rf"(?<![0-9A-Za-z]){re.escape(code)}(?![0-9A-Za-z])")
    stands = any(pattern.search(text) for text in written)
    return AccountProof(actor, id_of(told.get("id"))) if stands else None


def _own_actor(told: Mapping[str, Any], base_url: str) -> Actor:
    """Read an account of the very server that was asked; it cannot speak for another's people."""
    actor = actor_of(told, base_url)
    if actor.actor_id.rpartition("@")[2] != ascii_host(urlsplit(base_url).hostname or ""):
        raise NetworkTroubleError(reason="not_understood")
    return actor
