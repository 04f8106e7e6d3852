"""Opens the parts of a service: for the server, and for one command of the command line."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.keyfiles import read_keys
from app.links import LinkSigner
from app.settings import Settings
from app.wiring import Services
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.kernel.clock import SystemClock


def make_services(settings: Settings, database: Database) -> Services:
    """Put the parts together; the keys are read from their files.

    Errors: `KeyFilesError` when a key file is missing, damaged or readable by others.
    """
    keys = read_keys(settings.home)
    return Services(
        settings=settings,
        database=database,
        tools=Tools(clock=SystemClock(), keys=keys),
        links=LinkSigner(keys.link_secrets),
    )


@contextmanager
def services_for_command(settings: Settings) -> Iterator[Services]:
    """Open the parts for one command; a running server goes on beside it."""
    database = Database(settings.database)
    try:
        yield make_services(settings, database)
    finally:
        database.close()
