"""A backup or a restore that is killed leaves nothing, or a whole thing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from loyalty.db.session import Database
from tests.support.clock import ManualClock
from tests.support.house import ROOT
from tests.support.kept import open_kept
from tests.support.places import Place, postgres_place, sqlite_place
from tests.support.running import operators_environ
from tests.support.sizes import SIZE_NAME

# Every so-many-th thing done to a file; more of them where everything is proved.
STEP = {"test": 25, "prove": 3}[SIZE_NAME]


@pytest.mark.race
@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
def test_a_killed_backup_or_restore_leaves_nothing_or_a_whole_thing(
    place: Place, tmp_path: Path, clock: ManualClock, request: pytest.FixtureRequest
) -> None:
    opened = Database(place.url)
    kept = open_kept(place, opened, tmp_path / "home", clock)
    opened.close()
    there = tmp_path / "elsewhere"
    there.mkdir()

    def kill_all(empty: Place, *addresses: str) -> None:
        done = subprocess.run(
            [
                sys.executable,
                *("-m", "tests.support.killed_backups", str(STEP), tmp_path / "backups", there),
                *addresses,
            ],
            cwd=ROOT,
            env=operators_environ(kept.settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found = re.search(r"(\d+) backups and (\d+) restores", done.stdout)
        assert found is not None
        sys.stdout.write(f"{'SQLite' if empty.is_sqlite else 'PostgreSQL'}: {done.stdout}")
        assert min(int(found[1]), int(found[2])) >= 1

    if place.is_sqlite:
        kill_all(sqlite_place(there / "enlaza.db"), "", "")
        return
    with postgres_place(request.getfixturevalue("postgres_server")) as empty:
        kill_all(empty, empty.url, empty.admin_url)
