"""What time does to points is done by the jobs of a running service: one shopper's half year."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.links import LinkSigner
from app.settings import Settings
from app.wiring import Services
from app.worker import Jobs
from loyalty.db.session import Database
from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.links import LinkDraft, add_link
from loyalty.journeys.tools import Tools
from loyalty.points.bonuses.birthdays import set_birthday
from loyalty.points.earning.tiers import tier_at
from loyalty.points.queries import balance_of, wallet_of_member
from loyalty.points.seals.models import Sealed
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.mail import Box, mail_box
from tests.support.street import Phone, new_phone, open_street

WAIT_S = 60
ADDRESS = "lucia@example.org"


@pytest.fixture
def box() -> Iterator[Box]:
    with mail_box() as running:
        yield running


@pytest.fixture
def counter(sqlite_database: Database, tools: Tools) -> Counter:
    return Counter(sqlite_database, open_street(sqlite_database, tools), tools)


@pytest.fixture
def jobs(counter: Counter, tmp_path: Path, box: Box) -> Iterator[Jobs]:
    settings = Settings(
        home=tmp_path,
        public_url="https://card.example",
        proxy_hops=0,
        mail_url=f"smtp://127.0.0.1:{box.port}",
    )
    tools = counter.tools
    running = Jobs(Services(settings, counter.database, tools, LinkSigner(tools.keys.link_secrets)))
    running.start()
    yield running
    running.stop()


def run_until(job: Callable[[], object], happened: Callable[[], bool], what: str) -> None:
    """Have the workers do a job until it is seen; another run of it may be under way."""
    deadline = time.monotonic() + WAIT_S
    while not happened():
        assert time.monotonic() < deadline, f"the jobs never did it: {what}"
        job()
        time.sleep(0.2)


def regular(counter: Counter) -> Phone:
    """Let somebody with a birthday in March and a saved address join."""
    phone = new_phone(counter.database, counter.street, counter.tools)
    program_id, now = counter.street.program_id, counter.tools.clock.now()
    with counter.database.unit_of_work(program_id) as session:
        set_birthday(session, program_id, phone.member_id, month=3, day=10, at=now)
        email = ensure_identifier(
            session, program_id, "email", ADDRESS, at=now, keys=counter.tools.keys
        )
        draft = LinkDraft(
            program_id=program_id,
            kind="email",
            a=email.identifier_id,
            b=phone.member_id,
            event="save:1",
            occurred_at=now,
            actor="shopper",
        )
        add_link(session, draft, at=now)
    return phone


def test_the_running_jobs_give_warn_seal_move_and_write_off(
    counter: Counter, clock: ManualClock, jobs: Jobs, box: Box
) -> None:
    program_id = counter.street.program_id
    counter.set_rules(
        {"id": "base", "kind": "per_money", "points": 1, "per_minor": 100},
        tiers={
            "by": "points",
            "window": "rolling",
            "months": 3,
            "steps": [{"id": "silver", "name": "Plata", "at_least": 100, "times": [3, 2]}],
        },
    )
    counter.set_policy(birthday_points=50, expiry_months=1, expiry_warning_days=14)
    phone = regular(counter)

    def points() -> int:
        """Read what is written down, whatever the clock says of it."""
        with counter.database.reading(program_id) as session:
            wallet_id = wallet_of_member(session, program_id, phone.member_id)
            assert wallet_id is not None
            return balance_of(session, program_id, wallet_id).points

    def is_silver() -> bool:
        with counter.database.reading(program_id) as session:
            wallet_id = wallet_of_member(session, program_id, phone.member_id)
            assert wallet_id is not None
            return tier_at(session, program_id, wallet_id, clock.now()) == "silver"

    def sealed() -> int:
        with counter.database.reading(program_id) as session:
            return session.execute(select(func.count()).select_from(Sealed)).scalar_one()

    counter.sell("s1", 10_000, code=counter.shown(phone))
    assert (points(), is_silver()) == (100, True)
    before = sealed()
    run_until(jobs.seal, lambda: sealed() > before, "seal what the sale wrote")

    clock.set(datetime(2026, 3, 10, 8, tzinfo=UTC))
    run_until(jobs.members, lambda: points() == 150, "the birthday")

    clock.set(datetime(2026, 3, 25, 8, tzinfo=UTC))
    run_until(jobs.tidy, lambda: ADDRESS in [mail["To"] for mail in box.mails], "warn of what ends")

    clock.set(datetime(2026, 8, 1, 8, tzinfo=UTC))
    run_until(jobs.members, lambda: not is_silver(), "the tier falls when its months are over")
    run_until(jobs.tend, lambda: points() == 0, "write off what is past")
    run_until(jobs.seal, lambda: counter.findings() == (), "nothing is left unsealed or untrue")
