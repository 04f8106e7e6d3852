"""Speaks the till's API to a service: pairs, checks codes with public keys, sells exactly once.

Standard library and `loyalty.wire` only, so that it fits beside any till.
"""

import hashlib
import ipaddress
import json
import secrets
import time
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from loyalty.wire.codes import Reading, check
from loyalty.wire.messages import moment_text
from loyalty.wire.trust import SignedTrust, TrustList, open_trust
from pos_plugin.acts import Json
from pos_plugin.line import SLOW_S, Line
from pos_plugin.transport import NoAnswerError, Raw, Transport

__all__ = ["Answer", "Json", "NoAnswerError", "Paired", "RefusedError", "Service", "pair"]

API: Final = "/api/v1"
KEY_BYTES: Final = 32
TIMEOUT_S: Final = 5.0
WAIT_S_MAX: Final = 30.0
# Of the till itself: nothing it sends will be heard until somebody pairs it again.
UNKNOWN_TILL: Final = frozenset({"till_revoked", "sign_in_needed"})
# What these answers always hold; anything else is somebody else's message, and is not kept.
SESSION_NEEDS: Final = frozenset({"language", "money", "staff", "store", "till"})
_JSON_TYPES: Final = frozenset({"application/json", "application/problem+json"})


class RefusedError(Exception):
    """The service said no, and why; `retryable` ones may be sent again later."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(problem.get("code"), problem.get("detail"))
        self.status = status
        self.code = str(problem.get("code", ""))
        self.retryable = problem.get("retryable") is True
        self.problem = problem


class InsecureAddressError(ValueError):
    """The key would travel in the clear."""


@dataclass(frozen=True, slots=True)
class Paired:
    """What a till keeps after pairing; `key` is its own and never leaves it but as a header.

    `store`, `settings` and `till_name` are what the service told then; `ca_file` is a
    certificate to believe besides the system's own.
    """

    base_url: str
    program_id: int
    till_id: str
    key: str = field(repr=False)
    root_public: bytes
    till_name: str = ""
    store: Json = field(default_factory=dict)
    settings: Json = field(default_factory=dict)
    ca_file: Path | None = None

    @property
    def credential(self) -> str:
        """Write the key as the service knows it."""
        return f"{self.program_id}.{self.till_id}.{self.key}"

    @property
    def place(self) -> str:
        """Name the program and the store whose acts this till confirms."""
        return f"{self.program_id}/{self.store.get('store_id', '')}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said; `headers` have small names."""

    status: int
    body: Json
    headers: Mapping[str, str]


class Service:
    """The service as one till sees it; keeps connections, may be used from any thread.

    Every call teaches `line`, so that the till knows how long it may wait the next time.
    """

    def __init__(self, paired: Paired, *, line: Line | None = None) -> None:
        self.paired = paired
        self.line = line or Line()
        self._transport = Transport(paired.base_url, ca_file=paired.ca_file)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        timeout_s: float = TIMEOUT_S,
        language: str | None = None,
        slow_s: float = SLOW_S,
        needs: Collection[str] = (),
    ) -> Answer:
        """Make one call under /api/v1; an answer after `slow_s` makes the line a bad one.

        Errors: `RefusedError` when the service said no, `NoAnswerError` when nobody did or
        somebody else: what is not our JSON is no answer, a captive portal's page too, nor is a
        message without the names it `needs`.
        """
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        raw = self._exchange(
            method, API + path, data=data, headers=headers, timeout_s=timeout_s, language=language
        )
        try:
            told = _read(raw, needs=needs, may_be_empty=method == "DELETE")
        except NoAnswerError as silence:
            self.line.silent(silence.reason)
            raise
        if raw.status < HTTPStatus.BAD_REQUEST:
            self.line.answered(raw.elapsed_s, slow_s=slow_s)
            return Answer(raw.status, told, raw.headers)
        refusal = RefusedError(raw.status, told)
        if refusal.code in UNKNOWN_TILL:
            self.line.refused()
        elif raw.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # Its own word, and no line a cashier should wait for.
            self.line.slow()
        else:
            self.line.answered(raw.elapsed_s, slow_s=slow_s)
        raise refusal

    def fetch(self, path: str, *, timeout_s: float = TIMEOUT_S, language: str | None = None) -> Raw:
        """Fetch a page or a file of the service, whatever it is. Errors: `NoAnswerError`.

        Its status and kind are the caller's to judge.
        """
        return self._exchange(
            "GET", path, data=None, headers={}, timeout_s=timeout_s, language=language
        )

    def close(self) -> None:
        """Close the connections that are kept."""
        self._transport.forget()

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None,
        headers: dict[str, str],
        timeout_s: float,
        language: str | None,
    ) -> Raw:
        if self.paired.key:
            headers["Authorization"] = f"Bearer {self.paired.credential}"
        if language:
            headers["Accept-Language"] = language
        try:
            return self._transport.exchange(
                method, path, data=data, headers=headers, timeout_s=timeout_s
            )
        except NoAnswerError as silence:
            # Hanging up after a moment says nothing about whether somebody would have answered.
            if silence.reason == "no_line" and timeout_s < SLOW_S and "time" in silence.detail:
                self.line.slow()
            else:
                self.line.silent(silence.reason)
            raise


