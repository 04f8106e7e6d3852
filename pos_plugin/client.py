"""Speaks the till's API to a service: pairs, checks codes with public keys, sells exactly once.

Standard library and `loyalty.wire` only, so that it fits beside any till.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from loyalty.wire.codes import Reading, check
from loyalty.wire.messages import moment_text
from loyalty.wire.trust import SignedTrust, TrustList, open_trust

API: Final = "/api/v1"
KEY_BYTES: Final = 32
ANSWER_BYTES_MAX: Final = 1_000_000
TIMEOUT_S: Final = 5.0
WAIT_S_MAX: Final = 30.0

Json = dict[str, Any]


class NoAnswerError(Exception):
    """It is not known whether the service did it: no line, no time, or somebody else answered.

    Sending the same act again, with the same id, is safe.
    """


class RefusedError(Exception):
    """The service said no, and why; `retryable` ones may be sent again later."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(problem.get("code"), problem.get("detail"))
        self.status = status
        self.code = str(problem.get("code", ""))
        self.retryable = problem.get("retryable") is True
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Paired:
    """What a till keeps after pairing; `key` is its own and never leaves it but as a header."""

    base_url: str
    program_id: int
    till_id: str
    key: str = field(repr=False)
    root_public: bytes

    @property
    def credential(self) -> str:
        """Write the key as the service knows it."""
        return f"{self.program_id}.{self.till_id}.{self.key}"


def pair(base_url: str, letters: str) -> Paired:
    """Pair with the eight letters of the owner's page, under a key made here.

    Errors: `RefusedError` (`pairing_code_wrong`, `too_many_tries`), `NoAnswerError`.
    """
    key = secrets.token_hex(KEY_BYTES)
    body = {
        "code": letters,
        "kind": "agent",
        "key_sha256": hashlib.sha256(key.encode()).hexdigest(),
    }
    told = _call(base_url, "POST", "/till/pairings", body=body)
    return Paired(
        base_url=base_url,
        program_id=told["program_id"],
        till_id=told["till_id"],
        key=key,
        root_public=bytes.fromhex(told["root_public"]),
    )


def fetch_trust(paired: Paired) -> TrustList:
    """Fetch the keys and revocations, signed by the root key that was pinned at pairing.

    Errors: `UntrustedListError` when somebody else signed it; the till keeps the list it has.
    """
    told = _call(paired.base_url, "GET", "/till/trust", credential=paired.credential)
    document = SignedTrust(told["payload"], told["signature"])
    return open_trust(document, root_public=paired.root_public, program_id=paired.program_id)


def check_offline(paired: Paired, text: str, *, trust: TrustList, at: datetime) -> Reading:
    """Judge a code without the service."""
    return check(text, trust=trust, program_id=paired.program_id, at=at)


def scan(paired: Paired, code: str, *, at: datetime) -> Json:
    """Ask whose card a code is, before payment."""
    body = {"code": code, "scanned_at": moment_text(at)}
    return _call(paired.base_url, "POST", "/scans", body=body, credential=paired.credential)


def sell(paired: Paired, sale: Json, *, patience_s: float = 0.0) -> Json:
    """Send a sale until it is answered; the same `sale_id` counts once, however often it is sent.

    The caller saves the sale before calling and sends it unchanged. `patience_s` is how long to
    go on trying; after it the sale stays with the caller.
    Errors: `NoAnswerError` when patience ran out, `RefusedError` for a no that is for ever.
    """
    deadline = time.monotonic() + patience_s
    wait_s = 0.2
    while True:
        try:
            return _call(paired.base_url, "POST", "/sales", body=sale, credential=paired.credential)
        except RefusedError as refusal:
            if not refusal.retryable or time.monotonic() + wait_s > deadline:
                raise
        except NoAnswerError:
            if time.monotonic() + wait_s > deadline:
                raise
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, WAIT_S_MAX)


def _call(
    base_url: str, method: str, path: str, *, body: Json | None = None, credential: str = ""
) -> Json:
    """Make one call; anything that is not our JSON is no answer, a captive portal's page too."""
    parts = urlsplit(base_url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    line = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    headers = {"Accept": "application/json"}
    if credential:
        headers["Authorization"] = f"Bearer {credential}"
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        data = None if body is None else json.dumps(body).encode()
        line.request(method, API + path, body=data, headers=headers)
        answer = line.getresponse()
        told = _read(answer.getheader("Content-Type", ""), answer.read(ANSWER_BYTES_MAX))
    except (OSError, HTTPException) as error:
        raise NoAnswerError(str(error)) from error
    finally:
        line.close()
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise RefusedError(answer.status, told)
    return told


def _read(content_type: str, data: bytes) -> Json:
    if content_type.partition(";")[0] not in {"application/json", "application/problem+json"}:
        message = f"the answer is {content_type or 'nothing'}, so it is not from the service"
        raise NoAnswerError(message)
    try:
        told = json.loads(data)
    except ValueError as error:
        message = "the answer was cut"
        raise NoAnswerError(message) from error
    if not isinstance(told, dict):
        message = "the answer is not from the service"
        raise NoAnswerError(message)
    return told
