"""The shop's own site tells visits, after consent; the card page continues them."""

from http import HTTPStatus
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, request

from app.addresses import visited_store_address
from app.api.doors import by_anyone
from app.links import LinkExpiredError, LinkPurpose
from app.schemas.visits import VisitEventIn, VisitIn, VisitOut
from app.wiring import services
from loyalty.db.session import NO_PROGRAM
from loyalty.journeys.open_visit import Arrival, open_visit
from loyalty.kernel.errors import NotFoundError
from loyalty.programs.queries import StoreAddressFacts, store_by_slug
from loyalty.visits.open import EventDraft, record_event
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("visits", __name__, url_prefix="/api/v1/visits", tag="Web")


@bp.after_request
def allow_shop_sites(response: Response) -> Response:
    """Let pages of other sites call this; no cookie is read here and none is set."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


@bp.post("")
@by_anyone(Refusal.NOT_FOUND)
@bp.input(VisitIn)
@bp.output(VisitOut, HTTPStatus.CREATED)
def create_visit(json_data: VisitIn) -> tuple[VisitOut, int]:
    """Begin or continue a visit of the shop's own site, and write down one event of it.

    Only after the visitor agreed. The visit is nobody's until the same visitor opens the card
    page through `card_url` and agrees there to link visits with the card.
    """
    parts = services()
    with parts.database.reading(NO_PROGRAM) as session:
        store = store_by_slug(session, json_data.store)
    if store is None:
        raise NotFoundError
    arrival = _arrival(json_data, store)
    with parts.database.unit_of_work(store.program_id) as session:
        visit_id = open_visit(
            session,
            store.program_id,
            store.store_id,
            arrival=arrival,
            shopper=None,
            tools=parts.tools,
        )
        if json_data.event is not None:
            draft = _event(json_data.event, visit_id)
            record_event(session, store.program_id, draft, at=parts.tools.clock.now())
    token = _signed(store, visit_id)
    address = visited_store_address(parts.settings, json_data.store, token)
    return VisitOut(visit=token, card_url=address), HTTPStatus.CREATED


def _signed(store: StoreAddressFacts, visit_id: UUID) -> str:
    payload = {
        "program_id": store.program_id,
        "store_id": str(store.store_id),
        "visit_id": str(visit_id),
    }
    return services().links.sign(LinkPurpose.VISIT, payload)


def _known_visit(token: str | None, store: StoreAddressFacts) -> UUID | None:
    """Read the visit's signed name; one that is not ours simply begins a new visit."""
    if token is None:
        return None
    try:
        payload, _signed_at = services().links.read(LinkPurpose.VISIT, token)
    except LinkExpiredError:
        return None
    ours = (payload.get("program_id"), payload.get("store_id"))
    if ours != (store.program_id, str(store.store_id)):
        return None
    return UUID(str(payload["visit_id"]))


def _arrival(visit: VisitIn, store: StoreAddressFacts) -> Arrival:
    utm = visit.utm
    return Arrival(
        referrer=visit.referrer,
        query={
            "utm_source": utm.source,
            "utm_medium": utm.medium,
            "utm_campaign": utm.campaign,
        }
        if utm
        else {},
        landing=visit.landing,
        # A step inside the shop's own site is not where the visitor came from.
        own_host=(request.headers.get("Origin") or "").partition("://")[2],
        known_visit_id=_known_visit(visit.visit, store),
        is_page=visit.event is None,
    )


def _event(event: VisitEventIn, visit_id: UUID) -> EventDraft:
    return EventDraft(
        visit_id=visit_id,
        kind=event.kind,
        detail=event.detail,
        occurred_at=event.occurred_at,
        event_id=event.event_id,
    )
