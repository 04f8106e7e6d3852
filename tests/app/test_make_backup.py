"""A backup is one private file, whole or not there, made while the service goes on."""

import resource
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from app.backup_file import BackupRefusedError, read_backup
from app.backup_steps import one_at_a_time
from app.backups import last_backup
from app.keyfiles import KeyFilesError, create_keys, keys_folder
from app.make_backup import keep_newest, make_backup
from app.settings import Settings
from loyalty.db.failures import DatabaseRefusedError
from loyalty.db.session import Database
from tests.support.clock import ManualClock
from tests.support.house import ROOT
from tests.support.kept import (
    PASSPHRASE,
    Kept,
    open_kept,
    restore,
    served_again,
    settings_for,
)
from tests.support.places import Place, postgres_place, sqlite_place
from tests.support.running import operators_environ

TILLS = 4
COMMAND = (sys.executable, "-c", "from app.cli import main; main()")


@pytest.fixture
def kept(place: Place, database: Database, tmp_path: Path, clock: ManualClock) -> Kept:
    return open_kept(place, database, tmp_path / "home", clock)


@pytest.fixture
def kept_file(sqlite_only: Place, tmp_path: Path, clock: ManualClock) -> Kept:
    opened = Database(sqlite_only.url)
    made = open_kept(sqlite_only, opened, tmp_path / "home", clock)
    opened.close()
    return made


def test_a_backup_is_private_told_and_leaves_nothing_else(kept: Kept, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    made = kept.back_up(folder, passphrase=PASSPHRASE)
    path = Path(made.path)
    assert [path] == list(folder.iterdir())
    assert path.name.startswith("enlaza-20")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (made.encrypted, made.checked, made.size_bytes) == (True, True, path.stat().st_size)
    assert last_backup(kept.settings.home) == made
    left = {one.name for one in kept.settings.home.iterdir() if one.is_dir()}
    assert left == {"keys"}


def test_what_was_acknowledged_before_it_began_is_in_it_whole(
    kept: Kept,
    tmp_path: Path,
    clock: ManualClock,
    request: pytest.FixtureRequest,
) -> None:
    """Tills sell without a pause while the backup is made; the backup is one moment of it."""
    stop, told = threading.Event(), [list[str]() for _ in range(TILLS)]
    code = kept.counter.shown(kept.phone)

    def sell(till: int) -> None:
        while not stop.is_set():
            sale_id = f"till-{till}-sale-{len(told[till])}"
            kept.counter.sell(sale_id, 1_000, code=code)
            told[till].append(sale_id)

    with ThreadPoolExecutor(TILLS) as pool:
        selling = [pool.submit(sell, till) for till in range(TILLS)]
        try:
            while min(len(sales) for sales in told) < 3:
                assert not any(one.done() for one in selling)
            before = {sale_id for sales in told for sale_id in sales}
            path = kept.back_up(tmp_path / "backups").path
        finally:
            stop.set()
        for one in selling:
            one.result()
    home = tmp_path / "elsewhere"
    home.mkdir()
    if kept.place.is_sqlite:
        _is_one_moment(kept, settings_for(sqlite_place(home / "x.db"), home), path, clock, before)
        return
    with postgres_place(request.getfixturevalue("postgres_server")) as empty:
        _is_one_moment(kept, settings_for(empty, home), path, clock, before)


def _is_one_moment(
    kept: Kept, settings: Settings, path: str, clock: ManualClock, before: set[str]
) -> None:
    assert restore(settings, path, clock=clock).findings == ()
    counter = served_again(kept, settings)
    code = kept.counter.shown(kept.phone)
    try:
        again = {sale_id: counter.sell(sale_id, 1_000, code=code).replayed for sale_id in before}
    finally:
        counter.database.close()
    assert set(again) == before
    assert all(again.values())


def test_only_the_newest_are_kept(kept_file: Kept, tmp_path: Path, clock: ManualClock) -> None:
    folder = tmp_path / "backups"
    made = []
    for _ in range(3):
        made.append(Path(kept_file.back_up(folder).path).name)
        clock.advance(hours=1)
    made.append(Path(kept_file.back_up(folder, passphrase=PASSPHRASE).path).name)
    (folder / "somebody's notes.txt").touch()
    assert [gone.name for gone in keep_newest(folder, 2)] == [made[1], made[0]]
    assert {path.name for path in folder.iterdir()} == {*made[2:], "somebody's notes.txt"}


def test_two_backups_of_one_second_are_two_files(kept_file: Kept, tmp_path: Path) -> None:
    made = {kept_file.back_up(tmp_path / "backups").path for _ in range(3)}
    assert len(made) == 3


def test_one_at_a_time(kept_file: Kept, tmp_path: Path) -> None:
    with (
        one_at_a_time(kept_file.settings.home),
        pytest.raises(BackupRefusedError, match="another backup"),
    ):
        kept_file.back_up(tmp_path / "backups")


def test_what_killed_backups_left_is_taken_away(kept_file: Kept, tmp_path: Path) -> None:
    left = kept_file.settings.home / ".backup-left"
    left.mkdir()
    (left / "enlaza.db").write_bytes(b"half")
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / ".enlaza-backup.partial").write_bytes(b"half")
    path = Path(kept_file.back_up(tmp_path / "backups").path)
    assert not left.exists()
    assert list(path.parent.iterdir()) == [path]


