"""An activity is its actor's own or it is nothing: both signatures, and all that breaks them."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import Any, Literal

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from loyalty.connectors.activitypub import Signed, key_id_of, verify_signed
from loyalty.connectors.errors import MentionInvalidError

NOW = datetime(2026, 9, 5, 9, 5, tzinfo=UTC)
MARTA = "https://plaza.example/users/marta"
INBOX = "https://calle.example/ap/inbox?a=1"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
BODY = json.dumps(
    {"id": f"{MARTA}#likes/1", "type": "Like", "actor": MARTA, "object": "https://calle.example/1"}
).encode()
Way = Literal["cavage", "rfc9421"]
WAYS: tuple[Way, ...] = ("cavage", "rfc9421")


def document(actor: str = MARTA, key: rsa.RSAPrivateKey = KEY) -> dict[str, Any]:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    key_id = f"{actor}#main-key"
    return {"id": actor, "publicKey": {"id": key_id, "owner": actor, "publicKeyPem": pem}}


def sign(text: str) -> str:
    return base64.b64encode(KEY.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def signed(way: Way, body: bytes = BODY, *, sent_at: datetime = NOW, actor: str = MARTA) -> Signed:
    digest = base64.b64encode(sha256(body).digest()).decode()
    key_id = f"{actor}#main-key"
    if way == "cavage":
        headers = {
            "host": "calle.example",
            "date": format_datetime(sent_at, usegmt=True),
            "digest": f"SHA-256={digest}",
        }
        lines = ["(request-target): post /ap/inbox?a=1"]
        lines += [f"{name}: {told}" for name, told in headers.items()]
        covered = "(request-target) host date digest"
        headers["signature"] = (
            f'keyId="{key_id}",algorithm="rsa-sha256",headers="{covered}",'
            f'signature="{sign(chr(10).join(lines))}"'
        )
        return Signed("POST", INBOX, headers, body)
    covered = '("@method" "@target-uri" "content-digest")'
    shown = f'{covered};created={int(sent_at.timestamp())};keyid="{key_id}"'
    told = f"sha-256=:{digest}:"
    text = (
        f'"@method": POST\n"@target-uri": {INBOX}\n"content-digest": {told}\n'
        f'"@signature-params": {shown}'
    )
    headers = {
        "content-digest": told,
        "signature-input": f"sig1={shown}",
        "signature": f"sig1=:{sign(text)}:",
    }
    return Signed("POST", INBOX, headers, body)


def refused(request: Signed, *, actor: dict[str, Any] | None = None) -> object:
    with pytest.raises(MentionInvalidError) as caught:
        verify_signed(request, actor or document(), at=NOW)
    return caught.value.facts["reason"]


@pytest.mark.parametrize("way", WAYS)
def test_an_activity_signed_by_its_actor_is_taken_once_by_its_id(way: Way) -> None:
    request = signed(way)
    assert key_id_of(request) == f"{MARTA}#main-key"
    taken = verify_signed(request, document(), at=NOW)
    assert (taken.key, taken.raw) == (f"{MARTA}#likes/1", BODY)


@pytest.mark.parametrize("way", WAYS)
def test_changed_bytes_another_place_or_another_key_are_refused(way: Way) -> None:
    request = signed(way)
    assert refused(replace(request, body=BODY + b" ")) == "body_changed"
    assert refused(replace(request, method="PUT")) == "not_signed"
    assert refused(replace(request, url="https://otra.example/ap/inbox")) == "not_signed"
    assert refused(replace(request, url="https://calle.example/ap/other")) == "not_signed"
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert refused(request, actor=document(key=other)) == "not_signed"
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    assert refused(request, actor=document(key=small)) == "not_signed"
    assert refused(replace(request, headers={})) == "another_actor"


@pytest.mark.parametrize("way", WAYS)
def test_an_old_request_and_one_of_tomorrow_are_refused(way: Way) -> None:
    verify_signed(signed(way, sent_at=NOW - timedelta(hours=11)), document(), at=NOW)
    for late in (timedelta(hours=-13), timedelta(hours=2)):
        assert refused(signed(way, sent_at=NOW + late)) == "too_old"


@pytest.mark.parametrize("way", WAYS)
def test_nobody_speaks_for_another(way: Way) -> None:
    eva = "https://plaza.example/users/eva"
    assert refused(signed(way, actor=eva), actor=document(eva)) == "another_actor"
    foreign = BODY.replace(b"plaza.example/users/marta#likes", b"otra.example/users/x#likes")
    assert refused(signed(way, foreign)) == "another_actor"
    lent = document()
    lent["publicKey"]["owner"] = eva
    assert refused(signed(way), actor=lent) == "another_actor"


@pytest.mark.parametrize(
    ("way", "header", "without"),
    [
        ("cavage", "signature", " digest"),
        ("cavage", "signature", " date"),
        ("cavage", "signature", "(request-target) "),
        ("rfc9421", "signature-input", ' "content-digest"'),
        ("rfc9421", "signature-input", '"@method" '),
        ("rfc9421", "signature-input", f";created={int(NOW.timestamp())}"),
    ],
)
def test_a_signature_that_leaves_out_what_matters_is_refused(
    way: Way, header: str, without: str
) -> None:
    request = signed(way)
    assert without in request.headers[header]
    changed = {**request.headers, header: request.headers[header].replace(without, "")}
    assert refused(replace(request, headers=changed)) == "not_signed"
