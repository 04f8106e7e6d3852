"""A delivery is understood: its facts are taken, or it waits, or it is set aside."""

from typing import Final

from sqlalchemy.orm import Session

from loyalty.connectors.base import EngagementFact, Place, Polled, connector_of
from loyalty.connectors.errors import NetworkTroubleError
from loyalty.inbox.process import DeliveryFacts, mark_failed, mark_understood
from loyalty.inbox.receive import receive_poll
from loyalty.journeys.take_engagement import take_engagement
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import LoyaltyError
from loyalty.social.connect import ConnectionFacts, connection_by_id, note_newest, note_poll

NOTIFICATIONS: Final = "notifications"
# What a parser fed by strangers may stumble over; the delivery is tried again and set aside.
STUMBLES: Final = (LookupError, TypeError, ValueError, AttributeError)
# What is so of a page now will be so in a minute: nobody asks again.
FINAL: Final = frozenset({"not_understood", "too_big", "too_many_redirects"})


def place_of(connection: ConnectionFacts) -> Place:
    """Give what a connector must know of a connection."""
    if connection.network != "webmention":
        return Place(connection.base_url, connection.account_number)
    bare = connection.account.removeprefix("www.")
    return Place(connection.base_url, hosts=frozenset({bare, f"www.{bare}"}))


def keep_polled(
    session: Session, program_id: int, connection: ConnectionFacts, polled: Polled, *, tools: Tools
) -> int:
    """Keep a page of notifications with how far it came; say how many were new."""
    at = tools.clock.now()
    new = receive_poll(
        session,
        program_id,
        connection.connection_id,
        name=NOTIFICATIONS,
        deliveries=[(each.key, each.raw) for each in polled.deliveries],
        cursor=polled.cursor,
        at=at,
    )
    note_poll(session, program_id, connection.connection_id, at=at, wait_s=polled.wait_s)
    return new


def take_delivery(
    session: Session,
    program_id: int,
    delivery: DeliveryFacts,
    *,
    read: bytes | None = None,
    tools: Tools,
) -> bool:
    """Read a delivery and take what it says; False when it could not be understood now.

    `read` is the delivery together with what had to be fetched for it, when it was.
    """
    at = tools.clock.now()
    connection = connection_by_id(session, program_id, delivery.connection_id)
    try:
        facts = _facts(connection, delivery.raw if read is None else read)
    except NetworkTroubleError as trouble:
        # A page is what it is; somebody who mends it tells again.
        is_final = read is not None and trouble.facts.get("reason") in FINAL
        fail_delivery(session, program_id, delivery, trouble, tools=tools, is_final=is_final)
        return False
    if not mark_understood(session, program_id, delivery, at=at):
        return False  # sent again meanwhile: the newer one is read
    # What was fetched is so now, whatever moment it gives.
    looked_at = None if read is None else at
    for fact in facts:
        take_engagement(
            session,
            program_id,
            connection,
            fact,
            received_at=looked_at or delivery.received_at,
            looked_at=looked_at,
            tools=tools,
        )
        if fact.at is not None and connection.network != "webmention":
            note_newest(
                session, program_id, connection.connection_id, newest_at=min(fact.at, at), at=at
            )
    return True


def fail_delivery(
    session: Session,
    program_id: int,
    delivery: DeliveryFacts,
    trouble: LoyaltyError,
    *,
    tools: Tools,
    is_final: bool = False,
) -> bool:
    """Keep why a delivery could not be read; False when it is set aside for good."""
    wait = trouble.facts.get("retry_after_s")
    return mark_failed(
        session,
        program_id,
        delivery,
        problem=str(trouble.facts.get("reason", "")),
        at=tools.clock.now(),
        wait_s=wait if isinstance(wait, int) else 0,
        is_final=is_final,
    )


def _facts(connection: ConnectionFacts, raw: bytes) -> tuple[EngagementFact, ...]:
    try:
        return connector_of(connection.network).parse(raw, place_of(connection))
    except STUMBLES as error:
        raise NetworkTroubleError(reason="not_understood") from error
