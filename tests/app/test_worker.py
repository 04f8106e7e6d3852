"""The jobs run in threads of the serving process: mail leaves right after its act."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.links import LinkSigner
from app.settings import Settings
from app.wiring import Services
from app.worker import Jobs, start_jobs, stop_jobs
from loyalty.db.rates import count_try
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.tools import Tools
from loyalty.outbox.post import post_mail
from loyalty.outbox.queries import count_waiting, latest_messages
from loyalty.outbox.rules import Topic
from loyalty.programs.challenges import challenge_by_id, open_challenge
from tests.support.clock import ManualClock
from tests.support.counters import rows
from tests.support.mail import Box, mail_box
from tests.support.town import PROGRAM_ID, build_town

WAIT_S = 60


@pytest.fixture
def box() -> Iterator[Box]:
    with mail_box() as running:
        yield running


@pytest.fixture
def parts(
    database: Database, clock: ManualClock, tools: Tools, tmp_path: Path, box: Box
) -> Services:
    build_town(database, clock)
    settings = Settings(
        home=tmp_path,
        public_url="https://card.example",
        proxy_hops=0,
        mail_url=f"smtp://127.0.0.1:{box.port}",
    )
    return Services(
        settings=settings,
        database=database,
        tools=tools,
        links=LinkSigner(tools.keys.link_secrets),
    )


def post(parts: Services) -> None:
    with parts.database.unit_of_work(PROGRAM_ID) as session:
        post_mail(
            session,
            PROGRAM_ID,
            topic=Topic.SIGN_IN,
            language="en",
            recipient="ana@example.org",
            facts={"code": "123456", "minutes": 10},
            subject_kind="staff",
            subject_id="42",
            at=parts.tools.clock.now(),
        )


def wait_until_sent(parts: Services) -> None:
    deadline = time.monotonic() + WAIT_S
    while True:
        with parts.database.reading(PROGRAM_ID) as session:
            if count_waiting(session, PROGRAM_ID) == 0:
                return
        assert time.monotonic() < deadline, "the mail never left"
        time.sleep(0.01)


@pytest.fixture
def jobs(parts: Services) -> Iterator[Services]:
    before = set(threading.enumerate())
    started = start_jobs(parts)
    yield started
    stop_jobs()
    left = [thread for thread in set(threading.enumerate()) - before if "Worker" in thread.name]
    assert left == [], "stopping ends the threads"


@pytest.fixture
def unswept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks for mail once a minute: what leaves was told of by its act."""
    monkeypatch.setattr(Jobs, "sweep_outbox", lambda _jobs: None)


@pytest.mark.usefixtures("unswept")
def test_mail_leaves_right_after_its_act(jobs: Services, box: Box) -> None:
    post(jobs)
    wait_until_sent(jobs)
    assert [mail["To"] for mail in box.mails] == ["ana@example.org"]
    with jobs.database.reading(PROGRAM_ID) as session:
        assert latest_messages(session, PROGRAM_ID)[0].facts == {}


def test_what_waited_while_no_server_ran_is_sent_at_the_start(parts: Services, box: Box) -> None:
    post(parts)
    start_jobs(parts)
    wait_until_sent(parts)
    stop_jobs()
    assert len(box.mails) == 1


def test_the_sweep_finds_what_nobody_was_told_of(parts: Services, box: Box) -> None:
    post(parts)
    jobs = Jobs(parts)
    jobs.sweep_outbox()
    jobs.sweep_outbox()
    jobs.huey.storage.close()
    assert len(box.mails) == 1


def test_a_database_that_is_away_does_not_end_the_jobs(
    parts: Services, caplog: pytest.LogCaptureFixture
) -> None:
    away = Database(f"postgresql+psycopg://nobody@/nothing?host={parts.settings.home}")
    jobs = Jobs(
        Services(settings=parts.settings, database=away, tools=parts.tools, links=parts.links)
    )
    jobs.sweep_outbox()
    jobs.huey.storage.close()
    away.close()
    assert "will be tried again" in caplog.text


def test_old_things_are_tidied_up_once_an_hour(parts: Services, clock: ManualClock) -> None:
    database, tools = parts.database, parts.tools
    with database.unit_of_work(PROGRAM_ID) as session:
        facts, _ = open_challenge(
            session,
            PROGRAM_ID,
            purpose="staff",
            email="ana@example.org",
            subject="",
            store_id=None,
            at=clock.now(),
            keys=tools.keys,
        )
    with database.unit_of_work(NO_PROGRAM) as session:
        count_try(session, "old", limit=3, window=timedelta(minutes=1), at=clock.now())
    jobs = Jobs(parts)
    jobs.tidy_all()
    with database.reading(PROGRAM_ID) as session:
        assert challenge_by_id(session, PROGRAM_ID, facts.challenge_id) is not None
        assert rows(session) == {"old"}
    clock.advance(days=3)
    jobs.tidy_all()
    jobs.huey.storage.close()
    with database.reading(PROGRAM_ID) as session:
        assert challenge_by_id(session, PROGRAM_ID, facts.challenge_id) is None
        assert rows(session) == set()
