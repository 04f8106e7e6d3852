"""An empty service on either database, served by `enlaza serve` with its usual limits."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.keyfiles import create_keys
from loyalty.db.migrate import upgrade
from tests.support.house import ROOT
from tests.support.places import Place
from tests.support.ports import free_port
from tests.support.running import COMMAND, Process, ask_once, wait_until


@dataclass(frozen=True, slots=True)
class Served:
    """A running service; `environ` is what an operator beside its data has set."""

    base_url: str
    environ: dict[str, str]
    process: Process

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `enlaza …` beside the data."""
        return subprocess.run(
            [*COMMAND, *words],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def serving(place: Place, home: Path, **chosen: str) -> Iterator[Served]:
    """Make the tables and the keys, and serve until the end of the block.

    `chosen` are settings by the names of their variables.
    """
    home.mkdir(parents=True, exist_ok=True)
    create_keys(home)
    upgrade(place.admin_url, service_url=place.url)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    ours = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("ENLAZA_") and name != "DATABASE_URL"
    }
    environ = ours | {
        "DATABASE_URL": place.url,
        "ENLAZA_HOME": str(home),
        "ENLAZA_PUBLIC_URL": url,
        "ENLAZA_PROXY_HOPS": "0",
        "ENLAZA_LOG_LEVEL": "warning",
        "PORT": str(port),
        **chosen,
    }
    process = Process((*COMMAND, "serve"), environ, home / "server.log")
    process.start()

    def is_ready() -> bool:
        assert process.is_running, process.told()
        answer = ask_once(port, "GET", "/readyz")
        return answer is not None and answer.status == 200

    try:
        wait_until(is_ready, "the server answers")
        yield Served(url, environ, process)
    finally:
        process.stop()
