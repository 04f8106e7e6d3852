"""Whether all is well: what an owner would want to be told, and nothing else."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from loyalty.db.leases import end_lease, take_lease
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.tell_health import Health, TillHealth, TillState, judge_mail, tell_health
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id
from loyalty.outbox.queries import FailedMail, OutboxFacts
from loyalty.programs.models import Store
from loyalty.programs.queues import (
    EventRow,
    Progress,
    QueueKey,
    QueueReport,
    keep_event,
    note_contact,
)
from loyalty.programs.tills import revoke_till_row, touch_till
from tests.support.clock import MONDAY_MORNING, ManualClock
from tests.support.street import Purchase, Street, buy, open_street

HOURS = "Mo-Fr 09:00-14:00,17:00-20:30"


@pytest.fixture
def street(database: Database, tools: Tools) -> Street:
    street = open_street(database, tools)
    with database.unit_of_work(street.program_id) as session:
        session.execute(
            update(Store).where(Store.program_id == street.program_id).values(hours=HOURS)
        )
    return street


def health_of(database: Database, street: Street, tools: Tools) -> Health:
    with database.reading(street.program_id) as session:
        return tell_health(session, street.program_id, [street.store_id], tools=tools)


def till_of(database: Database, street: Street, tools: Tools) -> TillHealth:
    [till] = health_of(database, street, tools).tills
    return till


def hear(database: Database, street: Street, at: datetime) -> None:
    with database.unit_of_work(street.program_id) as session:
        touch_till(session, street.program_id, street.till_id, at=at)


def report(
    database: Database,
    street: Street,
    at: datetime,
    *,
    waiting: int = 0,
    oldest: datetime | None = None,
    aside: int = 0,
    clashes: int = 0,
    seqs: tuple[int, ...] = (),
) -> None:
    """Let the till's agent tell how its queue stands."""
    queue = QueueKey(street.program_id, street.till_id, new_id(at))
    with database.unit_of_work(street.program_id) as session:
        for seq in seqs:
            keep_event(session, queue, EventRow(seq, "sale", f"s{seq}", "created", "0" * 64), at=at)
        told = QueueReport(waiting=waiting, oldest_made_at=oldest, aside=aside, version="0.2.0")
        progress = Progress(seen_to=0, top_seq=max(seqs, default=0), missing=())
        note_contact(session, queue, told, progress, clashes=clashes, at=at)


