"""Somebody likes a post of the shop: it goes to the person who linked that account, or is counted.

Who has not linked is a number; what is kept of them is a keyed hash for two weeks.
"""

from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.connectors.base import Actor, EngagementFact
from loyalty.identity.consents import consent_is_live
from loyalty.identity.identifiers import find_identifier
from loyalty.identity.queries import links_at
from loyalty.journeys.tools import Tools
from loyalty.kernel.clock import Clock
from loyalty.social.connect import ConnectionFacts
from loyalty.social.count import count_engagement, uncount_all
from loyalty.social.engage import Told, end_engagements, keep_engagement
from loyalty.social.posts import keep_post
from loyalty.social.queries import PostFacts

TakenAs = Literal["person", "count", "nothing"]
KIND = "social"


def account_value(network: str, actor_id: str) -> str:
    """Give the value of an account's identifier."""
    return f"{network}:{actor_id}"


def take_engagement(
    session: Session,
    program_id: int,
    connection: ConnectionFacts,
    fact: EngagementFact,
    *,
    received_at: datetime,
    tools: Tools,
    looked_at: datetime | None = None,
) -> TakenAs:
    """Take one thing a network told; say whether a person, a count or nothing changed.

    `looked_at` is when we saw it ourselves, where we did.
    """
    told = replace(_told(connection, fact, clock=tools.clock), looked_at=looked_at)
    if fact.post is not None:
        post = PostFacts(told.target, fact.post.words, fact.post.url, received_at)
        keep_post(session, program_id, connection.connection_id, post)
    if fact.actor is None:
        return _looked_ourselves(session, program_id, told, received_at=received_at, tools=tools)
    value = account_value(connection.network, fact.actor.actor_id)
    identifier_id = find_identifier(session, program_id, KIND, value, keys=tools.keys)
    if identifier_id is not None and is_linked(session, program_id, identifier_id, lock=True):
        changed = keep_engagement(session, program_id, identifier_id, told, received_at=received_at)
        if told.state == "gone":
            # It may have been counted before the account was linked.
            _count(session, program_id, told, fact.actor, received_at=received_at, tools=tools)
        return "person" if changed else "nothing"
    if identifier_id is not None and told.state == "gone":
        ended = end_engagements(
            session, program_id, told, received_at=received_at, identifier_id=identifier_id
        )
        if ended:
            return "person"
    counted = _count(session, program_id, told, fact.actor, received_at=received_at, tools=tools)
    return "count" if counted else "nothing"


def is_linked(
    session: Session, program_id: int, identifier_id: UUID, *, lock: bool = False
) -> bool:
    """Say whether an account is somebody's, by a link that holds and a consent that lives.

    `lock` keeps the consent from being withdrawn until the act is done.
    """
    return any(
        link.active
        and link.refused_rule is None
        and link.consent_id is not None
        and consent_is_live(session, program_id, link.consent_id, lock=lock)
        for link in links_at(session, program_id, identifier_id, kind=KIND)
    )


def _told(connection: ConnectionFacts, fact: EngagementFact, *, clock: Clock) -> Told:
    at = fact.at
    if at is not None and at > clock.now():
        at = clock.now()  # a server may lie about the time; nothing happens tomorrow
    return Told(
        connection_id=connection.connection_id,
        external_id=fact.external_id,
        state="there" if fact.change == "there" else "gone",
        action=str(fact.action) if fact.action else "",
        target=fact.target,
        at=at,
        text=fact.text,
        url=fact.url,
    )


def _looked_ourselves(
    session: Session, program_id: int, told: Told, *, received_at: datetime, tools: Tools
) -> TakenAs:
    """Take back what is gone whoever did it; only we can tell that, by looking."""
    if told.state != "gone":
        return "nothing"
    ended = end_engagements(session, program_id, told, received_at=received_at)
    uncounted = uncount_all(session, program_id, told, at=received_at, keys=tools.keys)
    if ended:
        return "person"
    return "count" if uncounted else "nothing"


def _count(
    session: Session,
    program_id: int,
    told: Told,
    actor: Actor,
    *,
    received_at: datetime,
    tools: Tools,
) -> bool:
    return count_engagement(
        session,
        program_id,
        told,
        actor_id=actor.actor_id,
        received_at=received_at,
        keys=tools.keys,
    )
