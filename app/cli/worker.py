"""`enlaza worker`."""

import signal
import threading

import click

from app.logs import configure_logs
from app.settings import Settings
from app.start import make_services
from app.worker import start_jobs, stop_jobs
from loyalty.db.session import Database


@click.command()
def worker() -> None:
    """Run the jobs in a process of their own, beside servers on PostgreSQL."""
    settings = Settings.from_env()
    configure_logs(settings)
    database = Database(settings.database)
    stop = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: stop.set())
    start_jobs(make_services(settings, database))
    stop.wait()
    stop_jobs()
    database.close()
