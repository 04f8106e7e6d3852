"""Look at posts and words we know of again: a network tells of a like, and not of its end.

Each look takes the newest ones and some others in turn, so that a shop of many years is looked
at whole without asking its server too much.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from loyalty.connectors.base import Action, Actor, Change, EngagementFact, id_order
from loyalty.inbox.receive import cursor_of, receive_poll
from loyalty.journeys.take_engagement import take_engagement
from loyalty.journeys.tools import Tools
from loyalty.social.connect import ConnectionFacts
from loyalty.social.looks import (
    KnownLikes,
    KnownReplies,
    hash_of_like,
    hash_of_reply,
    known_likes,
    known_replies,
    posts_liked,
    threads_counted,
    uncount_missing,
    uncount_missing_replies,
    words_known,
)

NEWEST: Final = 3
IN_TURN: Final = 3
POSTS: Final = "looks:posts"
WORDS: Final = "looks:words"
THREADS: Final = "looks:threads"
STATUS: Final = "status:"


@dataclass(frozen=True, slots=True)
class Looks:
    """What to look at now: posts with what is known of their likes, ids of words, threads."""

    posts: tuple[KnownLikes, ...]
    words: tuple[str, ...]
    threads: tuple[KnownReplies, ...]


def next_looks(
    session: Session, program_id: int, connection: ConnectionFacts, *, tools: Tools
) -> Looks:
    """Choose what to look at, and move on to the next ones for another time."""
    connection_id = connection.connection_id

    def turn(name: str, found: Collection[str]) -> tuple[str, ...]:
        cursor = cursor_of(session, program_id, connection_id, name)
        chosen, further = take_turn(found, cursor)
        if further != cursor:
            receive_poll(
                session,
                program_id,
                connection_id,
                name=name,
                deliveries=(),
                cursor=further,
                at=tools.clock.now(),
            )
        return chosen

    posts = turn(POSTS, posts_liked(session, program_id, connection_id))
    told = words_known(session, program_id, connection_id)
    words = turn(WORDS, [each.removeprefix(STATUS) for each in told if each.startswith(STATUS)])
    known = tuple(known_likes(session, program_id, connection_id, each) for each in posts)
    below = turn(THREADS, threads_counted(session, program_id, connection_id))
    threads = tuple(known_replies(session, program_id, connection_id, each) for each in below)
    return Looks(known, words, threads)


def take_turn(found: Collection[str], cursor: str) -> tuple[tuple[str, ...], str]:
    """Choose the newest, and of the others those after `cursor`; give where to go on."""
    ordered = sorted(set(found), key=id_order, reverse=True)
    newest, others = ordered[:NEWEST], ordered[NEWEST:]
    if not others:
        return tuple(newest), ""
    after = [each for each in others if not cursor or id_order(each) < id_order(cursor)]
    turn = (after or others)[:IN_TURN]
    return (*newest, *turn), turn[-1]


def take_likers(
    session: Session,
    program_id: int,
    connection: ConnectionFacts,
    known: KnownLikes,
    *,
    now: Collection[str],
    looked_at: datetime,
    tools: Tools,
) -> int:
    """Take what a look at a post's likers says; `known` was read before the look. Say how many.

    A like that is not there any more is gone, one that was gone and is there is back; who came
    new is told by the network itself.
    """
    ids = {f"{Action.LIKE}:{actor_id}:{known.target}": actor_id for actor_id in now}
    changes = [(each, Change.GONE) for each in sorted(known.standing - set(ids))]
    changes += [(each, Change.THERE) for each in sorted(known.gone & set(ids))]
    for external_id, change in changes:
        actor_id = external_id.removeprefix(f"{Action.LIKE}:").removesuffix(f":{known.target}")
        take_engagement(
            session,
            program_id,
            connection,
            EngagementFact(
                external_id, change, Action.LIKE, known.target, Actor(actor_id), looked_at
            ),
            received_at=looked_at,
            tools=tools,
        )
    present = [
        hash_of_like(program_id, connection.connection_id, *like, keys=tools.keys)
        for like in ids.items()
    ]
    uncounted = uncount_missing(
        session,
        program_id,
        connection.connection_id,
        known,
        present=present,
        at=looked_at,
    )
    return len(changes) + uncounted


def take_thread(
    session: Session,
    program_id: int,
    connection: ConnectionFacts,
    known: KnownReplies,
    *,
    now: Collection[str],
    looked_at: datetime,
    tools: Tools,
) -> int:
    """Take back the counted replies that were deleted; `known` was read before the look."""
    connection_id = connection.connection_id
    present = [
        hash_of_reply(program_id, connection_id, f"{STATUS}{number}", keys=tools.keys)
        for number in now
    ]
    return uncount_missing_replies(
        session, program_id, connection_id, known, present=present, at=looked_at
    )
