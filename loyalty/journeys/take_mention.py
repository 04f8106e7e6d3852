"""Somebody says that a page of theirs links to one of the shop's: kept, to be looked at soon."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.connectors.webmention import NETWORK, Mention, taken
from loyalty.inbox.process import number_waiting
from loyalty.inbox.receive import receive_again
from loyalty.journeys.take_delivery import place_of
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.programs.queries import store_by_id
from loyalty.social.connect import connection_by_id

# More than so many pages nobody reads in an hour; who floods a shop is asked to come later.
WAITING_MAX: Final = 500


def take_mention(
    session: Session,
    program_id: int,
    connection_id: UUID,
    mention: Mention,
    *,
    own_page: Callable[[str], str],
    tools: Tools,
) -> bool:
    """Keep a mention; told again it is looked at again. False when too many wait already.

    `own_page` gives the address of a store's page here, by its slug: it is the shop's as well.
    Errors: `NotFoundError`, `MentionInvalidError`.
    """
    connection = connection_by_id(session, program_id, connection_id)
    if connection.network != NETWORK or connection.state != "live":
        raise NotFoundError
    store = store_by_id(session, program_id, connection.store_id)
    pages = frozenset({own_page(store.slug)}) if store else frozenset[str]()
    delivery = taken(mention, replace(place_of(connection), pages=pages))
    if number_waiting(session, program_id, connection_id) >= WAITING_MAX:
        return False
    receive_again(
        session,
        program_id,
        connection_id,
        key=delivery.key,
        raw=delivery.raw,
        at=tools.clock.now(),
    )
    return True
