"""A bad line between a till and its service: loses, delays, repeats, reorders, cuts, pretends.

It reads whole HTTP requests and decides for each by lot, seeded, what becomes of it. The weather
may be changed while it runs.
"""

import contextlib
import random
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, parse_headers
from typing import BinaryIO, Final

from tests.support.ports import free_port

QUIET_S: Final = 60.0
UPSTREAM_S: Final = 60.0
PORTAL: Final = b"<!doctype html><title>WiFi</title><h1>Accept our terms</h1>"
HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class Fault(StrEnum):
    """What may become of one request."""

    NONE = "none"
    DROP = "drop"  # it does not arrive; the line is cut
    SILENCE = "silence"  # it does not arrive; nothing is heard
    LOSE_ANSWER = "lose_answer"  # it arrives; the line is cut instead of the answer
    LATE = "late"  # it arrives after those that come after it; the line is cut at once
    DOUBLE = "double"  # it arrives twice, at once
    DELAY = "delay"  # it arrives, but only after a while
    HALF = "half"  # half of the answer comes back
    SLOW = "slow"  # the answer comes back in small pieces
    PORTAL = "portal"  # somebody else answers 200 with a page


@dataclass(frozen=True, slots=True)
class Weather:
    """How likely each fault is; what is left is a good line. `delay_s` is how long one lasts."""

    chances: dict[Fault, float] = field(default_factory=dict)
    delay_s: tuple[float, float] = (0.05, 0.4)

    def draw(self, rng: random.Random) -> Fault:
        """Decide what becomes of a request."""
        at = rng.random()
        for fault, chance in self.chances.items():
            at -= chance
            if at < 0:
                return fault
        return Fault.NONE


def always(fault: Fault) -> Weather:
    """Every request meets this fault."""
    return Weather({fault: 1.0})


CLEAR: Final = Weather()
# A fifth of what is said gets lost, on the way there or on the way back.
LOSSY: Final = Weather({Fault.DROP: 0.1, Fault.LOSE_ANSWER: 0.1})
STORM: Final = Weather({fault: 0.08 for fault in Fault if fault not in {Fault.NONE, Fault.SILENCE}})


@dataclass(slots=True)
class _Request:
    method: str
    target: str
    headers: Message
    body: bytes


@dataclass(slots=True)
class _Answer:
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def as_bytes(self) -> bytes:
        """Write it as it goes over the line."""
        kept = [(name, text) for name, text in self.headers if name.lower() not in HOP_BY_HOP]
        kept.append(("Content-Length", str(len(self.body))))
        head = "".join(f"{name}: {text}\r\n" for name, text in kept)
        return f"HTTP/1.1 {self.status} {self.reason}\r\n{head}\r\n".encode("latin-1") + self.body


