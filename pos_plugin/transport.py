"""One HTTP exchange with the service, over connections that are kept, never longer than asked.

A time-out of a socket only bounds one wait; here the whole exchange has an end: looking the name
up, connecting, the handshake, sending, and an answer that drips byte by byte.
"""

import io
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pos_plugin.line import Reason

ANSWER_BYTES_MAX: Final = 4_000_000
IDLE_MAX: Final = 8
IDLE_S: Final = 45.0
_CHUNK: Final = 65_536


class NoAnswerError(Exception):
    """It is not known whether the service did it: no line, no time, or somebody else answered.

    Sending the same act again, with the same id, is safe.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Raw:
    """What came back, unread; `elapsed_s` is how long it took."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    elapsed_s: float

    @property
    def content_type(self) -> str:
        """The kind of the data, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Deadline:
    """The moment by which an exchange is over."""

    def __init__(self, timeout_s: float) -> None:
        self.began = time.monotonic()
        self._until = self.began + timeout_s

    def left(self) -> float:
        """Say how many seconds are left. Errors: `TimeoutError` when none are."""
        left = self._until - time.monotonic()
        if left <= 0:
            message = "the time is over"
            raise TimeoutError(message)
        return left

    def elapsed_s(self) -> float:
        """Say how long it took so far."""
        return time.monotonic() - self.began


class _TimedReads(io.RawIOBase):
    """Reads a socket, each time with what is left until the deadline."""

    def __init__(self, source: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._source = source
        # Keeps the socket open until the answer is read, also when the other side will close it.
        self._raw = source.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever the buffered reader has
        self._source.settimeout(self._deadline.left())
        return self._raw.readinto(buffer) or 0

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """What `HTTPResponse` needs of a socket."""

    def __init__(self, source: socket.socket, deadline: Deadline) -> None:
        self._reads = _TimedReads(source, deadline)

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return io.BufferedReader(self._reads, _CHUNK)


@dataclass(slots=True)
class _Idle:
    line: HTTPConnection
    since: float


class Transport:
    """Keeps a few connections to one service; may be used from any thread."""

    def __init__(self, base_url: str, *, ca_file: Path | None = None) -> None:
        parts = urlsplit(base_url)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._prefix = parts.path.rstrip("/")
        self._tls: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self._tls = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
            self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._idle: list[_Idle] = []
        self._lock = threading.Lock()

    def exchange(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None,
        headers: Mapping[str, str],
        timeout_s: float,
    ) -> Raw:
        """Ask once and read the whole answer.

        A connection that the other side let go while it was idle is replaced once.
        Errors: `NoAnswerError`.
        """
        deadline = Deadline(timeout_s)
        kept = self._take()
        if kept is not None:
            try:
                return self._over(kept, method, path, data=data, headers=headers, deadline=deadline)
            except (ConnectionError, HTTPException):
                kept.close()
            except (OSError, NoAnswerError) as error:
                kept.close()
                self.forget()
                raise _no_answer(error) from error
        line: HTTPConnection | None = None
        try:
            line = self._connect(deadline)
            return self._over(line, method, path, data=data, headers=headers, deadline=deadline)
        except (OSError, HTTPException, NoAnswerError) as error:
            if line is not None:
                line.close()
            self.forget()
            raise _no_answer(error) from error

    def forget(self) -> None:
        """Close what is idle: after trouble every kept connection is doubtful."""
        with self._lock:
            idle, self._idle = self._idle, []
        for one in idle:
            one.line.close()

    def _over(
        self,
        line: HTTPConnection,
        method: str,
        path: str,
        *,
        data: bytes | None,
        headers: Mapping[str, str],
        deadline: Deadline,
    ) -> Raw:
        assert line.sock is not None
        line.sock.settimeout(deadline.left())
        line.request(method, self._prefix + path, body=data, headers=dict(headers))

        class Timed(HTTPResponse):
            def __init__(self, sock: socket.socket, **options: Any) -> None:  # noqa: ANN401
                super().__init__(_TimedSocket(sock, deadline), **options)  # type: ignore[arg-type]

        line.response_class = Timed
        answer = line.getresponse()
        body = answer.read(ANSWER_BYTES_MAX + 1)
        if len(body) > ANSWER_BYTES_MAX:
            raise NoAnswerError(reason="not_ours", detail="the answer has no end")
        told = {name.lower(): value for name, value in answer.getheaders()}
        if answer.will_close:
            line.close()
        else:
            self._keep(line)
        return Raw(answer.status, told, body, deadline.elapsed_s())

    def _take(self) -> HTTPConnection | None:
        now = time.monotonic()
        with self._lock:
            while self._idle:
                one = self._idle.pop()
                if now - one.since < IDLE_S:
                    return one.line
                one.line.close()
        return None

    def _keep(self, line: HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < IDLE_MAX:
                self._idle.append(_Idle(line, time.monotonic()))
                return
        line.close()

    def _connect(self, deadline: Deadline) -> HTTPConnection:
        source = _open_socket(_addresses(self._host, self._port, deadline), deadline)
        try:
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None:
                line = HTTPConnection(self._host, self._port)
            else:
                source.settimeout(deadline.left())
                source = self._tls.wrap_socket(source, server_hostname=self._host)
                line = HTTPSConnection(self._host, self._port, context=self._tls)
        except BaseException:
            source.close()
            raise
        line.sock = source
        line.auto_open = 0
        return line


def _addresses(host: str, port: int, deadline: Deadline) -> list[Any]:
    """Look a name up within the deadline; the system's own look-up knows no end."""
    found: list[Any] = []
    failed: list[OSError] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            failed.append(error)
        except UnicodeError:
            failed.append(OSError("this is no host name"))

    if host.replace(".", "").isdigit() or ":" in host:
        look_up()
    else:
        asking = threading.Thread(target=look_up, name="enlaza-look-up", daemon=True)
        asking.start()
        asking.join(deadline.left())
    if failed:
        raise failed[0]
    if not found:
        message = "the name was not found in time"
        raise TimeoutError(message)
    return found


def _open_socket(addresses: list[Any], deadline: Deadline) -> socket.socket:
    problem: OSError = OSError("no address")
    for family, kind, protocol, _, address in addresses:
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(deadline.left())
            opened.connect(address)
        except OSError as error:
            opened.close()
            problem = error
            continue
        return opened
    raise problem


def _no_answer(error: Exception) -> NoAnswerError:
    """Say why there was no answer, in the terms that the till shows."""
    if isinstance(error, NoAnswerError):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return NoAnswerError("certificate", error.verify_message)
    if isinstance(error, ssl.SSLError):
        return NoAnswerError("not_ours", error.reason or str(error))
    if isinstance(error, TimeoutError | ConnectionError | OSError):
        return NoAnswerError("no_line", str(error))
    return NoAnswerError("trouble", str(error) or type(error).__name__)
