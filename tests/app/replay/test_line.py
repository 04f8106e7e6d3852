"""A line waits when it is asked to, sends again what was not answered, and knows who answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.replay import line as module
from app.replay.errors import ReplayError, StoppedError
from app.replay.line import Line
from app.replay.run import PHONE_ADDRESSES, own_address

GONE = 0  # the connection is cut instead of an answer


@contextmanager
def answering(*statuses: int, hangs_up_s: float = 30) -> Iterator[tuple[str, list[str]]]:
    """A service that answers each call with the next status; also gives what it was asked."""
    left, asked = list(statuses), []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = hangs_up_s

        def do_GET(self) -> None:
            asked.append(self.headers.get("Cookie", ""))
            status = left.pop(0)
            if status == GONE:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Retry-After", "1")
            self.send_header("Set-Cookie", f"seen={len(asked)}; HttpOnly; Path=/")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_waits_when_asked_to_and_says_how_long() -> None:
    with answering(429, 503, 200) as (url, _):
        line = Line(url, stop=threading.Event())
        assert line.ask("GET", "/").status == 200
        line.close()
    assert (line.waited_s, line.resent) == (2.0, 0)


def test_after_a_wait_the_line_is_opened_anew_so_that_a_tap_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SILENT_S_MAX", 0.5)
    with answering(429, 200, hangs_up_s=0.6) as (url, _):
        line = Line(url, stop=threading.Event())
        assert line.ask("GET", "/", once=True).status == 200
        line.close()
    assert (line.waited_s, line.resent) == (1.0, 0)


def test_waiting_for_the_limit_does_not_use_up_the_patience_for_a_bad_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.9)
    with answering(429, GONE, 200) as (url, _):
        line = Line(url, stop=threading.Event())
        assert line.ask("GET", "/").status == 200
        line.close()
    assert line.resent == 1


def test_nobody_is_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    with answering(*[GONE] * 5) as (url, _):
        line = Line(url, stop=threading.Event())
        with pytest.raises(ReplayError, match="nobody answers"):
            line.ask("GET", "/")
        line.close()


def test_what_was_not_answered_is_sent_again_and_cookies_are_kept() -> None:
    with answering(200, GONE, 200) as (url, asked):
        line = Line(url, stop=threading.Event())
        assert [line.ask("GET", "/").status for _ in range(2)] == [200, 200]
        line.close()
    assert line.resent == 1
    assert asked == ["", "seen=1", "seen=1"]


def test_what_must_not_be_doubled_is_sent_once() -> None:
    with answering(GONE, 200) as (url, asked):
        line = Line(url, stop=threading.Event())
        with pytest.raises(ReplayError, match="nobody answers"):
            line.ask("GET", "/", once=True)
        line.close()
    assert len(asked) == 1


def test_who_waits_ends_when_the_replay_is_stopped() -> None:
    stop = threading.Event()
    stop.set()
    with answering(429, 200) as (url, asked):
        line = Line(url, stop=stop)
        with pytest.raises(StoppedError):
            line.ask("GET", "/")
        line.close()
    assert len(asked) == 1


def test_phones_have_their_own_addresses_only_on_this_computer() -> None:
    told = {own_address("http://127.0.0.1:8000", PHONE_ADDRESSES, number) for number in (1, 2)}
    assert told in ({"127.30.0.1", "127.30.0.2"}, {""})  # some systems have 127.0.0.1 only
    for elsewhere in ("https://card.example", "http://localhost:8000", "http://192.0.2.1"):
        assert own_address(elsewhere, PHONE_ADDRESSES, 1) == ""
