"""A delivery is kept once, answered at once, read after, and never holds up another."""

from datetime import timedelta
from uuid import UUID

import pytest

from loyalty.db.session import Database
from loyalty.inbox.process import (
    claim_deliveries,
    counts_of,
    forget_deliveries,
    mark_failed,
    mark_understood,
    retry_aside,
)
from loyalty.inbox.receive import cursor_of, receive, receive_again, receive_poll
from loyalty.inbox.rules import ASIDE_KEPT, CLAIM, DONE_KEPT, READ_KEPT, WAITS
from loyalty.journeys.tools import Tools
from loyalty.social.connect import NewConnection, connect
from tests.support.clock import ManualClock
from tests.support.street import STREET_PROGRAM, open_street


@pytest.fixture
def connection_id(database: Database, tools: Tools) -> UUID:
    street = open_street(database, tools)
    draft = NewConnection(street.store_id, "mastodon", "https://calle.example", "pan@calle.example")
    with database.unit_of_work(STREET_PROGRAM) as session:
        return connect(session, STREET_PROGRAM, draft, at=tools.clock.now(), keys=tools.keys)


def test_the_same_delivery_is_kept_once_and_a_poll_moves_its_cursor_with_it(
    database: Database, connection_id: UUID, clock: ManualClock
) -> None:
    with database.unit_of_work(STREET_PROGRAM) as session:
        assert cursor_of(session, STREET_PROGRAM, connection_id, "notifications") == ""
        for cursor, deliveries, new in (
            ("2", [("1", b"{}"), ("2", b"{}")], 2),
            ("3", [("2", b"{}"), ("3", b"{}")], 1),
        ):
            told = receive_poll(
                session,
                STREET_PROGRAM,
                connection_id,
                name="notifications",
                deliveries=deliveries,
                cursor=cursor,
                at=clock.now(),
            )
            assert told == new
            kept = cursor_of(session, STREET_PROGRAM, connection_id, "notifications")
            assert kept == cursor


def test_a_delivery_is_read_by_one_reader_and_forgotten_when_understood(
    database: Database, connection_id: UUID, clock: ManualClock
) -> None:
    program = STREET_PROGRAM
    with database.unit_of_work(program) as session:
        raw = "ñ\0".encode()
        assert receive(session, program, connection_id, key="a", raw=raw, at=clock.now())
    with database.unit_of_work(program) as session:
        (taken,) = claim_deliveries(session, program, at=clock.now())
        assert taken.raw == "ñ\ufffd".encode()
        assert claim_deliveries(session, program, at=clock.now()) == ()
    clock.set(clock.now() + CLAIM)
    with database.unit_of_work(program) as session:
        (again,) = claim_deliveries(session, program, at=clock.now())
        assert again.tries == 2, "a reader that died leaves it to another"
        assert mark_understood(session, program, again, at=clock.now())
        assert not mark_understood(session, program, again, at=clock.now())
        assert not receive(session, program, connection_id, key="a", raw=b"x", at=clock.now())
        assert counts_of(session, program, connection_id).waiting == 0


def test_what_is_sent_again_while_it_is_read_is_read_again(
    database: Database, connection_id: UUID, clock: ManualClock
) -> None:
    program = STREET_PROGRAM
    with database.unit_of_work(program) as session:
        assert receive_again(session, program, connection_id, key="a", raw=b"1", at=clock.now())
        (first,) = claim_deliveries(session, program, at=clock.now())
        assert mark_understood(session, program, first, at=clock.now())
        assert receive_again(session, program, connection_id, key="a", raw=b"2", at=clock.now())
        assert not mark_understood(session, program, first, at=clock.now())
        (second,) = claim_deliveries(session, program, at=clock.now())
    assert (second.raw, second.version) == (b"2", 2)


def test_a_poison_delivery_is_tried_then_set_aside_and_the_others_go_on(
    database: Database, connection_id: UUID, clock: ManualClock
) -> None:
    program = STREET_PROGRAM
    with database.unit_of_work(program) as session:
        receive(session, program, connection_id, key="bad", raw=b"?", at=clock.now())
    for number in range(len(WAITS) + 1):
        with database.unit_of_work(program) as session:
            receive(session, program, connection_id, key=f"g{number}", raw=b"", at=clock.now())
            taken = {each.key: each for each in claim_deliveries(session, program, at=clock.now())}
            assert mark_understood(session, program, taken[f"g{number}"], at=clock.now())
            again = mark_failed(
                session, program, taken["bad"], problem="not_understood", at=clock.now()
            )
            assert again == (number < len(WAITS))
        clock.set(clock.now() + WAITS[min(number, len(WAITS) - 1)])
    with database.unit_of_work(program) as session:
        assert counts_of(session, program, connection_id).aside == 1
        assert retry_aside(session, program, connection_id, at=clock.now()) == 1
        (bad,) = claim_deliveries(session, program, at=clock.now())
        mark_failed(session, program, bad, problem="gone", at=clock.now(), is_final=True)
    clock.set(clock.now() + ASIDE_KEPT + timedelta(seconds=1))
    with database.unit_of_work(program) as session:
        forget_deliveries(session, program, at=clock.now())
        assert retry_aside(session, program, connection_id, at=clock.now()) == 0
    clock.set(clock.now() + DONE_KEPT)
    with database.unit_of_work(program) as session:
        forget_deliveries(session, program, at=clock.now())
        assert receive(session, program, connection_id, key="bad", raw=b"", at=clock.now())


def test_what_may_be_told_again_is_known_for_a_day_only(
    database: Database, connection_id: UUID, clock: ManualClock
) -> None:
    program = STREET_PROGRAM
    with database.unit_of_work(program) as session:
        receive(session, program, connection_id, key="1", raw=b"{}", at=clock.now())
        (taken,) = claim_deliveries(session, program, at=clock.now())
        mark_understood(session, program, taken, at=clock.now())
    clock.set(clock.now() + READ_KEPT + timedelta(seconds=1))
    with database.unit_of_work(program) as session:
        forget_deliveries(session, program, at=clock.now())
        assert not receive(session, program, connection_id, key="1", raw=b"{}", at=clock.now())
        forget_deliveries(session, program, at=clock.now(), told_again=[connection_id])
        assert receive(session, program, connection_id, key="1", raw=b"{}", at=clock.now())
