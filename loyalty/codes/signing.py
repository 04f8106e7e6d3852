"""Ed25519 for codes and trust lists, and how private keys rest in the database."""

from functools import lru_cache
from secrets import token_bytes
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from itsdangerous.signer import SigningAlgorithm

from loyalty.codes.errors import KeyRingSealedError
from loyalty.kernel.keys import ServerKeys, derived_key
from loyalty.wire.codes import CODE_PURPOSE
from loyalty.wire.trust import TRUST_PURPOSE, public_key

_NONCE_BYTES: Final = 12
_SEAL_PURPOSE: Final = "code-ring"


class Ed25519Algorithm(SigningAlgorithm):
    """Signs with a 32-byte seed; the purpose is part of what is signed.

    itsdangerous leaves the salt out of asymmetric signatures, so a salt would bind nothing:
    the purpose stands in front of the value instead, and verifiers without itsdangerous (a
    till) check the very same bytes.
    """

    def __init__(self, purpose: bytes) -> None:
        self.purpose = purpose

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """Sign `value` with the seed `key`."""
        return _private_key(key).sign(self.purpose + value)

    def verify_signature(self, key: bytes, value: bytes, sig: bytes) -> bool:
        """Say whether the seed `key` made `sig` over `value`."""
        try:
            public_key(public_of(key)).verify(sig, self.purpose + value)
        except InvalidSignature:
            return False
        return True


CODE_SIGNING: Final = Ed25519Algorithm(CODE_PURPOSE)
TRUST_SIGNING: Final = Ed25519Algorithm(TRUST_PURPOSE)


def new_seed() -> bytes:
    """Draw the 32 bytes of a new private key."""
    return token_bytes(32)


def public_of(seed: bytes) -> bytes:
    """Compute the 32 public bytes that belong to a seed."""
    return _private_key(seed).public_key().public_bytes_raw()


def seal_seed(keys: ServerKeys, program_id: int, key_id: int, seed: bytes) -> str:
    """Encrypt a seed for its one place in the database: AES-GCM, nonce first, in hex."""
    nonce = token_bytes(_NONCE_BYTES)
    place = _place(program_id, key_id, public_of(seed).hex())
    return (nonce + _cipher(keys, program_id).encrypt(nonce, seed, place)).hex()


def open_seed(keys: ServerKeys, program_id: int, key_id: int, *, public: str, sealed: str) -> bytes:
    """Decrypt the seed of one key; kept in memory, because every signature needs it.

    What is kept is found by the sealed text itself, so a rotated key can never be mistaken
    for the one before it.

    Errors: `KeyRingSealedError` when the master key does not open it.
    """
    return _opened(keys.master, program_id, key_id, public, sealed)


@lru_cache(maxsize=1024)
def _opened(master: bytes, program_id: int, key_id: int, public: str, sealed: str) -> bytes:
    raw = bytes.fromhex(sealed)
    cipher = _cipher(ServerKeys(master, b"", ()), program_id)
    place = _place(program_id, key_id, public)
    try:
        return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place)
    except InvalidTag as error:
        raise KeyRingSealedError(key_id=key_id) from error


def _cipher(keys: ServerKeys, program_id: int) -> AESGCM:
    return AESGCM(derived_key(keys, _SEAL_PURPOSE, program_id))


def _place(program_id: int, key_id: int, public: str) -> bytes:
    return f"enlaza-key/{program_id}/{key_id}/{public}".encode()


@lru_cache(maxsize=1024)
def _private_key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)