class FaultProxy:
    """Listens on 127.0.0.1 and passes on to the service, as well as the weather lets it."""

    def __init__(self, upstream_port: int, *, seed: int = 0) -> None:
        self.upstream_port = upstream_port
        self.weather = CLEAR
        self.certificate: ssl.SSLContext | None = None
        self.seen: Counter[Fault] = Counter()
        self._rng = random.Random(seed)
        self._guard = threading.Lock()
        self._late: list[_Request] = []
        self._open: set[socket.socket] = set()
        self._messages: list[_Request] = []
        self._ended = threading.Event()
        self._listener: socket.socket | None = None
        self.port = free_port()
        self.connect()

    @property
    def url(self) -> str:
        """The address a till is paired with."""
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    def connect(self) -> None:
        """Plug the cable in."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Pull the cable out: open lines end, new ones are refused."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # A thread waits in accept(); closing alone would leave the port open until it woke.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._guard:
            still_open = list(self._open)
        for line in still_open:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End everything; what was held back is delivered no more."""
        self._ended.set()
        self.cut()

    def deliver_late(self) -> None:
        """Let what was held back arrive, in another order."""
        with self._guard:
            late, self._late = self._late, []
            self._rng.shuffle(late)
        for request in late:
            self._pass_on(request)

    def deliver_again(self, times: int, *, to: str) -> list[int]:
        """Send everything that was ever sent there again, so often, shuffled; gives statuses."""
        with self._guard:
            again = [message for message in self._messages if message.target == to] * times
            self._rng.shuffle(again)
        answers = [self._pass_on(request) for request in again]
        return [answer.status for answer in answers if answer is not None]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError, HTTPException, ValueError), contextlib.ExitStack() as end:
            end.callback(line.close)
            line.settimeout(QUIET_S)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            spoken = line
            if self.certificate is not None:
                spoken = self.certificate.wrap_socket(line, server_side=True)
                end.callback(spoken.close)
            end.enter_context(self._known(spoken))
            reader = end.enter_context(spoken.makefile("rb"))
            while (request := _read_request(reader)) is not None:
                if not self._answer(spoken, request):
                    return

    @contextmanager
    def _known(self, line: socket.socket) -> Iterator[None]:
        """Hold a line among those that are cut with the cable."""
        with self._guard:
            self._open.add(line)
        try:
            yield
        finally:
            with self._guard:
                self._open.discard(line)

    def _answer(self, line: socket.socket, request: _Request) -> bool:
        """Let one request meet its fate; says whether the line stays open."""
        with self._guard:
            weather = self.weather
            fault = weather.draw(self._rng)
            delay_s = self._rng.uniform(*weather.delay_s)
            self.seen[fault] += 1
            if request.method != "GET":
                self._messages.append(request)
            if fault is Fault.LATE:
                self._late.append(request)
        if fault is Fault.SILENCE:
            self._ended.wait(QUIET_S)
        if fault in {Fault.DROP, Fault.SILENCE, Fault.LATE}:
            return False
        if fault is Fault.PORTAL:
            page = [("Content-Type", "text/html; charset=utf-8")]
            line.sendall(_Answer(200, "OK", page, PORTAL).as_bytes())
            return True
        if fault is Fault.DELAY:
            self._ended.wait(delay_s)
        answer = self._pass_on_twice(request) if fault is Fault.DOUBLE else self._pass_on(request)
        if fault is Fault.NONE:
            self.deliver_late()
        if answer is None or fault is Fault.LOSE_ANSWER:
            return False
        return self._send(line, answer.as_bytes(), fault)

    def _send(self, line: socket.socket, data: bytes, fault: Fault) -> bool:
        if fault is Fault.HALF:
            line.sendall(data[: len(data) // 2])
            return False
        if fault is Fault.SLOW:
            for at in range(0, len(data), 64):
                line.sendall(data[at : at + 64])
                time.sleep(0.005)
            return True
        line.sendall(data)
        return True

    def _pass_on_twice(self, request: _Request) -> _Answer | None:
        """Let it arrive twice at the same moment; the second answer is the one that is heard."""
        other = threading.Thread(target=self._pass_on, args=(request,))
        other.start()
        answer = self._pass_on(request)
        other.join()
        return answer

    def _pass_on(self, request: _Request) -> _Answer | None:
        """Ask the service; None when it cannot be reached or does not answer."""
        upstream = HTTPConnection("127.0.0.1", self.upstream_port, timeout=UPSTREAM_S)
        try:
            upstream.putrequest(
                request.method, request.target, skip_host=True, skip_accept_encoding=True
            )
            for name, text in request.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    upstream.putheader(name, text)
            upstream.putheader("Content-Length", str(len(request.body)))
            upstream.endheaders(request.body)
            told = upstream.getresponse()
            return _Answer(told.status, told.reason, told.getheaders(), told.read())
        except (OSError, HTTPException):
            return None
        finally:
            upstream.close()


def _read_request(reader: BinaryIO) -> _Request | None:
    first = reader.readline(65_536).decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = parse_headers(reader)
    length = int(headers.get("Content-Length") or 0)
    body = reader.read(length)
    return _Request(first[0], first[1], headers, body) if len(body) == length else None


@contextmanager
def bad_line(upstream_port: int, *, seed: int = 0) -> Iterator[FaultProxy]:
    """Put a proxy before a service; the weather is clear until it is told otherwise."""
    proxy = FaultProxy(upstream_port, seed=seed)
    try:
        yield proxy
    finally:
        proxy.close()
