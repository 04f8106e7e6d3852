"""The trust list: which keys and cards a till may believe, signed by the server's root key.

The root key is pinned when the till is paired, so a list that reaches the till by any road
(cache, proxy, file) is as good as one fetched a second ago, except for its age.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from loyalty.wire.messages import WIRE_VERSION, moment_text, read_moment

# Stands in front of the signed bytes, so that no code can pass for a list nor a list for a code.
TRUST_PURPOSE: Final = b"enlaza-trust/1\0"


class UntrustedListError(ValueError):
    """A trust list that the pinned root key did not sign, or that cannot be read."""


class KeyState(StrEnum):
    """What a key of the ring is good for."""

    SIGNING = "signing"
    VERIFYING = "verifying"  # retired: what it signed is still good
    WITHDRAWN = "withdrawn"  # compromised: what it signed is revoked


@dataclass(frozen=True, slots=True)
class TrustKey:
    """One public key of a program's ring; `not_after` is when it signed for the last time."""

    key_id: int
    public: bytes
    not_before: datetime
    not_after: datetime | None
    state: KeyState


# Says whether a key made a signature over a message.
SignedBy = Callable[[TrustKey, bytes, bytes], bool]


@dataclass(frozen=True, slots=True)
class TrustList:
    """What a till needs to judge codes by itself.

    `revocations` names the cards that are not simply good: the lowest epoch still accepted,
    or None for a void card. `sequence` never goes down: a till keeps the highest it has seen.
    """

    program_id: int
    sequence: int
    server_time: datetime
    keys: tuple[TrustKey, ...]
    revocations: Mapping[str, int | None]

    def payload(self) -> bytes:
        """Write the list as the JSON bytes that are signed."""
        document = {
            "wire": WIRE_VERSION,
            "program_id": self.program_id,
            "sequence": self.sequence,
            "server_time": moment_text(self.server_time),
            "keys": [_key_json(key) for key in self.keys],
            "revocations": dict(self.revocations),
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class SignedTrust:
    """A trust list as it travels: the JSON bytes in base64 and the root key's signature in hex."""

    payload: str
    signature: str


def seal_trust(payload: bytes, signature: bytes) -> SignedTrust:
    """Put a payload and the root key's signature of it into the form that travels."""
    return SignedTrust(base64.b64encode(payload).decode(), signature.hex())


def open_trust(document: SignedTrust, *, root_public: bytes, program_id: int) -> TrustList:
    """Read a trust list that the pinned root key signed for this program.

    Errors: `UntrustedListError`, and the till keeps the list it has.
    """
    try:
        payload = base64.b64decode(document.payload, validate=True)
        signature = bytes.fromhex(document.signature)
        public_key(root_public).verify(signature, TRUST_PURPOSE + payload)
        trust = _read_payload(payload)
    except InvalidSignature as error:
        message = "the pinned root key did not sign this list"
        raise UntrustedListError(message) from error
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        message = "the list cannot be read"
        raise UntrustedListError(message) from error
    if trust.program_id != program_id:
        message = "the list belongs to another program"
        raise UntrustedListError(message)
    return trust


@lru_cache(maxsize=256)
def public_key(raw: bytes) -> Ed25519PublicKey:
    """Prepare a public key; kept, because the same few keys check every code."""
    return Ed25519PublicKey.from_public_bytes(raw)


def has_signed(key: TrustKey, signature: bytes, message: bytes) -> bool:
    """Say whether `key` made `signature` over `message`."""
    try:
        public_key(key.public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def keys_with_id(keys: Iterable[TrustKey], key_id: int) -> tuple[TrustKey, ...]:
    """Pick the keys a code may mean; an id is one byte and may come round again."""
    return tuple(key for key in keys if key.key_id == key_id)


def _key_json(key: TrustKey) -> dict[str, str | int | None]:
    return {
        "id": key.key_id,
        "public": key.public.hex(),
        "not_before": moment_text(key.not_before),
        "not_after": moment_text(key.not_after) if key.not_after else None,
        "state": key.state.value,
    }


def _read_payload(payload: bytes) -> TrustList:
    document = json.loads(payload)
    if document["wire"] != WIRE_VERSION:
        message = "the list is written for another version of the till"
        raise ValueError(message)
    return TrustList(
        program_id=int(document["program_id"]),
        sequence=int(document["sequence"]),
        server_time=read_moment(document["server_time"]),
        keys=tuple(
            TrustKey(
                key_id=int(key["id"]),
                public=bytes.fromhex(key["public"]),
                not_before=read_moment(key["not_before"]),
                not_after=read_moment(key["not_after"]) if key["not_after"] else None,
                state=KeyState(key["state"]),
            )
            for key in document["keys"]
        ),
        revocations={
            str(card_id): None if epoch is None else int(epoch)
            for card_id, epoch in document["revocations"].items()
        },
    )
