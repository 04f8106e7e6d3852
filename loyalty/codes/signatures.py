"""Whether a key signed a code, asked of libsodium: half the time, and other threads go on.

What a till asks offline is answered by `loyalty.wire.trust.has_signed`, as it was; both say the
same of every signature (RFC 8032).
"""

from functools import lru_cache

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from loyalty.wire.trust import TrustKey


@lru_cache(maxsize=256)
def _verifier(public: bytes) -> VerifyKey:
    return VerifyKey(public)


def has_signed(key: TrustKey, signature: bytes, message: bytes) -> bool:
    """Say whether `key` made the 64 bytes of `signature` over `message`."""
    try:
        _verifier(key.public).verify(message, signature)
    except (CryptoError, ValueError):
        return False
    return True
