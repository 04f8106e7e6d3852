"""Both ways to check a signature say the same: the service's, and the one of tills."""

import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty.codes import signatures
from loyalty.kernel.clock import SystemClock
from loyalty.wire import trust
from loyalty.wire.trust import KeyState, TrustKey

# RFC 8032, section 7.1, test 3: public key, message, signature.
RFC_PUBLIC = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
RFC_MESSAGE = "af82"
RFC_SIGNATURE = (
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)
BOTH = pytest.mark.parametrize("has_signed", [signatures.has_signed, trust.has_signed])


def key_of(public: bytes) -> TrustKey:
    return TrustKey(1, public, SystemClock().now(), None, KeyState.SIGNING)


@BOTH
def test_the_published_signature_is_believed(has_signed: trust.SignedBy) -> None:
    key = key_of(bytes.fromhex(RFC_PUBLIC))
    assert has_signed(key, bytes.fromhex(RFC_SIGNATURE), bytes.fromhex(RFC_MESSAGE))


def test_tills_and_the_service_believe_the_same_signatures() -> None:
    chance = random.Random(20200101)
    for _ in range(200):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        key, message = key_of(private.public_key().public_bytes_raw()), chance.randbytes(40)
        good = private.sign(message)
        bit = chance.randrange(8 * len(good))
        spoiled = bytearray(good)
        spoiled[bit // 8] ^= 1 << bit % 8
        for signature, told in ((good, message), (bytes(spoiled), message), (good, message + b"!")):
            believed = (signature, told) == (good, message)
            assert signatures.has_signed(key, signature, told) is believed
            assert trust.has_signed(key, signature, told) is believed


@BOTH
@pytest.mark.parametrize("signature", [b"", b"short", bytes(64), bytes(65)])
def test_what_is_no_signature_is_not_believed(has_signed: trust.SignedBy, signature: bytes) -> None:
    assert not has_signed(key_of(bytes.fromhex(RFC_PUBLIC)), signature, b"anything")
