"""Let somebody prove a Mastodon account at its own server, by OAuth, or by a code in the profile.

What is asked is described by the connector and sent under guard: whoever types an address of a
server may have typed anything. Nothing here is done inside a unit of work.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from secrets import token_urlsafe
from typing import Final
from urllib.parse import urlsplit

from app.guarded_fetch import Guard, fetch
from loyalty.connectors.base import Answer, AppKeys, Request, ascii_host, web_address
from loyalty.connectors.errors import NetworkTroubleError
from loyalty.connectors.mastodon import account_name
from loyalty.connectors.mastodon_sign_in import (
    AccountProof,
    ask_account,
    ask_app,
    ask_profile,
    ask_revoke,
    ask_token,
    read_account,
    read_app,
    read_code_in_profile,
    read_token,
    sign_in_address,
)
from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal

APP_NAME: Final = "Enlaza"
# Servers let an address introduce itself a few times in ten minutes; they forget who never comes.
APP_KEPT: Final = timedelta(hours=1)
APPS_MAX: Final = 500
APP_CHARS_MAX: Final = 1000  # they travel in a cookie
TYPED_LENGTH_MAX: Final = 300


class ServerTypedWrongError(LoyaltyError):
    """What was typed names no server and no account."""

    code = Refusal.ADDRESS_REFUSED


@dataclass(frozen=True, slots=True)
class TypedAccount:
    """The server somebody named, and the account if they named one ("" if only the server)."""

    base_url: str
    actor_id: str


@dataclass(frozen=True, slots=True)
class SignInBegun:
    """Where to send somebody, and what is needed when they come back."""

    address: str
    base_url: str
    app: AppKeys
    state: str
    verifier: str

    def facts(self) -> dict[str, str]:
        """Give what the browser takes along, to be sealed; `app_of` reads it again."""
        return {
            "base_url": self.base_url,
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "state": self.state,
            "verifier": self.verifier,
        }


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose the account is, and the token that their server gave."""

    proof: AccountProof
    token: str


def app_of(facts: Mapping[str, str]) -> AppKeys:
    """Give what a server called us when somebody set out."""
    return AppKeys(facts["client_id"], facts["client_secret"])


def read_typed(typed: str, *, guard: Guard) -> TypedAccount:
    """Read "mastodon.social", "@ana@mastodon.social" or the address of a server or a profile.

    Errors: `ServerTypedWrongError`.
    """
    text = typed.strip()[:TYPED_LENGTH_MAX].removeprefix("acct:")
    if "://" in text:
        return _read_address(text, allows_plain=guard.allows_loopback)
    if "@" in text:
        actor_id = account_name(text, "")
        host = actor_id.rpartition("@")[2]
        if not actor_id or not _is_host(host):
            raise ServerTypedWrongError(reason="not_an_account")
        return TypedAccount(f"https://{host}", actor_id)
    host = ascii_host(text.rstrip("/"))
    if not _is_host(host):
        raise ServerTypedWrongError(reason="not_a_server")
    return TypedAccount(f"https://{host}", "")


def begin_sign_in(
    typed: TypedAccount,
    *,
    redirect_uri: str,
    scopes: str,
    guard: Guard,
    at: datetime,
) -> SignInBegun:
    """Introduce this service to a server, and say where the person signs in there.

    Errors: `NetworkTroubleError`, `AddressRefusedError`.
    """
    app = _APPS.of(
        (typed.base_url, redirect_uri, scopes),
        partial(_introduce, typed.base_url, redirect_uri, scopes, guard, at),
        at=at,
    )
    state, verifier = token_urlsafe(32), token_urlsafe(48)
    address = sign_in_address(
        typed.base_url,
        app,
        redirect_uri=redirect_uri,
        scopes=scopes,
        state=state,
        verifier=verifier,
    )
    return SignInBegun(address, typed.base_url, app, state, verifier)


def finish_sign_in(
    base_url: str,
    app: AppKeys,
    *,
    code: str,
    verifier: str,
    redirect_uri: str,
    guard: Guard,
    at: datetime,
) -> SignedIn:
    """Turn the code somebody came back with into a token, and ask whose it is.

    Errors: `NetworkTroubleError`, `AddressRefusedError`.
    """
    asked = ask_token(base_url, app, redirect_uri=redirect_uri, code=code, verifier=verifier)
    token = read_token(_sent(asked, guard), at=at)
    told = _sent(ask_account(base_url, token), guard)
    return SignedIn(read_account(told, base_url, at=at), token)


