"""The bad line itself: each fault does to a request what its name says."""

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.lan import make_certificate
from loyalty.kernel.clock import SystemClock
from tests.support.fault_proxy import CLEAR, Fault, FaultProxy, Weather, always, bad_line
from tests.support.running import Answer, ask, ask_once

ANSWERED = Answer(201, {"text": "kept " * 100})


class Listener(ThreadingHTTPServer):
    """A service that remembers what arrived."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.arrived: list[str] = []


class Desk(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Listener)
        self.server.arrived.append(
            self.rfile.read(int(self.headers["Content-Length"])).decode().strip('{}" :')
        )
        body = b'{"text": "%s"}' % (b"kept " * 100)
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Keep quiet."""


@contextmanager
def listening() -> Iterator[Listener]:
    with Listener() as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield service
        finally:
            service.shutdown()
            thread.join()


@pytest.fixture
def line() -> Iterator[tuple[Listener, FaultProxy]]:
    with listening() as service, bad_line(service.server_port, seed=1) as proxy:
        yield service, proxy


def say(proxy: FaultProxy, what: str) -> Answer | None:
    """Say something to the service; None when there was no whole answer."""
    answer = ask_once(proxy.port, "POST", "/", body={what: ""})
    return None if answer is None else Answer(answer.status, answer.body)


@pytest.mark.parametrize(
    ("fault", "answer", "arrived"),
    [
        (Fault.NONE, ANSWERED, 1),
        (Fault.DROP, None, 0),
        (Fault.LOSE_ANSWER, None, 1),
        (Fault.DOUBLE, ANSWERED, 2),
        (Fault.DELAY, ANSWERED, 1),
        (Fault.HALF, None, 1),
        (Fault.SLOW, ANSWERED, 1),
        (Fault.PORTAL, Answer(200, {}), 0),
    ],
)
def test_a_request_meets_its_fault(
    line: tuple[Listener, FaultProxy], fault: Fault, answer: Answer | None, arrived: int
) -> None:
    service, proxy = line
    proxy.weather = always(fault)
    assert say(proxy, "bread") == answer
    assert service.arrived == ["bread"] * arrived
    assert proxy.seen[fault] == 1
    proxy.weather = CLEAR
    assert say(proxy, "milk") == ANSWERED


def test_what_is_late_arrives_after_what_came_later(line: tuple[Listener, FaultProxy]) -> None:
    service, proxy = line
    proxy.weather = always(Fault.LATE)
    assert say(proxy, "first") is None
    proxy.weather = CLEAR
    assert say(proxy, "second") == ANSWERED
    assert service.arrived == ["second", "first"]


def test_everything_can_be_sent_again_in_another_order(line: tuple[Listener, FaultProxy]) -> None:
    service, proxy = line
    words = [f"word-{number}" for number in range(10)]
    for word in words:
        say(proxy, word)
    assert proxy.deliver_again(3, to="/") == [201] * 30
    assert sorted(service.arrived) == sorted(words * 4)
    assert service.arrived[10:20] != words


def test_a_pulled_cable_refuses_and_can_be_put_back(line: tuple[Listener, FaultProxy]) -> None:
    _, proxy = line
    assert say(proxy, "before") == ANSWERED
    proxy.cut()
    assert say(proxy, "while") is None
    proxy.connect()
    assert say(proxy, "after") == ANSWERED


def test_the_lot_is_the_same_for_the_same_seed() -> None:
    weather = Weather({Fault.DROP: 0.2, Fault.HALF: 0.2})
    with listening() as service:
        fates = []
        for _ in range(2):
            with bad_line(service.server_port, seed=7) as proxy:
                proxy.weather = weather
                fates.append([say(proxy, str(number)) is None for number in range(30)])
    assert fates[0] == fates[1]
    assert 3 < sum(fates[0]) < 25


def test_somebody_elses_certificate_is_shown(
    line: tuple[Listener, FaultProxy], tmp_path: Path
) -> None:
    _, proxy = line
    ours, theirs = (
        make_certificate(tmp_path / whose, "127.0.0.1", clock=SystemClock())
        for whose in ("ours", "theirs")
    )
    trusting = ssl.create_default_context(cafile=str(ours.certificate))
    for shown, is_trusted in ((ours, True), (theirs, False)):
        proxy.certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        proxy.certificate.load_cert_chain(shown.certificate, shown.key)
        with closing(
            http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=5, context=trusting)
        ) as opened:
            if is_trusted:
                assert ask(opened, "POST", "/", body={"bread": ""}).status == 201
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    ask(opened, "POST", "/", body={"bread": ""})
