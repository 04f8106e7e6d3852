"""ActivityPub: what a server of the fediverse posts to an inbox, signed by the actor's key.

Source: w3.org/TR/activitypub and docs.joinmastodon.org/spec/security. Two signatures are read:
the older draft ("cavage") with a twelve-hour Date, and RFC 9421. The one inside the body (LD) is
ignored: it covers less than it seems to. The actor's key is an argument; nothing is fetched here.
"""

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from loyalty.connectors.base import (
    Action,
    Actor,
    Change,
    Delivery,
    EngagementFact,
    Place,
    json_of,
    moment_of,
    object_of,
    plain_text,
    web_address,
)
from loyalty.connectors.errors import MentionInvalidError

NETWORK: Final = "activitypub"
BODY_BYTES_MAX: Final = 256 * 1024
SKEW: Final = timedelta(hours=12)
AHEAD: Final = timedelta(hours=1)
KEY_BITS_MIN: Final = 2048
_ACTIONS: Final = {"Like": Action.LIKE, "Announce": Action.REPOST, "Create": Action.REPLY}
_CAVAGE_COVERS: Final = frozenset({"(request-target)", "host", "date", "digest"})
_COVERS: Final = frozenset({"@method", "@target-uri", "content-digest"})
_PART: Final = re.compile(r'([a-zA-Z]+)="([^"]{0,2000})"(?:,|$)')
_INPUT: Final = re.compile(r'([a-z][a-z0-9_-]{0,40})=(\(((?:"[a-z0-9@-]{1,60}" ?)+)\)([^,]*))$')
_PARAMETER: Final = re.compile(r';([a-z]+)=(?:"([^"]{0,2000})"|([0-9]{1,12}))')


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it came; header names in lower case, `url` as the sender meant it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class ActivityPub:
    """The connector: reads activities that were proved before they were kept."""

    network = NETWORK

    def verify(self, content_type: str, body: bytes, place: Place) -> Delivery:
        """Refuse: an activity is taken with its signature only (`verify_signed`)."""
        raise MentionInvalidError(reason="not_taken")

    def parse(self, raw: bytes, place: Place) -> tuple[EngagementFact, ...]:
        """Read one activity; kinds that are nobody's engagement with our pages give no fact."""
        told = object_of(json_of(raw))
        actor = web_address(told.get("actor"))
        kind = told.get("type")
        if not actor:
            return ()
        if kind in {"Undo", "Delete"}:
            return _taken_back(told, actor)
        action = _ACTIONS.get(str(kind))
        return _done(told, actor, place, action) if action else ()


CONNECTOR: Final = ActivityPub()


def key_id_of(signed: Signed) -> str:
    """Say which key a request names, so that its owner can be asked for it; "" if none."""
    told = signed.headers.get("signature-input", "")
    if told:
        found = _INPUT.fullmatch(told.strip())
        return _parameters(found[4]).get("keyid", "") if found else ""
    return _cavage_parts(signed).get("keyid", "")


def verify_signed(signed: Signed, actor: Mapping[str, Any], *, at: datetime) -> Delivery:
    """Check that a request is its actor's own, by the actor's document, and take it.

    Errors: `MentionInvalidError` ("not_signed", "too_old", "another_actor", "body_changed").
    """
    owner, key = _key_of(actor, key_id_of(signed))
    if len(signed.body) > BODY_BYTES_MAX:
        raise MentionInvalidError(reason="body_changed")
    if signed.headers.get("signature-input"):
        _verify_rfc9421(signed, key, at=at)
    else:
        _verify_cavage(signed, key, at=at)
    told = object_of(json_of(signed.body))
    # A server may pass on what others did, but then it is not theirs to say.
    if web_address(told.get("actor")) != owner:
        raise MentionInvalidError(reason="another_actor")
    activity_id = web_address(told.get("id"))
    if not activity_id or _host(activity_id) != _host(owner):
        raise MentionInvalidError(reason="another_actor")
    return Delivery(activity_id, signed.body)


# The two signatures.


def _verify_cavage(signed: Signed, key: RSAPublicKey, *, at: datetime) -> None:
    parts = _cavage_parts(signed)
    names = parts.get("headers", "").lower().split()
    is_known = parts.get("algorithm", "rsa-sha256") in {"rsa-sha256", "hs2019"}
    if not is_known or not set(names) >= _CAVAGE_COVERS:
        raise MentionInvalidError(reason="not_signed")
    try:
        sent_at = parsedate_to_datetime(signed.headers.get("date", ""))
    except ValueError as error:
        raise MentionInvalidError(reason="not_signed") from error
    _check_time(sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC), at=at)
    _check_digest(signed, "digest", "SHA-256=", "")
    where = urlsplit(signed.url)
    if signed.headers.get("host", "").lower() != where.netloc.lower():
        raise MentionInvalidError(reason="not_signed")
    path = f"{where.path or '/'}?{where.query}" if where.query else where.path or "/"
    own = {"(request-target)": f"{signed.method.lower()} {path}"}
    lines = [f"{name}: {own.get(name, signed.headers.get(name, ''))}" for name in names]
    _check_signature(key, parts.get("signature", ""), "\n".join(lines))


