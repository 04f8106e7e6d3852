"""A till's agent as a process of its own, and the page that speaks to it."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pos_plugin.guard import TOKEN_COOKIE
from pos_plugin.home import Home
from tests.support.house import ROOT
from tests.support.ports import free_port
from tests.support.running import Answer, Json, Process, ServedShop, ask_once, wait_until

COMMAND: Final = (sys.executable, "-c", "from pos_plugin.cli import main; main()")
GIVE_UP_S: Final = 120.0


@dataclass(slots=True)
class TillProcess:
    """`enlaza-till serve` for one home."""

    home: Home
    port: int
    process: Process

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process.start()
        wait_until(self._answers, "the agent answers")

    def _answers(self) -> bool:
        assert self.process.is_running, self.process.told()
        answer = ask_once(self.port, "GET", "/api/v1/till/agent", headers=self.page_headers(""))
        return answer is not None and answer.status == 200

    def page_headers(self, cookie: str) -> dict[str, str]:
        """Speak as the till page in this machine's browser."""
        return {
            "Origin": f"http://127.0.0.1:{self.port}",
            "Sec-Fetch-Site": "same-origin",
            "X-Enlaza": "1",
            "Cookie": cookie,
        }

    def state(self) -> Json:
        """Ask how it stands."""
        answer = ask_once(self.port, "GET", "/api/v1/till/agent", headers=self.page_headers(""))
        assert answer is not None
        return answer.body

    def waiting(self) -> int:
        """Count what the server has not answered."""
        count: int = self.state()["queue"]["waiting"]
        return count

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `enlaza-till …` for this home."""
        return subprocess.run(
            [*COMMAND, *words],
            cwd=ROOT,
            env=self.process.environ,
            capture_output=True,
            text=True,
            check=False,
        )


def make_till(shop: ServedShop, url: str, home: Path) -> TillProcess:
    """Pair a till at `url` as an installer does; nothing runs yet."""
    port = free_port()
    environ = {**os.environ, "ENLAZA_TILL_HOME": str(home)}
    command = (*COMMAND, "serve", "--port", str(port))
    till = TillProcess(Home(home), port, Process(command, environ, home / "told.log"))
    paired = till.command("pair", url, shop.offer())
    assert paired.returncode == 0, paired.stderr
    return till


@dataclass(slots=True)
class TillPage:
    """The page at the counter: it knows the token of the agent's last start."""

    till: TillProcess
    cookie: str = ""
    waits_s: list[float] = field(default_factory=list)

    def post(self, path: str, body: Json) -> Answer | None:
        """Send something; after a restart the page gets its token anew and asks again."""
        for _ in range(2):
            began = time.monotonic()
            headers = self.till.page_headers(self.cookie)
            answer = ask_once(self.till.port, "POST", path, body=body, headers=headers)
            if answer is None or answer.status not in {401, 403}:
                self.waits_s.append(time.monotonic() - began)
                return answer
            self.reload()
        return answer

    def reload(self) -> None:
        """Open the page: without PINs it gets its token at once."""
        path, headers = "/api/v1/till/session", self.till.page_headers("")
        answer = ask_once(self.till.port, "GET", path, headers=headers)
        told = "" if answer is None else answer.headers.get("set-cookie", "")
        if told.startswith(TOKEN_COOKIE):
            self.cookie = told.partition(";")[0]

    def sell(self, body: Json) -> tuple[bool, int]:
        """Send a sale until it is answered; says whether it was, and how often it was sent."""
        deadline, times = time.monotonic() + GIVE_UP_S, 0
        while time.monotonic() < deadline:
            times += 1
            answer = self.post("/api/v1/sales", body)
            if answer is not None and answer.status in {200, 201, 202}:
                return True, times
            assert answer is None or answer.status >= 500, f"{answer}"
            time.sleep(0.02)
        return False, times