def pair(base_url: str, letters: str, *, ca_file: Path | None = None) -> Paired:
    """Pair with the eight letters of the owner's page, under a key made here.

    Errors: `RefusedError` (`pairing_code_wrong`, `too_many_tries`), `NoAnswerError`,
    `InsecureAddressError`.
    """
    _need_private(base_url)
    key = secrets.token_hex(KEY_BYTES)
    body = {
        "code": letters,
        "kind": "agent",
        "key_sha256": hashlib.sha256(key.encode()).hexdigest(),
    }
    stranger = Paired(base_url.rstrip("/"), 0, "", "", b"", ca_file=ca_file)
    with closing(Service(stranger)) as service:
        told = service.call("POST", "/till/pairings", body=body).body
    return Paired(
        base_url=base_url.rstrip("/"),
        program_id=told["program_id"],
        till_id=told["till_id"],
        key=key,
        root_public=bytes.fromhex(told["root_public"]),
        till_name=told.get("till_name", ""),
        store=told.get("store", {}),
        settings=told.get("settings", {}),
        ca_file=ca_file,
    )


def fetch_trust(paired: Paired) -> TrustList:
    """Fetch the keys and revocations, signed by the root key that was pinned at pairing.

    Errors: `UntrustedListError` when somebody else signed it; the till keeps the list it has.
    """
    with closing(Service(paired)) as service:
        told = service.call("GET", "/till/trust").body
    document = SignedTrust(told["payload"], told["signature"])
    return open_trust(document, root_public=paired.root_public, program_id=paired.program_id)


def check_offline(paired: Paired, text: str, *, trust: TrustList, at: datetime) -> Reading:
    """Judge a code without the service."""
    return check(text, trust=trust, program_id=paired.program_id, at=at)


def scan(paired: Paired, code: str, *, at: datetime) -> Json:
    """Ask whose card a code is, before payment."""
    body = {"code": code, "scanned_at": moment_text(at)}
    with closing(Service(paired)) as service:
        return service.call("POST", "/scans", body=body).body


def sell(paired: Paired, sale: Json, *, patience_s: float = 0.0) -> Json:
    """Send a sale until it is answered; the same `sale_id` counts once, however often it is sent.

    The caller saves the sale before calling and sends it unchanged. `patience_s` is how long to
    go on trying; after it the sale stays with the caller.
    Errors: `NoAnswerError` when patience ran out, `RefusedError` for a no that is for ever.
    """
    deadline = time.monotonic() + patience_s
    wait_s = 0.2
    with closing(Service(paired)) as service:
        while True:
            try:
                return service.call("POST", "/sales", body=sale).body
            except RefusedError as refusal:
                if not refusal.retryable or time.monotonic() + wait_s > deadline:
                    raise
            except NoAnswerError:
                if time.monotonic() + wait_s > deadline:
                    raise
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, WAIT_S_MAX)


def _read(raw: Raw, *, needs: Collection[str], may_be_empty: bool) -> Json:
    """Take an answer for the service's own only when it has the form of one."""
    if raw.status == HTTPStatus.NO_CONTENT and may_be_empty:
        return {}
    if HTTPStatus.MULTIPLE_CHOICES <= raw.status < HTTPStatus.BAD_REQUEST:
        raise NoAnswerError(reason="not_ours", detail="somebody sends us elsewhere")
    trouble: Any = "trouble" if raw.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "not_ours"
    if raw.content_type not in _JSON_TYPES:
        raise NoAnswerError(trouble, f"the answer is {raw.content_type or 'nothing'}")
    try:
        told = json.loads(raw.data)
    except ValueError as error:
        raise NoAnswerError(reason="trouble", detail="the answer was cut") from error
    if not isinstance(told, dict):
        raise NoAnswerError(reason="not_ours", detail="the answer is no message of the service")
    is_problem = isinstance(told.get("code"), str)
    if raw.status >= HTTPStatus.BAD_REQUEST and not is_problem:
        raise NoAnswerError(trouble, f"status {raw.status} without a problem of the service")
    if not is_problem and not told.keys() >= set(needs):
        raise NoAnswerError(reason="not_ours", detail="the answer is to another question")
    return told


def _need_private(base_url: str) -> None:
    parts = urlsplit(base_url)
    if parts.scheme == "https" and parts.hostname:
        return
    try:
        here = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = parts.hostname == "localhost"
    if parts.scheme != "http" or not here:
        raise InsecureAddressError(base_url)
