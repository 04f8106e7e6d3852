"""Several processes serve on PostgreSQL, by gunicorn; `enlaza serve` becomes its parent.

SQLite has one writer, so it has one process (decision 0002). PostgreSQL takes commits from many,
and an interpreter keeps one processor busy at most (decision 0033).
"""

import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import Any, Final, NoReturn

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker
from prometheus_client import multiprocess

from app.heap import staying
from app.settings import Settings

PROCESSES_MAX: Final = 4
THREADS: Final = 8
# One that answers nothing for so long is ended and replaced; the longest statement has 15 s.
SILENT_S_MAX: Final = 60
FINISH_S_MAX: Final = 20
HESITATION_S: Final = 0.0002
HESITATIONS_MAX: Final = 10
LINE_MAX: Final = 8190
COUNTS: Final = "PROMETHEUS_MULTIPROC_DIR"


def become_parent(settings: Settings) -> NoReturn:
    """Turn this command into the parent of the serving processes.

    It starts over, because the client of Prometheus looks for the folder where processes add up
    their counts when it is imported.
    """
    os.environ[COUNTS] = str(_fresh_counts(settings.home))
    os.environ["ENLAZA_SERVED_BY"] = str(os.getpid())
    os.execv(sys.executable, [sys.executable, "-m", __name__])  # noqa: S606  our own program


def _fresh_counts(home: Path) -> Path:
    folder = home.resolve() / "counts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()
    return folder


class FairWorker(ThreadWorker):  # type: ignore[misc]
    """Leaves a new connection to a process that has fewer.

    All of them hear of it; whoever takes it keeps it, as long as its client wishes. Without this
    one process often has nearly all connections, and the other processors stand idle.
    """

    def accept(self, listener: Any) -> None:  # noqa: ANN401  gunicorn has no types
        """Hesitate for a moment for each connection that is here; somebody else may be quicker."""
        time.sleep(HESITATION_S * min(self.nr_conns, HESITATIONS_MAX))
        super().accept(listener)


class Parent(BaseApplication):  # type: ignore[misc]
    """Starts the processes, replaces one that died, and lets them finish at the end."""

    def __init__(self, settings: Settings) -> None:
        self._told = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.processes or min(PROCESSES_MAX, multiprocessing.cpu_count()),
            "worker_class": FairWorker,
            "threads": THREADS,
            "timeout": SILENT_S_MAX,
            "graceful_timeout": FINISH_S_MAX,
            "limit_request_line": LINE_MAX,
            "loglevel": "warning",
            "proc_name": "enlaza",
            "control_socket_disable": True,
            # Who is believed about a client's address is for the application to decide.
            "forwarded_allow_ips": "",
            "child_exit": _forget_counts,
        }
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn what stands here and nothing from files or the environment."""
        for name, value in self._told.items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401  the application, for whoever speaks WSGI
        """Make the application, in the process that serves it."""
        with staying():
            from app.wsgi import create  # noqa: PLC0415  the parent opens no database

            return create()


def _forget_counts(_parent: object, ended: Any) -> None:  # noqa: ANN401  gunicorn has no types
    """Let go of what a process that ended told of its state; what it counted stays counted."""
    multiprocess.mark_process_dead(ended.pid)  # type: ignore[no-untyped-call]


def main() -> None:
    """Serve until stopped."""
    Parent(Settings.from_env()).run()


if __name__ == "__main__":
    main()
