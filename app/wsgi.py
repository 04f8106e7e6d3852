"""Makes the application inside the one process that serves it."""

import atexit
import ctypes
import os
import signal
import sys
import threading
import time

from apiflask import APIFlask

from app.factory import create_app
from app.logs import configure_logs
from app.settings import Settings
from app.start import make_services
from app.worker import start_jobs, stop_jobs
from loyalty.db.session import Database

PR_SET_PDEATHSIG = 1
PARENT_LOOK_S = 1.0


def create() -> APIFlask:
    """Open the database as its one server, start the jobs, and give the application.

    Errors: `SettingsError`, `KeyFilesError`, `DatabaseRefusedError`; each says what to do.
    """
    _end_with_parent()
    settings = Settings.from_env()
    configure_logs(settings)
    database = Database.for_service(settings.database)
    atexit.register(_end, database)
    services = start_jobs(make_services(settings, database))
    return create_app(services)


def _end(database: Database) -> None:
    """Let the jobs finish what they are doing, then close the database."""
    stop_jobs()
    database.close()


def _end_with_parent() -> None:
    """End when the process that started us is gone, however it went.

    An orphan would keep the port and the lock on the database, and the next start would be
    refused. Linux tells at once; elsewhere a thread looks each second.
    """
    if os.environ.get("ENLAZA_SERVED_BY") != str(os.getppid()):
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_LOOK_S)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(PARENT_LOOK_S)
        os._exit(1)

    threading.Thread(target=look, name="parent-watch", daemon=True).start()
