"""What was acknowledged survives the death of the process, and nothing is there twice."""

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loyalty.db.session import Database
from tests.support.counters import rows
from tests.support.house import ROOT
from tests.support.places import copy_sqlite, sqlite_place
from tests.support.sizes import SIZE

# Eight threads write rows as fast as they can and say which were acknowledged, one line each.
WRITER = """
import os, sys, threading
from loyalty.db.session import Database
from tests.support.counters import add_row

database = Database.for_service(sys.argv[1])

def work(thread):
    number = 0
    while True:
        name = f"{sys.argv[2]}-{thread}-{number}"
        with database.unit_of_work(1) as session:
            add_row(session, name)
        os.write(1, (name + chr(10)).encode())
        number += 1

for thread in range(8):
    threading.Thread(target=work, args=(thread,)).start()
"""


@pytest.mark.race
def test_a_killed_server_keeps_what_it_acknowledged(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "enlaza.db"
    url = copy_sqlite(sqlite_template, path).url
    acknowledged: set[str] = set()
    for round_number in range(max(2, SIZE.rounds // 5)):
        # A file and not a pipe: what was written to it before the kill is all there.
        told = tmp_path / f"told-{round_number}"
        with told.open("wb") as sink:
            server = subprocess.Popen(
                [sys.executable, "-c", WRITER, url, str(round_number)], cwd=ROOT, stdout=sink
            )
            deadline = time.monotonic() + 120
            while told.stat().st_size < 2_000:
                assert server.poll() is None
                assert time.monotonic() < deadline, "the server wrote nothing"
                time.sleep(0.01)
            server.send_signal(signal.SIGKILL)
            server.wait()
        lines = told.read_text().splitlines(keepends=True)
        acknowledged |= {line.strip() for line in lines if line.endswith("\n")}
        database = Database.for_service(url)
        with database.reading(1) as session:
            kept = rows(session)
        database.close()
        assert acknowledged - kept == set()
        assert len(kept) <= len(acknowledged) + 8 * (round_number + 1), "one in flight per thread"
    checked = sqlite3.connect(path)
    assert checked.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    checked.close()
    assert sqlite_place(path).url == url
