"""Several processes serve on PostgreSQL: what one of them does or suffers, nobody notices."""

import http.client
import os
import re
import signal
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.places import postgres_place
from tests.support.postgres import Server
from tests.support.running import ask_once, wait_until
from tests.support.served import Served, serving

CONNECTIONS = 12
COUNTED = re.compile(rb'enlaza_answers_total\{method="GET",route="/readyz",status="200"\} (\d+)')


def port_of(served: Served) -> int:
    port = urlsplit(served.base_url).port
    assert port is not None
    return port


def children_of(pid: int) -> set[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return {int(number) for number in told.split()}


def runs(pid: int) -> bool:
    """Say whether a process is there and not only waits to be taken note of."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def answers_told(served: Served) -> int:
    """Read how many looks at `/readyz` were counted, whichever process is asked."""
    line = http.client.HTTPConnection("127.0.0.1", port_of(served), timeout=30)
    try:
        line.request("GET", "/metrics")
        found = COUNTED.search(line.getresponse().read())
    finally:
        line.close()
    assert found is not None
    return int(found[1])


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc for who is whose child")
def test_processes_add_up_what_they_count_and_one_that_dies_is_replaced(
    postgres_server: Server, tmp_path: Path
) -> None:
    with (
        postgres_place(postgres_server) as place,
        serving(place, tmp_path / "home", ENLAZA_PROCESSES="2") as served,
    ):
        parent = served.process.pid
        wait_until(lambda: len(children_of(parent)) == 2, "both processes run")
        counted = answers_told(served)
        for _ in range(20):
            answer = ask_once(port_of(served), "GET", "/readyz")
            assert answer is not None
            assert answer.status == 200
        assert answers_told(served) == counted + 20

        before = children_of(parent)
        os.kill(min(before), signal.SIGKILL)
        wait_until(lambda: len(children_of(parent) - {min(before)}) == 2, "another took its place")
        assert answers_told(served) >= counted + 20, "what the dead one counted stays counted"

        children = children_of(parent)
        os.kill(parent, signal.SIGKILL)
        wait_until(lambda: not any(map(runs, children)), "no orphan keeps the port")


def connections_of(pid: int, port: int) -> int:
    """Count the connections to a port that a process has taken."""
    told = Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    fields = [line.split() for line in told]
    here = {f"socket:[{f[9]}]" for f in fields if f[1].endswith(f":{port:04X}") and f[3] == "01"}
    return sum(str(one.readlink()) in here for one in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc for who has what")
def test_connections_are_spread_over_the_processes(postgres_server: Server, tmp_path: Path) -> None:
    with (
        postgres_place(postgres_server) as place,
        serving(place, tmp_path / "home", ENLAZA_PROCESSES="2") as served,
        ExitStack() as kept,
    ):
        port = port_of(served)

        def taken() -> list[int]:
            return [connections_of(pid, port) for pid in children_of(served.process.pid)]

        def connect() -> None:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            kept.callback(line.close)
            line.request("GET", "/healthz")
            assert line.getresponse().read()

        def both_serve() -> bool:
            connect()
            return len(taken()) == 2 and min(taken()) > 0

        wait_until(both_serve, "both processes take connections")
        kept.close()
        wait_until(lambda: not any(taken()), "both have let go of them")
        for _ in range(CONNECTIONS):
            connect()
        assert min(taken()) >= CONNECTIONS // 4