def _verify_rfc9421(signed: Signed, key: RSAPublicKey, *, at: datetime) -> None:
    told = _INPUT.fullmatch(signed.headers["signature-input"].strip())
    if told is None:
        raise MentionInvalidError(reason="not_signed")
    label, shown, names_told, rest = told[1], told[2], told[3], told[4]
    names, parameters = re.findall(r'"([^"]+)"', names_told), _parameters(rest)
    is_known = parameters.get("alg", "rsa-v1_5-sha256") == "rsa-v1_5-sha256"
    if not is_known or not set(names) >= _COVERS or len(set(names)) != len(names):
        raise MentionInvalidError(reason="not_signed")
    created = parameters.get("created", "")
    if not created.isdigit():
        raise MentionInvalidError(reason="not_signed")
    _check_time(datetime.fromtimestamp(int(created), UTC), at=at)
    expires = parameters.get("expires", "")
    if expires.isdigit() and datetime.fromtimestamp(int(expires), UTC) < at:
        raise MentionInvalidError(reason="too_old")
    _check_digest(signed, "content-digest", "sha-256=:", ":")
    own = {"@method": signed.method.upper(), "@target-uri": signed.url}
    lines = []
    for name in names:
        value = own.get(name) if name.startswith("@") else signed.headers.get(name)
        if value is None:
            raise MentionInvalidError(reason="not_signed")
        lines.append(f'"{name}": {value.strip()}')
    lines.append(f'"@signature-params": {shown}')
    found = re.fullmatch(rf"{label}=:([A-Za-z0-9+/=]+):", signed.headers.get("signature", ""))
    _check_signature(key, found[1] if found else "", "\n".join(lines))


def _key_of(actor: Mapping[str, Any], key_id: str) -> tuple[str, RSAPublicKey]:
    """Take the key an actor's document names, if it is the one the request was signed with."""
    told, owner = actor.get("publicKey"), web_address(actor.get("id"))
    is_theirs = (
        isinstance(told, dict)
        and bool(owner)
        and told.get("id") == key_id
        and web_address(told.get("owner")) == owner
        and _host(key_id) == _host(owner)
    )
    if not is_theirs or not isinstance(told, dict):
        raise MentionInvalidError(reason="another_actor")
    try:
        key = load_pem_public_key(str(told.get("publicKeyPem")).encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MentionInvalidError(reason="not_signed") from error
    if not isinstance(key, RSAPublicKey) or key.key_size < KEY_BITS_MIN:
        raise MentionInvalidError(reason="not_signed")
    return owner, key


def _check_time(sent_at: datetime, *, at: datetime) -> None:
    if not at - SKEW <= sent_at <= at + AHEAD:
        raise MentionInvalidError(reason="too_old")


def _check_digest(signed: Signed, name: str, before: str, after: str) -> None:
    right = before + base64.b64encode(sha256(signed.body).digest()).decode() + after
    told = signed.headers.get(name, "")
    if not hmac.compare_digest(told.encode(), right.encode()):
        raise MentionInvalidError(reason="body_changed")


def _check_signature(key: RSAPublicKey, signature: str, text: str) -> None:
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError) as error:
        raise MentionInvalidError(reason="not_signed") from error


def _cavage_parts(signed: Signed) -> dict[str, str]:
    return {name.lower(): told for name, told in _PART.findall(signed.headers.get("signature", ""))}


def _parameters(rest: str) -> dict[str, str]:
    return {name: text or number for name, text, number in _PARAMETER.findall(rest)}


# What an activity says.


def _done(
    told: Mapping[str, Any], actor: str, place: Place, action: Action
) -> tuple[EngagementFact, ...]:
    thing = told.get("object")
    note = thing if isinstance(thing, dict) else {}
    named = note.get("inReplyTo") if action is Action.REPLY else note.get("id") or thing
    external = note.get("id") if action is Action.REPLY else told.get("id")
    target, external_id = web_address(named), web_address(external)
    if not target or not external_id or _host(external_id) != _host(actor):
        return ()
    if place.hosts and _host(target) not in place.hosts:
        return ()
    is_reply = action is Action.REPLY
    return (
        EngagementFact(
            external_id,
            Change.THERE,
            action,
            target,
            Actor(actor, url=actor),
            moment_of(note.get("published") or told.get("published")),
            text=plain_text(str(note.get("content") or "")) if is_reply else "",
            url=web_address(note.get("url")) or external_id if is_reply else "",
        ),
    )


def _taken_back(told: Mapping[str, Any], actor: str) -> tuple[EngagementFact, ...]:
    """Read an Undo or a Delete; nobody takes back what somebody else did."""
    thing = told.get("object")
    what = thing if isinstance(thing, dict) else {"id": thing}
    external_id = web_address(what.get("id"))
    by = web_address(what.get("actor") or what.get("attributedTo") or actor)
    is_own = by == actor and _host(external_id) == _host(actor)
    if not external_id or external_id == actor or not is_own:
        return ()
    action = _ACTIONS.get(str(what.get("type")))
    target = web_address(what.get("object"))
    return (
        EngagementFact(
            external_id, Change.GONE, action, target, Actor(actor, url=actor), None, url=""
        ),
    )


def _host(address: str) -> str:
    return urlsplit(address).netloc
