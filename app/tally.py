"""How much of a thread's work was the database's: counted anew for each request and job."""

import threading
from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Statements run since the count began, and the seconds they took."""

    statements: int = 0
    seconds: float = 0.0


_threads = threading.local()


def begin_tally() -> None:
    """Count anew, for the work that begins in this thread."""
    _threads.tally = Tally()


def tally() -> Tally:
    """Give the count of this thread."""
    found: Tally | None = getattr(_threads, "tally", None)
    if found is None:
        found = _threads.tally = Tally()
    return found
