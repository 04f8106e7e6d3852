"""Kills a backup, and a restore, before each thing they do to a file; run as a program.

The program loads everything once and forks for each try. A hook counts what Python is about to
do to files, connections and programs, and kills the process before the chosen one: the same
moment each time, and no moment is left out when every number is taken.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.backup_file import read_backup
from app.make_backup import make_backup
from app.restore import restore_backup
from app.settings import Settings
from loyalty.db.failures import DatabaseRefusedError
from loyalty.db.migrate import connected, require_current
from loyalty.db.session import Database
from loyalty.kernel.clock import SystemClock

TOUCHES: Final = frozenset(
    {
        "open",
        "os.rename",
        "os.remove",
        "os.mkdir",
        "os.rmdir",
        "shutil.rmtree",
        "sqlite3.connect",
        "subprocess.Popen",
    }
)
DONE: Final = 0
WRONG: Final = 3


def killed_before(number: int, work: Callable[[], object]) -> bool:
    """Do `work` in a child that is killed before its so-many-th touch; False when it ended."""
    child = os.fork()
    if child == 0:
        left = [number]

        def look(event: str, _: object) -> None:
            if event in TOUCHES:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(look)
        code = WRONG
        try:
            work()
            code = DONE
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == DONE, "it failed by itself"
    return False


def back_up(settings: Settings, folder: Path) -> Path:
    """Make a backup."""
    made = make_backup(settings, folder, passphrase=None, clock=SystemClock(), tell=lambda _: None)
    return Path(made.path)


def bring_back(settings: Settings, path: Path) -> None:
    """Restore it."""
    restore_backup(settings, path, passphrase=None, clock=SystemClock(), tell=lambda _: None)


def is_served(settings: Settings) -> bool:
    """Say whether a server would start, as `enlaza serve` decides it."""
    if not settings.admin_database_url and not (settings.home / "enlaza.db").exists():
        return False
    try:
        require_current(settings.database)
        Database.for_service(settings.database).close()
    except DatabaseRefusedError:
        return False
    return True


def make_empty(settings: Settings) -> None:
    """Take everything away again."""
    if settings.admin_database_url:
        with connected(settings.admin_database_url) as owner, owner.begin():
            owner.exec_driver_sql("DROP SCHEMA public CASCADE")
            owner.exec_driver_sql("CREATE SCHEMA public")
    shutil.rmtree(settings.home, ignore_errors=True)


def kill_backups(settings: Settings, folder: Path, *, step: int) -> int:
    """Kill backups until one comes through; whatever is called a backup must be a whole one."""
    kills = 0
    while killed_before(1 + kills * step, lambda: back_up(settings, folder)):
        kills += 1
        for path in folder.glob("enlaza-*"):
            read_backup(path, passphrase=None)
    left = [path.name for path in folder.iterdir() if not path.name.startswith("enlaza-")]
    left += [path.name for path in settings.home.iterdir() if path.name.startswith(".")]
    assert left == [], "the next backup tidies up"
    return kills


def kill_restores(settings: Settings, path: Path, *, step: int) -> int:
    """Kill restores until one comes through; after each there is nothing, or all of it."""
    kills = 0
    while killed_before(1 + kills * step, lambda: bring_back(settings, path)):
        kills += 1
        if not is_served(settings):
            bring_back(settings, path)
            left = [one.name for one in settings.home.iterdir() if one.name.startswith(".")]
            assert left == [], "the next restore tidies up"
        assert is_served(settings)
        make_empty(settings)
    assert is_served(settings)
    return kills


def main() -> None:
    """Read where things are, kill, and say how often."""
    step, folder, there, there_url, there_admin = sys.argv[1:]
    here = Settings.from_env()
    settings = Settings(
        home=Path(there),
        public_url=here.public_url,
        proxy_hops=0,
        database_url=there_url,
        admin_database_url=there_admin,
        pg_bin=here.pg_bin,
    )
    backups = kill_backups(here, Path(folder), step=int(step))
    newest = max(Path(folder).glob("enlaza-*"))
    restores = kill_restores(settings, newest, step=int(step))
    sys.stdout.write(f"{backups} backups and {restores} restores were killed\n")


if __name__ == "__main__":
    main()