def test_a_damaged_database_is_not_called_a_backup(kept_file: Kept, tmp_path: Path) -> None:
    path = Path(kept_file.place.url.removeprefix("sqlite:///"))
    whole = bytearray(path.read_bytes())
    for page in range(20, len(whole) // 4096, 3):
        whole[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(whole)
    with pytest.raises((BackupRefusedError, DatabaseRefusedError)):
        kept_file.back_up(tmp_path / "backups")
    assert not (tmp_path / "backups").exists()
    assert last_backup(kept_file.settings.home) is None


def test_a_full_disk_leaves_no_backup_and_says_so(kept_file: Kept, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    size = Path(kept_file.place.url.removeprefix("sqlite:///")).stat().st_size
    for room in (size // 2, size + 4096):  # before the database is copied; while the file is made

        def little_room(room: int = room) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        asked = subprocess.run(
            [*COMMAND, "backup", folder],
            cwd=ROOT,
            env=operators_environ(kept_file.settings),
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=little_room,
        )
        assert asked.returncode == 1, asked.stdout
        assert "Traceback" not in asked.stderr
        assert asked.stderr.splitlines()[-1].startswith("enlaza: ")
        assert not folder.exists() or list(folder.iterdir()) == []
        assert last_backup(kept_file.settings.home) is None
    kept_file.back_up(folder)


def test_without_tables_there_is_nothing_to_keep(tmp_path: Path, clock: ManualClock) -> None:
    home = tmp_path / "home"
    settings = settings_for(sqlite_place(home / "enlaza.db"), home)
    with pytest.raises(KeyFilesError):
        make_backup(settings, tmp_path, passphrase=None, clock=clock, tell=lambda _: None)
    create_keys(home)
    with pytest.raises(DatabaseRefusedError, match="there is no database"):
        make_backup(settings, tmp_path, passphrase=None, clock=clock, tell=lambda _: None)


def test_pg_dump_of_another_version_is_refused(
    postgres_only: Place, tmp_path: Path, clock: ManualClock
) -> None:
    opened = Database(postgres_only.url)
    kept = open_kept(postgres_only, opened, tmp_path / "home", clock)
    opened.close()
    old = tmp_path / "old"
    old.mkdir()
    (old / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    (old / "pg_dump").chmod(0o755)
    for folder, told in ((old, "is version 9"), (tmp_path, "none was found")):
        other = replace(kept, settings=replace(kept.settings, pg_bin=str(folder)))
        with pytest.raises(DatabaseRefusedError, match=told) as refused:
            other.back_up(tmp_path / "backups")
        assert "ENLAZA_PG_BIN" in str(refused.value)
    ownerless = replace(kept, settings=replace(kept.settings, admin_database_url=""))
    with pytest.raises(BackupRefusedError, match="ENLAZA_ADMIN_DATABASE_URL"):
        ownerless.back_up(tmp_path / "backups")
    assert not (tmp_path / "backups").exists()


def test_the_keys_are_in_the_backup(kept_file: Kept, tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    read_backup(Path(kept_file.back_up(tmp_path / "b").path), passphrase=None, into=into)
    for name in ("master.key", "root.key", "links.key"):
        there = keys_folder(kept_file.settings.home) / name
        assert (into / "keys" / name).read_bytes() == there.read_bytes()


TELLTALE = r"""#!/bin/sh
[ "$1" = --version ] && { echo 'pg_dump (PostgreSQL) 18.0'; exit; }
echo "asked: $*" >&2
for word in "$@"; do
    case $word in --dbname=*passfile=*) file=${word##*passfile=}; cat "${file%% *}" >&2 ;; esac
done
exit 1
"""


def test_the_owners_password_stands_on_no_command_line(
    postgres_only: Place, tmp_path: Path, clock: ManualClock
) -> None:
    opened = Database(postgres_only.url)
    kept = open_kept(postgres_only, opened, tmp_path / "home", clock)
    opened.close()
    (tmp_path / "pg_dump").write_text(TELLTALE)
    (tmp_path / "pg_dump").chmod(0o755)
    locked = postgres_only.admin_url.replace("_admin@", "_admin:p%3Aw%5C1@")
    settings = replace(kept.settings, pg_bin=str(tmp_path), admin_database_url=locked)
    with pytest.raises(DatabaseRefusedError) as refused:
        replace(kept, settings=settings).back_up(tmp_path / "backups")
    asked, secret = str(refused.value).split("asked: ")[1].splitlines()
    assert "p:w" not in asked
    assert secret == r"*:*:*:*:p\:w\\1"
