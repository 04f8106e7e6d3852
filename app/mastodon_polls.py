"""Ask a shop's Mastodon server what is new, and look again at what may be gone.

Each question is described by the connector, sent under guard, and answered outside of any unit of
work. One poll takes so long and not longer: what is left is for the next.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from app.guarded_fetch import AddressRefusedError, fetch
from app.network_reading import Stop, never
from app.wiring import Services
from loyalty.connectors.base import Answer, Request
from loyalty.connectors.errors import NetworkTroubleError
from loyalty.connectors.mastodon import (
    NETWORK,
    ask_context,
    ask_likers,
    ask_notifications,
    ask_status,
    read_context,
    read_likers,
    read_notifications,
    read_status,
)
from loyalty.inbox.receive import cursor_of
from loyalty.journeys.look_again import next_looks, take_likers, take_thread
from loyalty.journeys.take_delivery import NOTIFICATIONS, keep_polled, place_of
from loyalty.journeys.take_engagement import take_engagement
from loyalty.kernel.errors import LoyaltyError, StorageUnavailableError
from loyalty.social.connect import (
    ConnectionFacts,
    claim_poll,
    connection_by_id,
    connections_due,
    note_failure,
    secrets_of,
)
from loyalty.social.looks import KnownLikes, KnownReplies

log = logging.getLogger("enlaza.networks")

PAGES_MAX: Final = 10
LIKER_PAGES_MAX: Final = 10
POLL_S_MAX: Final = 20.0
# Said of the whole account, not of one post. That a token is revoked is told by the news.
_STOPS: Final = "busy"


@dataclass(frozen=True, slots=True)
class _Poll:
    """One poll of one connection: what it asks with, and when it is to end."""

    parts: Services
    program_id: int
    connection: ConnectionFacts
    token: str
    ends_at: float
    is_over: Stop

    def has_time(self) -> bool:
        return time.monotonic() < self.ends_at and not self.is_over()

    def ask(self, asked: Request) -> Answer:
        return fetch(asked, guard=self.parts.guard)


def polls_due(parts: Services, program_id: int) -> tuple[UUID, ...]:
    """List the connections of a program that are to be asked now."""
    with parts.database.reading(program_id) as session:
        due = connections_due(session, program_id, at=parts.tools.clock.now())
    return tuple(one.connection_id for one in due if one.network == NETWORK)


def poll_connection(
    parts: Services, program_id: int, connection_id: UUID, *, is_over: Stop = never
) -> None:
    """Ask for what is new at a connection and look at older things again, if it is due."""
    at = parts.tools.clock.now()
    with parts.database.unit_of_work(program_id) as session:
        if not claim_poll(session, program_id, connection_id, at=at):
            return
        connection = connection_by_id(session, program_id, connection_id)
        secrets = secrets_of(session, program_id, connection_id, keys=parts.tools.keys)
    ends_at = time.monotonic() + POLL_S_MAX
    token = secrets.get("token", "")
    poll = _Poll(parts, program_id, connection, token, ends_at, is_over)
    if not token:
        # The keys of this server are others than those the token was sealed with.
        _note(poll, NetworkTroubleError(reason="revoked"))
        return
    try:
        rest_s = _read_news(poll)
        if not rest_s:
            _look_again(poll)
    except (NetworkTroubleError, AddressRefusedError) as trouble:
        _note(poll, trouble)
    except StorageUnavailableError:
        raise
    except Exception:
        # Whatever a server did to us: its owner sees it, and it is asked less often.
        log.exception("what %s answered broke its reader", connection.base_url)
        _note(poll, NetworkTroubleError(reason="not_understood"))


def _read_news(poll: _Poll) -> int:
    """Keep every page of what is new; say how long the server wants to be left alone."""
    parts, place = poll.parts, place_of(poll.connection)
    with parts.database.reading(poll.program_id) as session:
        cursor = cursor_of(session, poll.program_id, poll.connection.connection_id, NOTIFICATIONS)
    for _ in range(PAGES_MAX):
        answer = poll.ask(ask_notifications(place, poll.token, cursor=cursor))
        polled = read_notifications(answer, cursor=cursor, at=parts.tools.clock.now())
        with parts.database.unit_of_work(poll.program_id) as session:
            keep_polled(session, poll.program_id, poll.connection, polled, tools=parts.tools)
        cursor = polled.cursor
        if polled.wait_s or not polled.has_more or not poll.has_time():
            return polled.wait_s
    return 0


def _look_again(poll: _Poll) -> None:
    """Look at posts and words that are known; one that cannot be read spoils no other."""
    parts, program_id = poll.parts, poll.program_id
    with parts.database.unit_of_work(program_id) as session:
        looks = next_looks(session, program_id, poll.connection, tools=parts.tools)
    for known in looks.posts:
        if poll.has_time():
            _spared(poll, f"post {known.target}", partial(_look_at_post, poll, known))
    for number in looks.words:
        if poll.has_time():
            _spared(poll, f"status {number}", partial(_look_at_words, poll, number))
    for thread in looks.threads:
        if poll.has_time():
            _spared(poll, f"replies to {thread.target}", partial(_look_below, poll, thread))


def _look_at_post(poll: _Poll, known: KnownLikes) -> None:
    parts, program_id = poll.parts, poll.program_id
    looked_at = parts.tools.clock.now()
    now = _likers(poll, known.target)
    if now is None:
        return  # of a list that was not read whole nobody is missing
    with parts.database.unit_of_work(program_id) as session:
        take_likers(
            session,
            program_id,
            poll.connection,
            known,
            now=now,
            looked_at=looked_at,
            tools=parts.tools,
        )


def _likers(poll: _Poll, status: str) -> frozenset[str] | None:
    """Read who likes a post now; none when the list was not read to its end."""
    place, found, page = place_of(poll.connection), frozenset[str](), ""
    for _ in range(LIKER_PAGES_MAX):
        answer = poll.ask(ask_likers(place, poll.token, status, page=page))
        try:
            told, page = read_likers(answer, place, at=poll.parts.tools.clock.now())
        except NetworkTroubleError as trouble:
            if trouble.facts.get("reason") == "gone":
                return frozenset()  # with the post its likes are gone
            raise
        if page and told <= found:
            return None  # it repeats itself
        found |= told
        if not page:
            return found
        if not poll.has_time():
            return None
    return None


def _look_at_words(poll: _Poll, number: str) -> None:
    parts, program_id = poll.parts, poll.program_id
    at = parts.tools.clock.now()
    place = place_of(poll.connection)
    answer = poll.ask(ask_status(place, poll.token, number))
    fact = read_status(answer, place, number, at=at)
    with parts.database.unit_of_work(program_id) as session:
        take_engagement(
            session, program_id, poll.connection, fact, received_at=at, tools=parts.tools
        )


def _look_below(poll: _Poll, known: KnownReplies) -> None:
    parts, program_id = poll.parts, poll.program_id
    at = parts.tools.clock.now()
    answer = poll.ask(ask_context(place_of(poll.connection), poll.token, known.target))
    now = read_context(answer, at=at)
    if now is None:
        return  # of a thread that was not told whole nothing is missing
    with parts.database.unit_of_work(program_id) as session:
        take_thread(
            session, program_id, poll.connection, known, now=now, looked_at=at, tools=parts.tools
        )


def _spared(poll: _Poll, what: str, look: Callable[[], None]) -> None:
    try:
        look()
    except (NetworkTroubleError, AddressRefusedError) as trouble:
        reason = trouble.facts.get("reason")
        if reason == _STOPS:
            raise
        log.info("%s of %s was not read: %s", what, poll.connection.base_url, reason)


def _note(poll: _Poll, trouble: LoyaltyError) -> None:
    """Say on the connection what went wrong, and wait as long as the server asks."""
    parts, connection_id = poll.parts, poll.connection.connection_id
    wait = trouble.facts.get("retry_after_s")
    reason = str(trouble.facts.get("reason", "")) or str(trouble.code)
    log.warning("%s did not answer as it should: %s", poll.connection.base_url, reason)
    with parts.database.unit_of_work(poll.program_id) as session:
        note_failure(
            session,
            poll.program_id,
            connection_id,
            problem=reason,
            at=parts.tools.clock.now(),
            wait_s=wait if isinstance(wait, int) else 0,
        )
