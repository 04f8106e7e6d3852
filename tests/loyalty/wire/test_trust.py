"""The list a till believes, and what it refuses to believe."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from loyalty.wire.trust import (
    TRUST_PURPOSE,
    KeyState,
    SignedTrust,
    TrustKey,
    TrustList,
    UntrustedListError,
    open_trust,
    seal_trust,
)

ROOT = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PINNED = ROOT.public_key().public_bytes_raw()
moments = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - the zone is the strategy's own argument
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
trust_keys = st.builds(
    TrustKey,
    key_id=st.integers(0, 255),
    public=st.binary(min_size=32, max_size=32),
    not_before=moments,
    not_after=st.none() | moments,
    state=st.sampled_from(KeyState),
)
trust_lists = st.builds(
    TrustList,
    program_id=st.integers(1, 2**31 - 1),
    sequence=st.integers(0, 2**40),
    server_time=moments,
    keys=st.lists(trust_keys, max_size=3).map(tuple),
    revocations=st.dictionaries(
        st.binary(min_size=8, max_size=8).map(bytes.hex), st.none() | st.integers(0, 255)
    ),
)


def sealed(trust: TrustList, root: Ed25519PrivateKey = ROOT) -> SignedTrust:
    payload = trust.payload()
    return seal_trust(payload, root.sign(TRUST_PURPOSE + payload))


@given(trust_lists)
def test_a_list_arrives_as_it_was_signed(trust: TrustList) -> None:
    document = sealed(trust)
    assert open_trust(document, root_public=PINNED, program_id=trust.program_id) == trust


@given(trust_lists, st.integers(0), st.integers(1, 255))
def test_a_list_with_one_byte_changed_is_refused(trust: TrustList, at: int, change: int) -> None:
    document = sealed(trust)
    payload = bytearray(base64.b64decode(document.payload))
    payload[at % len(payload)] ^= change
    forged = replace(document, payload=base64.b64encode(payload).decode())
    with pytest.raises(UntrustedListError):
        open_trust(forged, root_public=PINNED, program_id=trust.program_id)


@given(trust_lists)
def test_only_the_pinned_root_key_is_believed(trust: TrustList) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(UntrustedListError):
        open_trust(sealed(trust, other), root_public=PINNED, program_id=trust.program_id)


@given(trust_lists)
def test_the_list_of_another_program_is_refused(trust: TrustList) -> None:
    with pytest.raises(UntrustedListError):
        open_trust(sealed(trust), root_public=PINNED, program_id=trust.program_id % 7 + 2**31)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b'"text"',
        b"\xff",
        json.dumps({"wire": 2, "program_id": 1}).encode(),
        json.dumps(
            {"wire": 1, "program_id": 1, "sequence": 1, "server_time": "2026-11-21T12:00:00"}
        ).encode(),
    ],
)
def test_a_signed_list_that_cannot_be_read_is_refused(payload: bytes) -> None:
    document = seal_trust(payload, ROOT.sign(TRUST_PURPOSE + payload))
    with pytest.raises(UntrustedListError):
        open_trust(document, root_public=PINNED, program_id=1)


@pytest.mark.parametrize(
    "document", [SignedTrust("%%%", "00"), SignedTrust("e30=", "zz"), SignedTrust("e30=", "00")]
)
def test_a_list_that_is_no_document_is_refused(document: SignedTrust) -> None:
    with pytest.raises(UntrustedListError):
        open_trust(document, root_public=PINNED, program_id=1)
