"""Messages leave the house: taken in one act, sent outside of any, told in another."""

import logging
from collections.abc import Callable

from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.outbox.deliver import claim_due, mark_not_sent, mark_sent
from loyalty.outbox.errors import NotSentError
from loyalty.outbox.queries import Message, has_due

log = logging.getLogger("enlaza.outbox")


def send_due(
    database: Database,
    program_id: int,
    send: Callable[[Message], None],
    *,
    tools: Tools,
    keep_facts: bool,
) -> int:
    """Send every message of a program that is due; says how many went out.

    `send` raises `NotSentError`. Safe beside other senders and after a crash: a message may
    go out twice, it is not lost.
    """
    sent = 0
    while _anything_due(database, program_id, tools=tools):
        with database.unit_of_work(program_id) as session:
            messages = claim_due(session, program_id, at=tools.clock.now())
        for message in messages:
            sent += _send_one(database, message, send, tools=tools, keep_facts=keep_facts)
    return sent


def _anything_due(database: Database, program_id: int, *, tools: Tools) -> bool:
    with database.reading(program_id) as session:
        return has_due(session, program_id, at=tools.clock.now())


def _send_one(
    database: Database,
    message: Message,
    send: Callable[[Message], None],
    *,
    tools: Tools,
    keep_facts: bool,
) -> bool:
    try:
        send(message)
    except NotSentError as failure:
        with database.unit_of_work(message.program_id) as session:
            goes_on = mark_not_sent(session, message, failure, at=tools.clock.now())
        log.warning(
            "message %s (%s) not sent, attempt %s, %s: %s",
            message.message_id,
            message.topic,
            message.attempts,
            "will be tried again" if goes_on else "given up",
            failure.reason,
        )
        return False
    with database.unit_of_work(message.program_id) as session:
        mark_sent(
            session,
            message.program_id,
            message.message_id,
            at=tools.clock.now(),
            keep_facts=keep_facts,
        )
    return True
