"""Keyed hashes: how a value is looked up without being readable in the database."""

import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """The secrets of one server, read from its key files at start.

    Units: `master` is 32 bytes and seals private keys; `root_private` is the 32-byte
    Ed25519 seed that signs trust lists; `link_secrets` sign web links, oldest to newest.
    """

    master: bytes = field(repr=False)
    root_private: bytes = field(repr=False)
    link_secrets: tuple[str, ...] = field(repr=False)


def derived_key(keys: ServerKeys, purpose: str, program_id: int) -> bytes:
    """Derive the 32-byte key of one purpose in one program from the master key."""
    info = f"enlaza/{purpose}/{program_id}".encode()
    return hmac.new(keys.master, info, hashlib.sha256).digest()


def keyed_hash(key: bytes, *parts: str) -> str:
    """Hash `parts` under `key`, 64 hex digits; parts cannot run into each other."""
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode()
        mac.update(len(data).to_bytes(4, "big"))
        mac.update(data)
    return mac.hexdigest()


def secret_hash(secret: str) -> str:
    """Hash a random secret of at least 128 bits (a till's key, a session); 64 hex digits.

    A plain SHA-256 is enough because nobody can guess such a secret; a PIN or a
    short code needs `keyed_hash` or a slow hash instead.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
