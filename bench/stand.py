"""The stand of the bench: databases with a shop full of members, and the servers under load."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.cli.serve import BLOCKING_THREADS
from app.keyfiles import create_keys, has_keys, read_keys
from app.settings import Settings
from bench.bare import KINDS
from loyalty.codes.keys import CodeSigner, signer
from loyalty.codes.live import set_live_visit
from loyalty.db.migrate import upgrade
from loyalty.db.session import Database
from loyalty.identity.consents import WEB_VISITS, Wording, record_answer
from loyalty.journeys.join_program import Joined, join_program
from loyalty.journeys.pair_till import offer_pairing, pair_till
from loyalty.journeys.tools import Tools
from loyalty.kernel.clock import SystemClock
from loyalty.kernel.ids import new_id
from tests.support.places import Place, postgres_place, sqlite_place
from tests.support.postgres import create_roles, running_server
from tests.support.service import Service, Shop, make_service, open_shop

PROGRAM = 7
# Members times tills is how often a card can be scanned before it was at a till already.
TILLS = 12
MEMBERS = 2000
# Members who let their visits be linked: their sales join the session that showed the code.
LINKED_MEMBERS = 500
MEMBERS_PER_COMMIT = 100
START_S_MAX = 30.0
# As durable as a real server is, and with room: only the tests' server may forget.
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=512MB")


@dataclass(frozen=True, slots=True)
class Trade:
    """A shop to be loaded: its tills, its members' cards, and the key that signs their codes."""

    credentials: tuple[str, ...]
    cards: tuple[str, ...]
    linked_cards: tuple[str, ...]
    signer: CodeSigner


@dataclass(frozen=True, slots=True)
class Stand:
    """Everything under load: (host, port) of each server, and the shop behind each database."""

    fixed: tuple[str, int]
    bare: dict[str, tuple[str, int]]  # by the kind of database, as its service is served
    services: dict[str, tuple[str, int]]
    trades: dict[str, Trade]
    processes: dict[str, int]  # of the services


@contextmanager
def stand(folder: Path, kinds: tuple[str, ...]) -> Iterator[Stand]:
    """Build the databases and start every server; all end with the block."""
    with ExitStack() as stack:
        bares: dict[str, tuple[str, int]] = {}
        services: dict[str, tuple[str, int]] = {}
        trades: dict[str, Trade] = {}
        processes: dict[str, int] = {}
        for kind in kinds:
            place, bare = stack.enter_context(_places(kind, folder))
            home = folder / kind
            home.mkdir(mode=0o700)
            trades[kind] = _trade(place, home)
            settings = {f"BENCH_{kind.upper()}_URL": bare}
            serve = _granian if kind == "sqlite" else _many
            bares[kind] = stack.enter_context(serve(home, settings))
            services[kind], processes[kind] = stack.enter_context(_service(place, home))
        fixed = stack.enter_context(_gunicorn(folder))
        yield Stand(
            fixed=fixed,
            bare=bares,
            services=services,
            trades=trades,
            processes=processes,
        )


@contextmanager
def _places(kind: str, folder: Path) -> Iterator[tuple[Place, str]]:
    """Give the service's database and the address of the one the bare view commits to."""
    if kind == "sqlite":
        bare = sqlite_place(folder / "bare.db")
        upgrade(bare.admin_url)
        yield sqlite_place(folder / "service.db"), bare.url
        return
    assert kind in KINDS, "SQLite and PostgreSQL are measured"
    with running_server(settings=DURABLE) as server:
        create_roles(server)
        with postgres_place(server) as place:
            yield place, place.url


def _trade(place: Place, home: Path) -> Trade:
    """Fill a database: one shop, its tills, its members."""
    upgrade(place.admin_url, service_url=place.url)
    keys = read_keys(home) if has_keys(home) else create_keys(home)
    tools = Tools(clock=SystemClock(), keys=keys)
    database = Database(place.url)
    service = make_service(database, tools, Settings(home=home, demo=True, rate_limit=""))
    shop = open_shop(service, program_id=PROGRAM, slug="PANADERIA-SOL")
    credentials = (shop.till_credential, *(_paired(service, shop, n) for n in range(2, TILLS + 1)))
    cards = tuple(_members(service, shop, MEMBERS, linked=False))
    linked = tuple(_members(service, shop, LINKED_MEMBERS, linked=True))
    with database.reading(PROGRAM) as session:
        ring = signer(session, PROGRAM, keys=keys)
    database.close()
    return Trade(credentials=credentials, cards=cards, linked_cards=linked, signer=ring)


