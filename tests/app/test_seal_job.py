"""The jobs seal the ledger each minute, and once a day whatever was passed over."""

from pathlib import Path

from app.links import LinkSigner
from app.settings import Settings
from app.wiring import Services
from app.worker import Jobs
from loyalty.db.session import Database
from loyalty.journeys.seal_ledger import seal_ledger
from loyalty.journeys.tools import Tools
from tests.support.clock import ManualClock
from tests.support.ledger import open_ledger


def test_the_jobs_seal_what_is_new_and_once_a_day_the_rest(
    database: Database, clock: ManualClock, tools: Tools, tmp_path: Path
) -> None:
    ledger = open_ledger(database, tools)
    wallet = ledger.new_wallet()
    settings = Settings(home=tmp_path, public_url="https://card.example", proxy_hops=0)
    jobs = Jobs(Services(settings, database, tools, LinkSigner(tools.keys.link_secrets)))
    ledger.earn("a1", wallet, 3)
    jobs.seal_new()
    assert seal_ledger(database, ledger.program_id, tools=tools) == 0, "nothing was left"
    began = clock.now()
    clock.advance(days=2)
    ledger.earn("a2", wallet, 3)
    jobs.seal_new()
    jobs.seal_all()
    now = clock.now()
    clock.set(began)
    ledger.earn("late by days", wallet, 3)
    clock.set(now)
    jobs.seal_new()
    jobs.seal_all()
    assert seal_ledger(database, ledger.program_id, tools=tools, everything=True) == 1, "not twice"
    jobs.huey.storage.close()
