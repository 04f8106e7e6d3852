"""What the service is compared with: a view that does nothing, and one that commits one row."""

import os
from datetime import timedelta
from itertools import count

from flask import Flask

from loyalty.db.rates import count_try
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.kernel.clock import SystemClock

# Addresses of the databases, by the name of the view that commits to each.
KINDS = ("sqlite", "postgresql")


def null_app() -> Flask:
    """Make a service of one view that does nothing."""
    app = Flask("null")

    @app.get("/null")
    def null() -> dict[str, bool]:
        return {"done": True}

    return app


def commit_app() -> Flask:
    """Make a service that does nothing, or keeps one row, on each database it was told of."""
    app = null_app()
    for kind in KINDS:
        url = os.environ.get(f"BENCH_{kind.upper()}_URL")
        if url:
            _add_commit(app, kind, Database(url))
    return app


def _add_commit(app: Flask, kind: str, database: Database) -> None:
    numbers, clock, process = count(), SystemClock(), os.getpid()

    def keep() -> dict[str, bool]:
        name = f"{process}-{next(numbers)}"
        with database.unit_of_work(NO_PROGRAM) as session:
            kept = count_try(session, name, limit=1, window=timedelta(hours=1), at=clock.now())
        return {"done": kept}

    app.add_url_rule(f"/commit/{kind}", f"commit_{kind}", keep, methods=["POST"])