def _paired(service: Service, shop: Shop, number: int) -> str:
    """Pair one more till and give what it sends."""
    parts = service.services
    with parts.database.unit_of_work(PROGRAM) as session:
        offer = offer_pairing(
            session,
            PROGRAM,
            shop.program.store_id,
            till_name=f"Caja {number}",
            staff_id=shop.program.staff_id,
            tools=parts.tools,
        )
    paired = pair_till(
        parts.database,
        offer.code,
        client_address="192.0.2.1",
        kind="agent",
        key_sha256=None,
        tools=parts.tools,
    )
    return f"{PROGRAM}.{paired.till_id}.{paired.key}"


def _members(service: Service, shop: Shop, count: int, *, linked: bool) -> Iterator[str]:
    """Let people join, many in a commit; give their cards."""
    parts = service.services
    for first in range(0, count, MEMBERS_PER_COMMIT):
        with parts.database.unit_of_work(PROGRAM) as session:
            for _ in range(first, min(count, first + MEMBERS_PER_COMMIT)):
                joined = join_program(
                    session,
                    PROGRAM,
                    shop.program.store_id,
                    visit_id=None,
                    language="es",
                    tools=parts.tools,
                )
                if linked:
                    _let_link(session, joined, at=parts.tools.clock.now())
                yield joined.card_id


def _let_link(session: Session, joined: Joined, *, at: datetime) -> None:
    """Let a member consent, and the card's codes speak for a visit."""
    consent_id = record_answer(
        session,
        PROGRAM,
        joined.member_id,
        purpose=WEB_VISITS,
        accepted=True,
        wording=Wording("bench", "es"),
        at=at,
    )
    set_live_visit(
        session, PROGRAM, joined.card_id, visit_id=new_id(at), consent_id=consent_id, at=at
    )


# Servers.


@contextmanager
def _service(place: Place, home: Path) -> Iterator[tuple[tuple[str, int], int]]:
    """Serve the product as an operator does, its log written to a file; says which process."""
    address = _free_address()
    settings = {
        "ENLAZA_HOME": str(home),
        "DATABASE_URL": place.url,
        "ENLAZA_PUBLIC_URL": f"http://{address[0]}:{address[1]}",
        "ENLAZA_PROXY_HOPS": "0",
        "ENLAZA_LOG_FORMAT": "json",
        # The limit is counted, as it always is, and never reached.
        "ENLAZA_RATE_LIMIT": "1000000 per minute",
        "HOST": address[0],
        "PORT": str(address[1]),
    }
    command = ["-c", "from app.cli import main; main()", "serve"]
    with _running(command, settings, address=address, log=home / "log") as process:
        yield address, process


@contextmanager
def _gunicorn(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve the null view by the yardstick: gunicorn, two synchronous workers."""
    address = _free_address()
    told = ["-m", "gunicorn", "--workers", "2", "--bind", f"{address[0]}:{address[1]}"]
    command = [*told, "bench.bare:null_app()"]
    with _running(command, {}, address=address, log=folder / "gunicorn.log"):
        yield address


@contextmanager
def _granian(folder: Path, settings: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Serve the bare views exactly as `enlaza serve` serves the product on SQLite."""
    address = _free_address()
    command = [
        *("-m", "granian", "--interface", "wsgi", "--factory", "--no-ws"),
        *("--host", address[0], "--port", str(address[1]), "--log-level", "error"),
        *("--workers", "1", "--blocking-threads", str(BLOCKING_THREADS)),
        "bench.bare:commit_app",
    ]
    with _running(command, settings, address=address, log=folder / "bare.log"):
        yield address


@contextmanager
def _many(folder: Path, settings: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Serve the bare views exactly as `enlaza serve` serves the product on PostgreSQL."""
    address = _free_address()
    told = {
        "ENLAZA_HOME": str(folder),
        "ENLAZA_PUBLIC_URL": f"http://{address[0]}:{address[1]}",
        "ENLAZA_PROXY_HOPS": "0",
        "HOST": address[0],
        "PORT": str(address[1]),
    }
    command = ["-m", "bench.many"]
    with _running(command, {**settings, **told}, address=address, log=folder / "bare.log"):
        yield address


def _free_address() -> tuple[str, int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
        return host, port


@contextmanager
def _running(
    command: list[str], settings: dict[str, str], *, address: tuple[str, int], log: Path
) -> Iterator[int]:
    root = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root), **settings}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, *command], env=environment, cwd=root, stdout=sink, stderr=sink
        )
        try:
            _await(address, process, log)
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=START_S_MAX)


def _await(address: tuple[str, int], process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S_MAX
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    message = f"a server did not start: {log.read_text()[-2000:]}"
    raise RuntimeError(message)


def fresh_name() -> str:
    """Draw what makes the ids of one run its own."""
    return secrets.token_hex(4)
