"""News leaves with the act it tells of: sent once kept, tried again, given up, forgotten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from loyalty.db.session import Database
from loyalty.journeys.send_outbox import send_due
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import MalformedRequestError
from loyalty.outbox.deliver import claim_due, forget_facts
from loyalty.outbox.errors import NotSentError
from loyalty.outbox.post import NEWS, post_mail
from loyalty.outbox.queries import Message, count_waiting, latest_messages, messages_about
from loyalty.outbox.rules import CLAIM, CLAIM_SIZE, Topic
from tests.support.clock import ManualClock
from tests.support.town import PROGRAM_ID, build_town


@pytest.fixture(autouse=True)
def town(database: Database, clock: ManualClock) -> None:
    build_town(database, clock)


def post(database: Database, clock: ManualClock, *, code: str = "123456") -> UUID:
    with database.unit_of_work(PROGRAM_ID) as session:
        return post_mail(
            session,
            PROGRAM_ID,
            topic=Topic.SIGN_IN,
            language="es",
            recipient="ana@example.org",
            facts={"code": code, "minutes": 10},
            subject_kind="staff",
            subject_id="42",
            at=clock.now(),
        )


def only(database: Database) -> Message:
    with database.reading(PROGRAM_ID) as session:
        (message,) = messages_about(session, PROGRAM_ID, "staff", "42")
        return message


def claims(database: Database, clock: ManualClock) -> list[UUID]:
    with database.unit_of_work(PROGRAM_ID) as session:
        return [one.message_id for one in claim_due(session, PROGRAM_ID, at=clock.now())]


class MailServer:
    """Takes messages, or refuses them as told."""

    def __init__(self, *failures: NotSentError) -> None:
        self.taken: list[Message] = []
        self._failures = list(failures)

    def __call__(self, message: Message) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.taken.append(message)


def send(database: Database, server: MailServer, tools: Tools, *, keep_facts: bool = False) -> int:
    return send_due(database, PROGRAM_ID, server, tools=tools, keep_facts=keep_facts)


def test_a_message_is_sent_once_and_its_code_forgotten(
    database: Database, clock: ManualClock, tools: Tools
) -> None:
    message_id = post(database, clock)
    server = MailServer()
    clock.advance(s=2)
    assert send(database, server, tools) == 1
    assert send(database, server, tools) == 0
    (sent,) = server.taken
    assert (sent.message_id, sent.recipient, sent.facts["code"]) == (
        message_id,
        "ana@example.org",
        "123456",
    )
    kept = only(database)
    assert (kept.state, kept.sent_at, kept.facts) == ("sent", clock.now(), {})


def test_the_demo_keeps_what_its_outbox_page_shows_until_it_is_tidied(
    database: Database, clock: ManualClock, tools: Tools
) -> None:
    post(database, clock)
    send(database, MailServer(), tools, keep_facts=True)
    with database.reading(PROGRAM_ID) as session:
        assert latest_messages(session, PROGRAM_ID)[0].facts["code"] == "123456"
    clock.advance(days=1)
    with database.unit_of_work(PROGRAM_ID) as session:
        forget_facts(session, PROGRAM_ID, before=clock.now())
    assert only(database).facts == {}


def test_an_act_that_was_undone_sends_nothing(
    database: Database, clock: ManualClock, tools: Tools
) -> None:
    told: list[int] = []
    database.listen(NEWS, told.append)
    with pytest.raises(MalformedRequestError), database.unit_of_work(PROGRAM_ID) as session:
        post_mail(
            session,
            PROGRAM_ID,
            topic=Topic.SIGN_IN,
            language="es",
            recipient="ana@example.org",
            facts={},
            subject_kind="staff",
            subject_id="42",
            at=clock.now(),
        )
        raise MalformedRequestError
    assert send(database, MailServer(), tools) == 0
    assert told == []
    post(database, clock)
    assert told == [PROGRAM_ID]


def test_a_mail_server_that_is_away_is_tried_again(
    database: Database, clock: ManualClock, tools: Tools
) -> None:
    post(database, clock)
    server = MailServer(NotSentError("connection refused", is_final=False))
    assert send(database, server, tools) == 0
    waiting = only(database)
    assert (waiting.state, waiting.last_error) == ("waiting", "connection refused")
    clock.advance(s=9)
    assert send(database, server, tools) == 0
    clock.advance(s=1)
    assert send(database, server, tools) == 1
    assert only(database).state == "sent"


def test_an_address_that_does_not_exist_is_given_up(
    database: Database, clock: ManualClock, tools: Tools
) -> None:
    post(database, clock)
    assert send(database, MailServer(NotSentError("550", is_final=True)), tools) == 0
    failed = only(database)
    assert (failed.state, failed.last_error, failed.facts) == ("failed", "550", {})
    clock.advance(days=1)
    assert claims(database, clock) == []


def test_a_message_whose_sender_died_goes_to_another(
    database: Database, clock: ManualClock
) -> None:
    message_id = post(database, clock)
    assert claims(database, clock) == [message_id]
    assert claims(database, clock) == []
    clock.advance(s=CLAIM.total_seconds())
    assert claims(database, clock) == [message_id]


def test_messages_go_in_the_order_they_were_posted(
    database: Database, clock: ManualClock, tools: Tools
) -> None:
    posted = []
    for number in range(2 * CLAIM_SIZE + 1):
        posted.append(post(database, clock, code=str(number)))
        clock.advance(s=1)
    with database.reading(PROGRAM_ID) as session:
        assert count_waiting(session, PROGRAM_ID) == len(posted)
    server = MailServer()
    assert send(database, server, tools) == len(posted)
    assert [message.message_id for message in server.taken] == posted


@pytest.mark.race
def test_of_many_senders_one_takes_each_message(database: Database, clock: ManualClock) -> None:
    posted = [post(database, clock) for _ in range(20)]
    with ThreadPoolExecutor(10) as pool:
        taken = list(pool.map(lambda _: claims(database, clock), range(20)))
    everything = [message_id for some in taken for message_id in some]
    assert len(everything) == len(set(everything))
    clock.advance(s=timedelta(minutes=3).total_seconds())
    everything += claims(database, clock)
    assert set(everything) <= set(posted)
