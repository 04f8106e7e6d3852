"""The service as a process of its own: started, killed at any moment, started again."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from app.keyfiles import create_keys
from app.settings import Settings
from app.start import services_for_command
from app.wiring import Services
from loyalty.codes.cards import card_by_id
from loyalty.codes.issue import issue_card_text
from loyalty.db.migrate import stamp
from loyalty.journeys.create_program import CreatedProgram, ProgramDraft, create_program
from loyalty.journeys.join_program import join_program
from loyalty.journeys.pair_till import offer_pairing, pair_till
from loyalty.kernel.ids import random_program_id
from tests.support.house import ROOT
from tests.support.ports import free_port

START_S_MAX: Final = 90
COMMAND: Final = (sys.executable, "-c", "from app.cli import main; main()")
Json = dict[str, Any]


def wait_until(is_so: Callable[[], bool], what: str, *, wait_s: float = START_S_MAX) -> None:
    """Wait for a condition; on a busy machine that may take long, so the limit is generous."""
    deadline = time.monotonic() + wait_s
    while not is_so():
        assert time.monotonic() < deadline, f"waited {wait_s} s until {what}"
        time.sleep(0.01)


@dataclass(slots=True)
class Process:
    """A program of ours with its children, in a group of their own, and what it printed."""

    command: tuple[str, ...]
    environ: Mapping[str, str]
    log: Path
    _running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it; its output goes to the end of `log`."""
        assert self._running is None, "it runs"
        sink: IO[bytes]
        with self.log.open("ab") as sink:
            self._running = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Say whether it has not ended."""
        return self._running is not None and self._running.poll() is None

    @property
    def pid(self) -> int:
        """Its number, which is also that of its group."""
        assert self._running is not None, "it does not run"
        return self._running.pid

    def kill(self) -> None:
        """End it and all its children at once, as a crash does: nothing is finished."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        if how is signal.SIGTERM:
            running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(timeout=START_S_MAX)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()

    def told(self) -> str:
        """Read what it printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP; the names of headers in small letters."""

    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)


def ask(
    line: http.client.HTTPConnection,
    method: str,
    path: str,
    *,
    body: Json | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Make one call on an open line.

    Errors: `OSError`, `HTTPException` when there was no whole answer.
    """
    sent = {"Accept": "application/json", **(headers or {})}
    if body is not None:
        sent["Content-Type"] = "application/json"
    line.request(method, path, body=None if body is None else json.dumps(body), headers=sent)
    answer = line.getresponse()
    data = answer.read()
    is_json = "json" in answer.headers.get("Content-Type", "")
    told = json.loads(data) if is_json and data else {}
    return Answer(
        answer.status, told, {name.lower(): text for name, text in answer.headers.items()}
    )


def ask_once(
    port: int,
    method: str,
    path: str,
    *,
    body: Json | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer | None:
    """Make one call on a line of its own; None when there was no whole answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        return ask(line, method, path, body=body, headers=headers)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        line.close()


@dataclass(slots=True)
class ServedShop:
    """A shop on a SQLite file, served by `enlaza serve` in a process of its own."""

    home: Path
    port: int
    made: CreatedProgram
    process: Process
    settings: Settings
    cards: tuple[str, ...]  # their texts, to be scanned

    @property
    def base_url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def program_id(self) -> int:
        """The program of the shop."""
        return self.made.program_id

    @property
    def database(self) -> Path:
        """The file with everything."""
        return self.home / "enlaza.db"

    def start(self) -> None:
        """Start the server and wait until it keeps things."""
        self.process.start()
        wait_until(self.is_ready, "the server answers")

    def is_ready(self) -> bool:
        """Say whether it answers and reaches its database."""
        assert self.process.is_running, self.process.told()
        answer = ask_once(self.port, "GET", "/readyz")
        return answer is not None and answer.status == 200

    @contextmanager
    def parts(self) -> Iterator[Services]:
        """Open the shop's database beside the server, as a command does."""
        with services_for_command(self.settings) as services:
            yield services

    def offer(self, till_name: str = "Caja 1") -> str:
        """Offer a pairing as the owner's page does; gives the eight letters."""
        with self.parts() as parts, parts.database.unit_of_work(self.program_id) as session:
            return offer_pairing(
                session,
                self.program_id,
                self.made.store_id,
                till_name=till_name,
                staff_id=self.made.staff_id,
                tools=parts.tools,
            ).code

    def new_till(self) -> Mapping[str, str]:
        """Pair a till; gives the headers it speaks with."""
        letters = self.offer()
        with self.parts() as parts:
            paired = pair_till(
                parts.database,
                letters,
                client_address="192.0.2.1",
                kind="agent",
                key_sha256=None,
                tools=parts.tools,
            )
        credential = f"{paired.program_id}.{paired.till_id}.{paired.key}"
        return {"Authorization": f"Bearer {credential}"}

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `enlaza …` as an operator of this service."""
        return subprocess.run(
            [*COMMAND, *words],
            cwd=ROOT,
            env=self.process.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def verify(self) -> None:
        """Recompute everything with `enlaza verify`."""
        done = self.command("verify")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "all is well" in done.stdout


def make_shop(template: Path, home: Path, *, cards: int = 4) -> ServedShop:
    """Make keys, tables and a shop with some cards in a folder; nothing runs yet."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(home=home, public_url=url, proxy_hops=0, port=port, rate_limit="")
    shutil.copyfile(template, home / "enlaza.db")
    (home / "enlaza.db").chmod(0o600)
    stamp(settings.database)
    return shop_on(settings, cards=cards)


def shop_on(settings: Settings, *, cards: int = 4) -> ServedShop:
    """Make keys and a shop with some cards, where the tables are; nothing runs yet."""
    create_keys(settings.home)
    program_id = random_program_id()
    draft = ProgramDraft(
        name="Calle Mayor",
        store_name="Panadería Sol",
        slug="SOL",
        owner_email="ana@sol.example",
        owner_name="Ana",
    )
    with services_for_command(settings) as parts:
        with parts.database.unit_of_work(program_id) as session:
            made = create_program(session, draft, program_id=program_id, tools=parts.tools)
        texts = tuple(new_card(parts, made) for _ in range(cards))
    process = Process(
        (*COMMAND, "serve"), operators_environ(settings), settings.home / "server.log"
    )
    return ServedShop(settings.home, settings.port, made, process, settings, texts)


def operators_environ(settings: Settings) -> Mapping[str, str]:
    """Write settings as the environment an operator would give `enlaza serve`."""
    ours = {name: text for name, text in os.environ.items() if not name.startswith("ENLAZA_")}
    return ours | {
        "ENLAZA_HOME": str(settings.home),
        "ENLAZA_PUBLIC_URL": settings.public_url,
        "ENLAZA_PROXY_HOPS": "0",
        "ENLAZA_RATE_LIMIT": "1000000 per minute",
        "DATABASE_URL": settings.database_url,
        "ENLAZA_ADMIN_DATABASE_URL": settings.admin_database_url,
        "ENLAZA_PG_BIN": settings.pg_bin,
        "PORT": str(settings.port),
    }


def new_card(parts: Services, made: CreatedProgram) -> str:
    """Let somebody join and give the text of their card."""
    with parts.database.unit_of_work(made.program_id) as session:
        joined = join_program(
            session,
            made.program_id,
            made.store_id,
            visit_id=None,
            language="es",
            tools=parts.tools,
        )
        card = card_by_id(session, made.program_id, joined.card_id)
        assert card is not None
        return issue_card_text(session, card, keys=parts.tools.keys)
