"""Only the service's own word is an answer; everything else is silence, with its reason."""

import itertools
import json
import socket
import ssl
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from app.lan import make_certificate
from loyalty.kernel.clock import SystemClock
from pos_plugin.client import Answer, InsecureAddressError, NoAnswerError, Paired, Service, pair
from pos_plugin.client import RefusedError as Refused
from tests.support.pretenders import Talk, heard, http, pretender, saying

PORTAL = http(b"<html>Accept our terms</html>", kind="text/html")
GOOD = http(b'{"server_time": "2026-11-21T10:00:00Z"}')
PATIENT_S = 20.0


def service(port: int, *, scheme: str = "http", ca_file: Path | None = None) -> Service:
    return Service(Paired(f"{scheme}://127.0.0.1:{port}", 7, "t", "k", bytes(32), ca_file=ca_file))


def ask(port: int, *, timeout_s: float = PATIENT_S) -> Answer:
    with closing(service(port)) as one:
        return one.call("GET", "/time", timeout_s=timeout_s)


def silence_of(talk: Talk, *, timeout_s: float = PATIENT_S) -> NoAnswerError:
    with pretender(talk) as port, pytest.raises(NoAnswerError) as silence:
        ask(port, timeout_s=timeout_s)
    return silence.value


def test_the_services_word_is_an_answer() -> None:
    with pretender(saying(GOOD)) as port:
        assert ask(port).body["server_time"] == "2026-11-21T10:00:00Z"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (PORTAL, "not_ours"),
        (http(b"", status="302 Found", more="Location: http://wifi.example/\r\n"), "not_ours"),
        (http(b'{"ok": 1}', status="302 Found", more="Location: /x\r\n"), "not_ours"),
        (http(b"<html>no</html>", status="404 Not Found", kind="text/html"), "not_ours"),
        (http(b'{"detail": "no"}', status="404 Not Found"), "not_ours"),
        (http(b"[1, 2]"), "not_ours"),
        (http(b'"yes"'), "not_ours"),
        (http(b"{not json"), "trouble"),
        (http(b"<h1>Bad gateway</h1>", status="502 Bad Gateway", kind="text/html"), "trouble"),
        (http(b"{}", status="500 Internal Server Error"), "trouble"),
        (GOOD[:-10], "trouble"),
        (GOOD[:30], "not_ours"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "not_ours"),
        (b"220 mail.example ESMTP\r\n", "trouble"),
        (b"", "no_line"),
    ],
)
def test_anything_else_is_silence_with_a_reason(answer: bytes, reason: str) -> None:
    assert silence_of(saying(answer)).reason == reason


def test_a_refusal_is_the_services_own_word() -> None:
    problem = {"code": "till_revoked", "detail": "Retirada.", "retryable": False}
    answer = http(
        json.dumps(problem).encode(), status="403 Forbidden", kind="application/problem+json"
    )
    with pretender(saying(answer)) as port, closing(service(port)) as one:
        with pytest.raises(Refused) as refusal:
            one.call("GET", "/till/session")
        assert (refusal.value.code, one.line.state) == ("till_revoked", "refused")


def test_nobody_listening_is_no_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NoAnswerError) as silence:
        ask(port)
    assert silence.value.reason == "no_line"


def drips(line: socket.socket) -> None:
    """Send an answer byte by byte, each in time for a time-out that starts anew."""
    heard(line)
    for byte in itertools.chain(GOOD.partition(b"\r\n\r\n")[0], itertools.cycle(b" ")):
        line.sendall(bytes([byte]))
        time.sleep(0.05)


def says_nothing(line: socket.socket) -> None:
    heard(line)
    line.recv(1)


@pytest.mark.parametrize("talk", [drips, says_nothing])
def test_an_exchange_has_an_end_however_the_other_side_drags_it(talk: Talk) -> None:
    # Neither ever comes to its end, so that this test would not.
    assert silence_of(talk, timeout_s=0.4).reason == "no_line"


def test_a_connection_that_was_let_go_while_idle_is_replaced_without_a_word() -> None:
    asked = []

    def once_each(line: socket.socket) -> None:
        asked.append(heard(line))
        line.sendall(GOOD)

    with pretender(once_each) as port, closing(service(port)) as one:
        for _ in range(3):
            assert one.call("GET", "/time", timeout_s=PATIENT_S).status == 200
    assert len(asked) == 3


def test_one_connection_serves_many_calls_and_many_threads() -> None:
    lines: list[socket.socket] = []

    def goes_on(line: socket.socket) -> None:
        lines.append(line)
        while heard(line):
            line.sendall(GOOD)

    with pretender(goes_on) as port, closing(service(port)) as one:

        def calls() -> None:
            for _ in range(5):
                one.call("GET", "/time", timeout_s=PATIENT_S)

        calls()
        assert len(lines) == 1
        threads = [threading.Thread(target=calls) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(lines) <= 5


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A certificate of somebody's own for this address."""
    made = make_certificate(tmp_path / "tls", "127.0.0.1", clock=SystemClock())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    return context, made.certificate


def test_somebody_elses_certificate_is_no_answer_and_our_own_is_believed_when_told(
    certificate: tuple[ssl.SSLContext, Path],
) -> None:
    context, file = certificate
    with pretender(saying(GOOD), tls=context) as port:
        with (
            closing(service(port, scheme="https")) as stranger,
            pytest.raises(NoAnswerError) as silence,
        ):
            stranger.call("GET", "/time", timeout_s=PATIENT_S)
        assert silence.value.reason == "certificate"
        with closing(service(port, scheme="https", ca_file=file)) as told:
            assert told.call("GET", "/time", timeout_s=PATIENT_S).status == 200


def test_a_portal_without_tls_on_the_tls_port_is_not_ours() -> None:
    def at_once(line: socket.socket) -> None:
        line.recv(1)
        line.sendall(PORTAL)
        line.recv(65_536)

    with (
        pretender(at_once) as port,
        closing(service(port, scheme="https")) as one,
        pytest.raises(NoAnswerError) as silence,
    ):
        one.call("GET", "/time", timeout_s=PATIENT_S)
    assert silence.value.reason == "not_ours"


@pytest.mark.parametrize(
    "address", ["http://shop.example", "http://192.168.1.5:8000", "ftp://127.0.0.1", "shop", ""]
)
def test_a_key_is_never_made_for_an_address_where_it_could_be_read(address: str) -> None:
    with pytest.raises(InsecureAddressError):
        pair(address, "BBBBBBBB")


def test_hanging_up_after_a_moment_does_not_call_the_line_down() -> None:
    with pretender(says_nothing) as port, closing(service(port)) as one:
        one.line.answered(0.01)
        for _ in range(5):
            with pytest.raises(NoAnswerError):
                one.call("GET", "/time", timeout_s=0.05)
        assert one.line.state == "bad"