def test_a_till_that_was_just_heard_of_is_fine(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    hear(database, street, clock.now())
    clock.advance(minutes=8)
    assert till_of(database, street, tools).state is TillState.FINE


def test_a_till_that_is_silent_while_the_store_is_open_is_told_since_when(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    hear(database, street, clock.advance(hours=1))
    heard = clock.now()
    clock.advance(minutes=45)
    till = till_of(database, street, tools)
    assert (till.state, till.since, till.is_well) == (TillState.SILENT, heard, False)


@pytest.mark.parametrize(
    ("hours", "state"),
    [
        (7.0, TillState.SILENT),  # five in the afternoon and a bit: open again for a while
        (5.5, TillState.RESTING),  # half past three: closed at noon
        (12.0, TillState.RESTING),  # ten at night
        (22.9, TillState.RESTING),  # five to nine in the morning
        (23.1, TillState.RESTING),  # just opened: give it time to be switched on
        (24 * 8, TillState.UNUSED),
    ],
)
def test_silence_means_something_only_while_the_store_is_open(
    database: Database,
    street: Street,
    tools: Tools,
    clock: ManualClock,
    hours: float,
    state: TillState,
) -> None:
    start = clock.set(MONDAY_MORNING)  # ten in Madrid
    hear(database, street, start)
    clock.advance(hours=hours + (0.5 if hours == 7.0 else 0))
    till = till_of(database, street, tools)
    assert till.state is state
    assert till.is_well is (state is not TillState.SILENT)


def test_without_hours_nobody_can_say_whether_a_silent_till_should_be_there(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    with database.unit_of_work(street.program_id) as session:
        session.execute(update(Store).values(hours=""))
    hear(database, street, clock.now())
    clock.advance(hours=2)
    assert till_of(database, street, tools).state is TillState.RESTING


def test_a_silent_till_with_unsent_sales_is_told_at_any_hour(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    heard = clock.now()
    report(database, street, heard, waiting=3, oldest=heard - timedelta(minutes=2))
    assert till_of(database, street, tools).state is TillState.FINE
    clock.advance(hours=12)
    till = till_of(database, street, tools)
    assert (till.state, till.since, till.waiting) == (TillState.CUT_OFF, heard, 3)


def test_sales_that_do_not_get_through_are_told_with_their_age(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    oldest = clock.now() - timedelta(minutes=30)
    report(database, street, clock.now(), waiting=2, oldest=oldest)
    till = till_of(database, street, tools)
    assert (till.state, till.since) == (TillState.STUCK, oldest)


def test_what_was_set_aside_is_told_until_a_person_has_looked(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    report(database, street, clock.now(), aside=1)
    assert till_of(database, street, tools).state is TillState.ASIDE


def test_a_hole_is_told_when_the_till_that_could_fill_it_is_gone(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    report(database, street, clock.now(), seqs=(1, 4))
    assert till_of(database, street, tools).state is TillState.FINE
    clock.advance(minutes=30)
    till = till_of(database, street, tools)
    assert (till.state, till.holes) == (TillState.HOLES, 2)


def test_a_copied_queue_is_told(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    report(database, street, clock.now(), clashes=1)
    assert till_of(database, street, tools).state is TillState.COPIED


def test_a_revoked_till_and_another_stores_till_are_not_told(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    with database.reading(street.program_id) as session:
        assert (
            tell_health(session, street.program_id, [new_id(clock.now())], tools=tools).tills == ()
        )
    with database.unit_of_work(street.program_id) as session:
        revoke_till_row(session, street.program_id, street.till_id, at=clock.now())
    assert health_of(database, street, tools).tills == ()


def test_jobs_that_stopped_are_told(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    assert not health_of(database, street, tools).are_jobs_well
    with database.unit_of_work(NO_PROGRAM) as session:
        take_lease(session, "sweep", holder="one", at=clock.now(), hold=timedelta(minutes=5))
        end_lease(session, "sweep", holder="one", at=clock.now())
    told = health_of(database, street, tools)
    assert (told.are_jobs_well, told.jobs_at) == (True, clock.now())
    clock.advance(minutes=6)
    assert not health_of(database, street, tools).are_jobs_well


def test_a_clock_that_went_back_is_told_by_the_newest_sale(
    database: Database, street: Street, tools: Tools, clock: ManualClock
) -> None:
    buy(database, street, Purchase(500, None), tools)
    assert health_of(database, street, tools).clock_ahead is None
    clock.advance(hours=-3)
    assert health_of(database, street, tools).clock_ahead == timedelta(hours=3)


def outbox(**told: object) -> OutboxFacts:
    facts = {
        "waiting": 0,
        "oldest_at": None,
        "waiting_reason": "",
        "failures": (),
        "last_sent_at": None,
    }
    return OutboxFacts(**(facts | told))  # type: ignore[arg-type]


def test_mail_is_well_while_it_goes_out() -> None:
    at = MONDAY_MORNING
    failed = FailedMail("the recipient was refused (550)", 1, at - timedelta(hours=2))
    assert judge_mail(outbox(), at=at).is_well
    assert judge_mail(outbox(waiting=1, oldest_at=at - timedelta(minutes=1)), at=at).is_well
    late = judge_mail(outbox(waiting=1, oldest_at=at - timedelta(minutes=9)), at=at)
    assert late.late_since == at - timedelta(minutes=9)
    fails = judge_mail(outbox(failures=(failed,)), at=at)
    assert fails.failing_since == failed.last_at
    assert judge_mail(outbox(failures=(failed,), last_sent_at=at), at=at).is_well
