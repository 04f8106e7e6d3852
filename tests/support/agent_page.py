"""An agent at the counter, served in this process, behind a line that can be cut."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import pytest
from waitress import wasyncore
from waitress.server import create_server

from pos_plugin import cashiers
from pos_plugin.agent import Agent
from pos_plugin.client import pair
from pos_plugin.gateway import SERVER_OPTIONS, make_app
from pos_plugin.guard import TOKEN_COOKIE
from pos_plugin.home import Home
from pos_plugin.line import Line
from tests.browser.till.support import Shop
from tests.support.fault_proxy import CLEAR, FaultProxy
from tests.support.running import wait_until

WAIT_S: Final = 90.0


@dataclass(frozen=True, slots=True)
class Told:
    """What the agent answered."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The message in it."""
        told: dict[str, Any] = json.loads(self.data)
        return told

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(self.body.get("code"))


@dataclass(slots=True)
class AgentPage:
    """A till at the counter: its agent, its address, its line, and the cookie its page holds."""

    agent: Agent
    port: int
    line: FaultProxy
    cookie: str = field(default="")

    @property
    def base_url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}"

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        language: str = "es",
    ) -> Told:
        """Ask as the page does; `headers` change what it says of itself, "" leaves one out."""
        told = {
            "Host": f"127.0.0.1:{self.port}",
            "Origin": self.base_url,
            "Sec-Fetch-Site": "same-origin",
            "X-Enlaza": "1",
            "Accept-Language": language,
            "Content-Type": "application/json",
            "Cookie": self.cookie,
            **(headers or {}),
        }
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)) as line:
            line.putrequest(method, path, skip_host=True)
            for name, text in told.items():
                if text:
                    line.putheader(name, text)
            data = b"" if body is None else json.dumps(body).encode()
            line.putheader("Content-Length", str(len(data)))
            line.endheaders(data)
            answer = line.getresponse()
            return Told(answer.status, dict(answer.getheaders()), answer.read())

    def api(self, method: str, path: str, body: object = None, **options: Any) -> Told:  # noqa: ANN401
        """Ask the till API."""
        return self.call(method, f"/api/v1{path}", body, **options)

    def open(self) -> Told:
        """Open the page's session and keep the token it gives."""
        told = self.api("GET", "/till/session")
        self.take_cookie(told)
        return told

    def take_cookie(self, told: Told) -> None:
        """Keep the token of an answer, as a browser would."""
        text = told.headers.get("Set-Cookie", "").partition(";")[0]
        if text.startswith(TOKEN_COOKIE):
            self.cookie = text

    def wait_for_line(self, *states: str) -> None:
        """Wait until the agent sees its line so."""
        wait_until(lambda: self.agent.line.state in states, f"the line is {states}", wait_s=WAIT_S)

    def wait_for_page(self) -> None:
        """Wait until the agent has the till page whole."""
        shell = self.agent.shell
        wait_until(lambda: shell.release is not None, "the page is here", wait_s=WAIT_S)

    def wait_until_sent(self) -> None:
        """Wait until nothing waits any more."""
        wait_until(
            lambda: self.agent.queue.counts().waiting == 0, "everything is sent", wait_s=WAIT_S
        )

    def cut(self) -> None:
        """Cut the line and let the agent notice."""
        self.line.cut()
        self.agent.drainer.wake()
        self.wait_for_line("down")

    def mend(self) -> None:
        """Bring the line back and let the agent notice."""
        self.line.connect()
        self.agent.drainer.wake()
        self.wait_for_line("up", "bad")


@contextmanager
def served(agent: Agent, *, port: int = 0) -> Iterator[int]:
    """Serve an agent's page on a port of its own, or on the one it had."""
    sockets: dict[int, Any] = {}
    server = create_server(
        make_app(agent),
        map=sockets,
        port=port,
        threads=8,
        **SERVER_OPTIONS,
    )
    ending = threading.Event()

    def run() -> None:
        while not ending.is_set():
            wasyncore.loop(timeout=0.05, map=sockets, count=1)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        ending.set()
        thread.join(timeout=10)
        server.task_dispatcher.shutdown()
        with suppress(OSError):
            wasyncore.close_all(sockets)


@contextmanager
def agent_of(shop: Shop, home: Path) -> Iterator[AgentPage]:
    """Pair an agent with a served shop, over a line that can be cut, and serve its page."""
    line = FaultProxy(int(shop.base_url.rpartition(":")[2]))
    try:
        place = Home(home)
        place.make()
        place.write_paired(pair(line.url, shop.offer()))
        with restarted(place, line) as page:
            yield page
    finally:
        line.close()


@contextmanager
def restarted(home: Home, line: FaultProxy, *, port: int = 0) -> Iterator[AgentPage]:
    """Start an agent on a home that is paired already."""
    with unhurried(line):
        agent = Agent(home)
        try:
            with served(agent, port=port) as opened:
                agent.start()
                yield AgentPage(agent, opened, line)
        finally:
            agent.stop()


@contextmanager
def unhurried(line: FaultProxy) -> Iterator[None]:
    """Let the service take its time while the cable is in and the weather clear.

    A cashier waits 1.5 s at most, and a slow answer makes a line bad: on a busy machine that would
    say something of the machine. tests/pos_plugin/test_line.py is about those times.
    """
    answered, waited, patience_s = Line.answered, Line.waited, Line.patience_s

    def at_once(self: Line, _elapsed_s: float, **_more: float) -> None:
        answered(self, 0.0)

    def no_time_at_all(self: Line, elapsed_s: float) -> None:
        waited(self, 0.0 if line.weather is CLEAR else elapsed_s)

    def as_long_as_it_takes(self: Line) -> float:
        own = patience_s(self)
        return WAIT_S if own and line.weather is CLEAR else own

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Line, "answered", at_once)
        patch.setattr(Line, "waited", no_time_at_all)
        patch.setattr(Line, "patience_s", as_long_as_it_takes)
        patch.setattr(cashiers, "PATIENCE_S", WAIT_S)
        yield
