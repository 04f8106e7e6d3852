"""What a sale costs, against a bare view that commits one row, in the same run.

Both are asked in process, through the whole service, on a SQLite file with full durability.
Machines and neighbors differ: trust the ratio, not the absolute numbers.
"""

import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import structlog
from flask import Flask

from app.settings import Settings
from loyalty.db.rates import count_try
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.tools import Tools
from loyalty.kernel.clock import SystemClock
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys
from tests.support.places import create_schema, sqlite_place
from tests.support.service import make_service, open_shop

ROUNDS = 9
ACTS_PER_ROUND = 100
# Measured at 5.5 to 6.5; one more look-up per sale is about a quarter of one.
SALE_TIMES_BARE_MAX = 9


def bare_view(database: Database) -> Callable[[], None]:
    """Make a service of one view that keeps one row and answers."""
    app, numbers, clock = Flask("bare"), count(), SystemClock()

    @app.post("/")
    def keep() -> dict[str, bool]:
        with database.unit_of_work(NO_PROGRAM) as session:
            kept = count_try(
                session, f"n{next(numbers)}", limit=1, window=timedelta(hours=1), at=clock.now()
            )
        return {"kept": kept}

    client = app.test_client(use_cookies=False)

    def act() -> None:
        assert client.post("/").status_code == 200

    return act


def sale_view(database: Database, home: Path) -> Callable[[], None]:
    """Make the whole service, with a shop and a card, and a till that sells."""
    keys = ServerKeys(
        master=bytes(32), root_private=bytes(range(32)), link_secrets=("for the bench only",)
    )
    tools = Tools(clock=SystemClock(), keys=keys)
    service = make_service(database, tools, Settings(home=home, demo=True, rate_limit=""))
    shop = open_shop(service, program_id=7, slug="PANADERIA-SOL")

    def act() -> None:
        at = tools.clock.now()
        sale = {
            "sale_id": str(new_id(at)),
            "total_minor": 1240,
            "currency": "EUR",
            "sold_at": at.isoformat(),
            "scanned_at": at.isoformat(),
            "code": shop.card_text,
        }
        answer = service.post("/api/v1/sales", shop.as_till(), json=sale)
        assert answer.status_code == 201, answer.text

    return act


def seconds_each(act: Callable[[], None]) -> float:
    """Do an act a hundred times; processor seconds of one."""
    started = time.process_time()
    for _ in range(ACTS_PER_ROUND):
        act()
    return (time.process_time() - started) / ACTS_PER_ROUND


def main() -> None:
    """Print what both cost and their ratio; fail when a sale has become dear."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder:
        place = sqlite_place(Path(folder) / "bench.db")
        create_schema(place.admin_url)
        database = Database(place.url)
        bare, sale = bare_view(database), sale_view(database, Path(folder))
        for act in (bare, sale):
            seconds_each(act)  # caches fill
        pairs = [(seconds_each(bare), seconds_each(sale)) for _ in range(ROUNDS)]
        database.close()
    ratio = statistics.median(sold / kept for kept, sold in pairs)
    for name, which in (("bare view, one commit", 0), ("sale", 1)):
        cost_s = statistics.median(pair[which] for pair in pairs)
        print(f"{name:24} {cost_s * 1000:6.2f} ms of processor time")
    print(f"a sale costs {ratio:.1f} bare views (at most {SALE_TIMES_BARE_MAX})")
    assert ratio <= SALE_TIMES_BARE_MAX, "a sale has become dear"


if __name__ == "__main__":
    main()
