"""One client's line to the service: keeps it open, keeps cookies, waits when it is asked to."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urlsplit

from app.replay.errors import ReplayError, StoppedError

TIMEOUT_S: Final = 30.0
# A server that is started anew, or a database that is busy, is waited for so long.
PATIENCE_S: Final = 60.0
PAUSE_S: Final = 0.5
# Services hang up on who is silent; a line that was for so long is opened anew.
SILENT_S_MAX: Final = 10.0
WAIT_S_MAX: Final = 120
ANSWER_BYTES_MAX: Final = 4_000_000

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said, and how long the one call took that was answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    took_s: float

    def document(self) -> Json:
        """Read the answer as our JSON.

        Errors: `ReplayError` when it is something else: a proxy's page, another service.
        """
        kind = self.headers.get("content-type", "").partition(";")[0]
        try:
            told = json.loads(self.content) if kind.endswith("json") else None
        except ValueError:
            told = None
        if not isinstance(told, dict):
            message = f"the answer is {kind or 'nothing'} ({self.status}), so it is not Enlaza's"
            raise ReplayError(message)
        return told


class Line:
    """A connection that stays open, with its cookies; one thread at a time.

    What has an id of its own is sent again until it is answered. `waited_s` is how long the
    service has asked this client to wait, `resent` how often an answer did not come.
    """

    def __init__(self, base_url: str, *, stop: threading.Event, source: str = "") -> None:
        parts = urlsplit(base_url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self.base_url = base_url
        self.waited_s = 0.0
        self.resent = 0
        self._stop = stop
        self._cookies: dict[str, str] = {}
        self._asked_at = 0.0
        self._connection = kind(
            parts.hostname or "",
            parts.port,
            timeout=TIMEOUT_S,
            source_address=(source, 0) if source else None,
        )

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        once: bool = False,
    ) -> Answer:
        """Ask until there is an answer that is not "later"; `once` for what must not be doubled.

        Errors: `ReplayError` when nobody answers, `StoppedError` when the replay is ending.
        """
        patience = _Patience()
        while True:
            try:
                answer = self._ask(method, path, headers or {}, content)
            except (OSError, HTTPException) as error:
                self.close()
                if once or patience.has_ended():
                    message = (
                        f"nobody answers at {self.base_url} ({error or type(error).__name__}): "
                        "is `enlaza serve` running there?"
                    )
                    raise ReplayError(message) from error
                self.resent += 1
                self._pause(PAUSE_S)
                continue
            if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                patience = _Patience()  # somebody is there, and the limit lasts as long as it does
            elif answer.status != HTTPStatus.SERVICE_UNAVAILABLE or patience.has_ended():
                return answer
            self._wait(_asked_to_wait_s(answer))

    def close(self) -> None:
        """Hang up; the next call opens the line again."""
        self._connection.close()

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        told = dict(headers)
        if self._cookies:
            told["Cookie"] = "; ".join(f"{name}={text}" for name, text in self._cookies.items())
        if time.monotonic() > self._asked_at + SILENT_S_MAX:
            self.close()
        began = time.perf_counter()
        self._connection.request(method, path, body=content, headers=told)
        response = self._connection.getresponse()
        read = response.read(ANSWER_BYTES_MAX)
        took_s = time.perf_counter() - began
        self._asked_at = time.monotonic()
        for text in response.headers.get_all("Set-Cookie") or ():
            self._cookies |= {name: one.value for name, one in SimpleCookie(text).items()}
        known = {name.lower(): text for name, text in response.headers.items()}
        return Answer(response.status, known, read, took_s)

    def _wait(self, seconds: int) -> None:
        self.waited_s += seconds
        self._pause(seconds)

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise StoppedError


class _Patience:
    """How long one call is tried, counted from the first time it did not work."""

    def __init__(self) -> None:
        self._since: float | None = None

    def has_ended(self) -> bool:
        """Say so when it has not worked for too long."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        return now > self._since + PATIENCE_S


def _asked_to_wait_s(answer: Answer) -> int:
    told = answer.headers.get("retry-after", "")
    return min(max(int(told), 1), WAIT_S_MAX) if told.isdecimal() else 1
