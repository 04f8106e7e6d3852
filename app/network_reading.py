"""Read what networks sent: what stands in the inbox, and the pages that webmentions speak of.

Nothing is fetched inside a unit of work. What only has to be read never waits behind a page that
somebody lets drip.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from app.guarded_fetch import AddressRefusedError, fetch
from app.wiring import Services
from loyalty.connectors.errors import NetworkTroubleError
from loyalty.connectors.webmention import NETWORK as WEBMENTION
from loyalty.connectors.webmention import ask_source, mention_of, with_page
from loyalty.inbox.process import DeliveryFacts, claim_deliveries
from loyalty.inbox.rules import CLAIM_SIZE
from loyalty.journeys.take_delivery import FINAL, fail_delivery, take_delivery
from loyalty.kernel.errors import StorageUnavailableError
from loyalty.social.connect import connections_of

log = logging.getLogger("enlaza.networks")

FETCHERS: Final = 2
FETCHES_AT_ONCE: Final = 5
Stop = Callable[[], bool]
_fetching: Final = threading.BoundedSemaphore(FETCHERS)


def never() -> bool:
    """Say that there is time."""
    return False


def read_inbox(parts: Services, program_id: int, *, is_over: Stop = never) -> None:
    """Read what waits in a program's inbox and needs no fetching."""
    for delivery in _taken(parts, program_id, fetched=False, is_over=is_over):
        with (
            _spared(parts, program_id, delivery),
            parts.database.unit_of_work(program_id) as session,
        ):
            take_delivery(session, program_id, delivery, tools=parts.tools)


def read_pages(parts: Services, program_id: int, *, is_over: Stop = never) -> None:
    """Fetch the pages that a program's webmentions speak of, and read them.

    Two readers at a time in a process: whoever sends many slow ones delays webmentions only.
    """
    if not _fetching.acquire(blocking=False):
        return  # the watch comes round again soon
    try:
        for delivery in _taken(parts, program_id, fetched=True, is_over=is_over):
            with _spared(parts, program_id, delivery):
                _read_page(parts, program_id, delivery)
    finally:
        _fetching.release()


def _taken(
    parts: Services, program_id: int, *, fetched: bool, is_over: Stop
) -> Iterator[DeliveryFacts]:
    while True:
        with parts.database.unit_of_work(program_id) as session:
            wanted = [
                each.connection_id
                for each in connections_of(session, program_id)
                if (each.network == WEBMENTION) == fetched
            ]
            limit = FETCHES_AT_ONCE if fetched else CLAIM_SIZE
            taken = (
                claim_deliveries(
                    session,
                    program_id,
                    at=parts.tools.clock.now(),
                    connection_ids=wanted,
                    limit=limit,
                )
                if wanted
                else ()
            )
        for delivery in taken:
            if is_over():
                return  # its claim ends by itself
            yield delivery
        if len(taken) < limit:
            return


@contextmanager
def _spared(parts: Services, program_id: int, delivery: DeliveryFacts) -> Iterator[None]:
    """Set aside what breaks its reader, in time: it must not hold up those behind it."""
    try:
        yield
    except StorageUnavailableError:
        raise
    except Exception:
        log.exception("a delivery broke its reader")
        trouble = NetworkTroubleError(reason="not_understood")
        with parts.database.unit_of_work(program_id) as session:
            fail_delivery(session, program_id, delivery, trouble, tools=parts.tools)


def _read_page(parts: Services, program_id: int, delivery: DeliveryFacts) -> None:
    try:
        answer = fetch(ask_source(mention_of(delivery.raw)), guard=parts.guard)
    except (NetworkTroubleError, AddressRefusedError) as trouble:
        is_final = isinstance(trouble, AddressRefusedError) or trouble.facts.get("reason") in FINAL
        with parts.database.unit_of_work(program_id) as session:
            fail_delivery(
                session, program_id, delivery, trouble, tools=parts.tools, is_final=is_final
            )
        return
    with parts.database.unit_of_work(program_id) as session:
        take_delivery(
            session,
            program_id,
            delivery,
            read=with_page(delivery.raw, answer),
            tools=parts.tools,
        )