def way_out(facts: Mapping[str, str], *, redirect_uri: str, scopes: str) -> str:
    """Say where the browser goes on a sign-in that `SignInBegun.facts` remember."""
    return sign_in_address(
        facts["base_url"],
        app_of(facts),
        redirect_uri=redirect_uri,
        scopes=scopes,
        state=facts["state"],
        verifier=facts["verifier"],
    )


def come_home(
    facts: Mapping[str, str], *, code: str, redirect_uri: str, guard: Guard, at: datetime
) -> SignedIn:
    """Finish the sign-in that `SignInBegun.facts` remember; errors: as `finish_sign_in`."""
    return finish_sign_in(
        facts["base_url"],
        app_of(facts),
        code=code,
        verifier=facts["verifier"],
        redirect_uri=redirect_uri,
        guard=guard,
        at=at,
    )


def give_back(base_url: str, app: AppKeys, token: str, *, guard: Guard) -> bool:
    """Give a token back that is not needed any more; say whether the server took it."""
    try:
        answer = _sent(ask_revoke(base_url, app, token), guard)
    except LoyaltyError:
        return False  # it knows nobody's secrets but its own; the token is forgotten here anyway
    return answer.status == 200  # noqa: PLR2004  OK


def code_in_profile(
    typed: TypedAccount, codes: tuple[str, ...], *, guard: Guard, at: datetime
) -> AccountProof | None:
    """Say whose profile it is, if one of the codes stands in it.

    Errors: `NetworkTroubleError`, `AddressRefusedError`.
    """
    answer = _sent(ask_profile(typed.base_url, typed.actor_id), guard)
    for code in codes:
        proof = read_code_in_profile(
            answer, typed.base_url, actor_id=typed.actor_id, code=code, at=at
        )
        if proof is not None:
            return proof
    return None


def _introduce(
    base_url: str, redirect_uri: str, scopes: str, guard: Guard, at: datetime
) -> AppKeys:
    asked = ask_app(base_url, name=APP_NAME, redirect_uri=redirect_uri, scopes=scopes)
    app = read_app(_sent(asked, guard), at=at)
    if len(app.client_id) + len(app.client_secret) > APP_CHARS_MAX:
        raise NetworkTroubleError(reason="not_understood")
    return app


def _sent(asked: Request, guard: Guard) -> Answer:
    return fetch(asked, guard=guard)


def _read_address(text: str, *, allows_plain: bool) -> TypedAccount:
    """Read an address; a token travels encrypted, or does not leave this computer."""
    parts = urlsplit(web_address(text))
    if not parts.hostname:
        raise ServerTypedWrongError(reason="not_an_address")
    scheme = parts.scheme if allows_plain else "https"
    named = account_name(text, parts.hostname) if parts.path.strip("/") else ""
    return TypedAccount(f"{scheme}://{parts.netloc}", named)


def _is_host(host: str) -> bool:
    """Say whether a text is the name of a host: letters, and a dot somewhere inside."""
    return bool(urlsplit(web_address(f"https://{host}")).hostname) and "." in host.strip(".")


class _Apps:
    """What servers call us, for an hour: each person's sign-in need not be a new introduction."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], tuple[datetime, AppKeys]] = {}
        self._lock = threading.Lock()

    def of(
        self, server: tuple[str, str, str], introduce: "partial[AppKeys]", *, at: datetime
    ) -> AppKeys:
        with self._lock:
            known = self._known.get(server)
        if known is not None and known[0] <= at < known[0] + APP_KEPT:
            return known[1]
        app = introduce()
        with self._lock:
            if len(self._known) >= APPS_MAX:
                self._known.clear()
            self._known[server] = (at, app)
        return app

    def forget(self, base_url: str) -> None:
        """Forget a server that knows us no more."""
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if key[0] != base_url}


_APPS: Final = _Apps()


def forget_app(base_url: str) -> None:
    """Introduce ourselves anew next time: this server did not know us any more."""
    _APPS.forget(base_url)
