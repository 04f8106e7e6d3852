"""A small load client: raw sockets kept open, one process, one thread, a closed loop.

Each of its clients sends the next request when it has the answer to the last one. What the
client itself costs is measured, because it shares the machine with what it loads.
"""

import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: *([0-9]+)\r")
CLOSE = re.compile(rb"\r\n[Cc]onnection: *close\r")
ANSWER_WAIT_S_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """What came back in one stretch of load; times in seconds."""

    answers: int
    elapsed_s: float
    p50_s: float
    p99_s: float
    client_s: float  # of processor time, per request
    server_s: float = 0.0  # the same of the server, where it is measured

    @property
    def per_s(self) -> float:
        """Give the answers per second."""
        return self.answers / self.elapsed_s


class WrongAnswerError(Exception):
    """A server answered something else than what is measured here."""


class _Client:
    """One connection and the request on it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.socket = self._connected()
        self.answer = b""
        self.sent_at = 0.0

    def _connected(self) -> socket.socket:
        made = socket.socket()
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.connect(self.address)
        return made

    def send(self, request: bytes) -> None:
        self.answer = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read what is there; True when the answer is whole."""
        part = self.socket.recv(65536)
        if not part:
            message = f"cut off after {self.answer[:200]!r}"
            raise WrongAnswerError(message)
        self.answer += part
        end = self.answer.find(END_OF_HEAD)
        if end < 0:
            return False
        length = LENGTH.search(self.answer, 0, end + 1)
        assert length is not None, "the servers measured here say how long their answers are"
        return len(self.answer) >= end + len(END_OF_HEAD) + int(length[1])

    def is_closed(self) -> bool:
        """Say whether the server ends the connection with this answer."""
        return CLOSE.search(self.answer) is not None

    def reconnect(self) -> None:
        """Go on with a new connection."""
        self.socket.close()
        self.socket = self._connected()


def drive(
    address: tuple[str, int],
    requests: Sequence[bytes],
    *,
    clients: int,
    seconds: float,
    expect: bytes,
) -> Load:
    """Send requests for a while, or until none is left; every answer must hold `expect`.

    Errors: `WrongAnswerError`.
    """
    waiting = iter(requests)
    with selectors.DefaultSelector() as selector:
        opened = [_Client(address) for _ in range(clients)]
        started, spent = time.perf_counter(), time.process_time()
        for client in opened:
            client.send(next(waiting))
            selector.register(client.socket, selectors.EVENT_READ, client)
        times = _loop(selector, waiting, until=started + seconds, expect=expect)
        spent = time.process_time() - spent
    elapsed_s = times[-1][0] - started
    waits = sorted(wait for _, wait in times)
    return Load(
        answers=len(waits),
        elapsed_s=elapsed_s,
        p50_s=waits[len(waits) // 2],
        p99_s=waits[min(len(waits) - 1, len(waits) * 99 // 100)],
        client_s=spent / len(waits),
    )


def _loop(
    selector: selectors.BaseSelector, waiting: Iterator[bytes], *, until: float, expect: bytes
) -> list[tuple[float, float]]:
    """Answer each answer with the next request; gives (when, how long it took) of each."""
    times: list[tuple[float, float]] = []
    while selector.get_map():
        ready = selector.select(ANSWER_WAIT_S_MAX)
        if not ready:
            message = f"no answer in {ANSWER_WAIT_S_MAX} s"
            raise WrongAnswerError(message)
        for key, _ in ready:
            client: _Client = key.data
            if not client.receive():
                continue
            now = time.perf_counter()
            times.append((now, now - client.sent_at))
            if expect not in client.answer:
                message = f"{client.answer[:2000].decode('utf-8', 'replace')}"
                raise WrongAnswerError(message)
            request = None if now >= until else next(waiting, None)
            if request is None:
                selector.unregister(client.socket)
                client.socket.close()  # a server may linger until we do
                continue
            if client.is_closed():
                selector.unregister(client.socket)
                client.reconnect()
                selector.register(client.socket, selectors.EVENT_READ, client)
            client.send(request)
    return times
