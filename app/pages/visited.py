"""The visit a page is opened in: a row of the server's, which travels signed in forms and links."""

from urllib.parse import urlsplit
from uuid import UUID

from flask import request

from app.auth import ShopperPrincipal, shopper
from app.links import LinkExpiredError, LinkPurpose
from app.wiring import services
from loyalty.journeys.open_visit import Arrival, open_visit
from loyalty.kernel.errors import StorageUnavailableError
from loyalty.programs.queries import StoreFacts


def phone_here(store: StoreFacts) -> ShopperPrincipal | None:
    """Say which phone asks, if it holds a card of this store's program."""
    found = shopper()
    return found if found and found.program_id == store.program_id else None


def begin_visit(store: StoreFacts, mine: ShopperPrincipal | None) -> str:
    """Write the visit down and sign its name.

    "" when the database cannot be written to just now: the shop has its page all the same.
    """
    parts = services()
    arrival = Arrival(
        referrer=request.referrer,
        query=request.args.to_dict(),
        landing=request.path,
        own_host=urlsplit(parts.settings.base_url).hostname or "",
    )
    try:
        with parts.database.unit_of_work(store.program_id) as session:
            visit_id = open_visit(
                session,
                store.program_id,
                store.store_id,
                arrival=arrival,
                shopper=mine.browser if mine else None,
                tools=parts.tools,
            )
    except StorageUnavailableError:
        return ""
    payload = {"program_id": store.program_id, "visit_id": str(visit_id)}
    return parts.links.sign(LinkPurpose.VISIT, payload)


def visit_of(store: StoreFacts, token: str) -> UUID | None:
    """Read the visit that a page was opened in; one that is too old counts for nothing."""
    try:
        payload, _ = services().links.read(LinkPurpose.VISIT, token)
    except LinkExpiredError:
        return None
    return UUID(str(payload["visit_id"])) if payload["program_id"] == store.program_id else None
