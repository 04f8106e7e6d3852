"""A queue counts its acts: what is here, what is missing, and when the till was heard of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from loyalty.db.session import Database
from loyalty.programs import queues
from loyalty.programs.models import TillEvent
from loyalty.programs.queues import (
    NOTED_EVERY,
    EventRow,
    Progress,
    QueueFacts,
    QueueKey,
    QueueReport,
    event_at,
    is_news,
    keep_event,
    note_contact,
    progress_of,
    queues_of_tills,
    seqs_here,
)
from loyalty.programs.tills import create_till
from tests.support.clock import ManualClock
from tests.support.town import build_town

QUEUE_ID = UUID(int=5)
NOTHING_SENT = Progress(0, 0, ())
QUIET = QueueReport(waiting=0, oldest_made_at=None, aside=0, version="0.2.0")


@dataclass(frozen=True, slots=True)
class Till:
    """A till with one queue."""

    database: Database
    clock: ManualClock
    queue: QueueKey

    def keep(self, seqs: Iterable[int]) -> None:
        with self.database.unit_of_work(self.queue.program_id) as session:
            for seq in seqs:
                row = EventRow(seq, "sale", f"s{seq}", "created", "hash")
                keep_event(session, self.queue, row, at=self.clock.now())

    def progress(self, *, kept_from: int = 1, ranges_max: int = 10) -> Progress:
        with self.database.reading(self.queue.program_id) as session:
            return progress_of(session, self.queue, kept_from=kept_from, ranges_max=ranges_max)

    def note(
        self, report: QueueReport = QUIET, *, progress: Progress | None = None, clashes: int = 0
    ) -> None:
        told = progress or self.progress()
        with self.database.unit_of_work(self.queue.program_id) as session:
            note_contact(session, self.queue, report, told, clashes=clashes, at=self.clock.now())

    def has_news(self, report: QueueReport = QUIET) -> bool:
        with self.database.reading(self.queue.program_id) as session:
            return is_news(session, self.queue, report, NOTHING_SENT, at=self.clock.now())

    def facts(self) -> QueueFacts:
        with self.database.reading(self.queue.program_id) as session:
            (found,) = queues_of_tills(session, self.queue.program_id)
        return found


@pytest.fixture
def till(database: Database, clock: ManualClock) -> Till:
    town = build_town(database, clock)
    with database.unit_of_work(town.program_id) as session:
        till_id = create_till(
            session,
            town.program_id,
            town.bakery_id,
            name="Caja 1",
            kind="agent",
            key_hash="x",
            at=clock.now(),
        )
    return Till(database, clock, QueueKey(town.program_id, till_id, QUEUE_ID))


def test_a_queue_nobody_heard_of_begins_at_nothing(till: Till) -> None:
    assert till.progress() == Progress(0, 0, ())


def test_what_was_overtaken_and_has_not_arrived_is_missing(till: Till) -> None:
    till.keep([1, 2, 5, 6, 9])
    assert till.progress() == Progress(2, 9, ((3, 4), (7, 8)))
    till.keep([4])
    assert till.progress() == Progress(2, 9, ((3, 3), (7, 8)))
    till.keep([3, 8, 7])
    assert till.progress() == Progress(9, 9, ())


def test_a_queue_that_lost_its_beginning_says_so(till: Till) -> None:
    till.keep([43])
    assert till.progress() == Progress(0, 43, ((1, 42),))


def test_what_the_till_no_longer_keeps_is_not_waited_for(till: Till) -> None:
    till.keep([43, 45])
    assert till.progress(kept_from=40) == Progress(39, 45, ((40, 42), (44, 44)))
    assert till.progress(kept_from=60) == Progress(59, 59, ())


def test_only_the_first_ranges_are_told(till: Till) -> None:
    till.keep(range(2, 40, 2))
    told = till.progress(ranges_max=3)
    assert told == Progress(0, 38, ((1, 1), (3, 3), (5, 5)))


def test_counting_goes_on_where_it_was_noted_and_never_back(till: Till) -> None:
    till.keep([1, 2, 3])
    till.note()
    till.keep([4, 6])
    assert till.progress() == Progress(4, 6, ((5, 5),))
    till.note(progress=Progress(1, 1, ()))
    assert till.facts().seen_to == 3
    assert till.progress() == Progress(4, 6, ((5, 5),))


def test_a_long_queue_above_a_hole_is_counted_to_its_end(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "LOOKED_AT", 7)
    till.keep(range(2, 30))
    assert till.progress() == Progress(0, 29, ((1, 1),))
    till.keep([1, 31])
    assert till.progress() == Progress(29, 31, ((30, 30),))


def test_the_owner_learns_what_the_till_said_and_what_is_missing(till: Till) -> None:
    till.keep([1, 4, 6])
    oldest = till.clock.now() - timedelta(hours=2)
    till.note(QueueReport(12, oldest, 1, "0.2.0"), clashes=1)
    till.note(QueueReport(12, oldest, 2, "0.2.0"), clashes=2)
    assert till.facts() == QueueFacts(
        till_id=till.queue.till_id,
        queue_id=QUEUE_ID,
        waiting=12,
        oldest_made_at=oldest,
        aside=2,
        version="0.2.0",
        seen_to=1,
        holes=3,
        clashes=3,
        last_contact_at=till.clock.now(),
    )


def test_a_sign_of_life_is_noted_once_a_minute_and_news_at_once(till: Till) -> None:
    assert till.has_news()
    till.note()
    assert not till.has_news()
    assert till.has_news(QueueReport(1, till.clock.now(), 0, "0.2.0"))
    till.clock.advance(s=NOTED_EVERY.total_seconds() - 1)
    assert not till.has_news()
    till.clock.advance(s=1)
    assert till.has_news()


def test_what_was_kept_under_a_number_can_be_read_again(till: Till) -> None:
    row = EventRow(
        seq=1,
        kind="refund",
        act_id="r1",
        result="rejected",
        request_hash="hash",
        refusal="refund_exceeds_sale",
        facts={"left_minor": 3},
        made_at=till.clock.now(),
    )
    with till.database.unit_of_work(till.queue.program_id) as session:
        keep_event(session, till.queue, row, at=till.clock.now())
    with till.database.reading(till.queue.program_id) as session:
        assert event_at(session, till.queue, 1) == row
        assert event_at(session, till.queue, 2) is None
        assert seqs_here(session, till.queue, [1, 2, 3]) == {1}


@pytest.mark.parametrize("change", [update(TillEvent).values(result="created"), delete(TillEvent)])
def test_what_a_till_sent_is_never_changed(till: Till, change: object) -> None:
    till.keep([1])
    with pytest.raises(DBAPIError), till.database.unit_of_work(till.queue.program_id) as session:
        session.execute(change)  # type: ignore[call-overload]
    assert till.progress() == Progress(1, 1, ())
