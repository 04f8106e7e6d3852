"""Somebody opens the shop's page: a web session begins or goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.live import set_live_visit
from loyalty.identity.consents import WEB_VISITS, live_consent
from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.tools import Tools
from loyalty.programs.sessions import BrowserFacts, set_session_place
from loyalty.visits.open import (
    EventDraft,
    VisitDraft,
    continue_visit,
    record_event,
)
from loyalty.visits.open import open_visit as begin_visit
from loyalty.visits.rules import channel_from, landing_path

PAGE: Final = "page"


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a browser came to the page.

    `query` are the address's parameters (`utm_*` is read), `own_host` is the service's own
    name, `known_visit_id` the visit that the browser remembers or brings along from the shop's
    own site; it goes before the phone's last one. `is_page` says that this is a page being
    opened, to be counted in the visit.
    """

    referrer: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    landing: str = "/"
    own_host: str = ""
    known_visit_id: UUID | None = None
    is_page: bool = True


def open_visit(
    session: Session,
    program_id: int,
    store_id: UUID,
    *,
    arrival: Arrival,
    shopper: BrowserFacts | None,
    tools: Tools,
) -> UUID:
    """Begin a visit, or go on with the browser's last one when it is under half an hour old.

    A phone with a card whose owner consents lets its live codes speak for this visit from now
    on. Without consent they speak for none, and the visit stays nobody's.
    """
    at = tools.clock.now()
    visit_id = _visit_in_progress(session, program_id, arrival, shopper, tools=tools)
    if visit_id is None:
        channel = channel_from(arrival.referrer, arrival.query, own_host=arrival.own_host)
        begun = VisitDraft(store_id=store_id, channel=channel, landing=arrival.landing)
        visit_id = begin_visit(session, program_id, begun, at=at)
    if arrival.is_page:
        page = EventDraft(visit_id, PAGE, landing_path(arrival.landing), occurred_at=at)
        record_event(session, program_id, page, at=at)
    if shopper is not None:
        if (shopper.visit_id, shopper.store_id) != (visit_id, store_id):
            set_session_place(
                session, program_id, shopper.session_id, store_id=store_id, visit_id=visit_id
            )
        speak_for_visit(session, shopper, visit_id, tools=tools)
    return visit_id


def _visit_in_progress(
    session: Session,
    program_id: int,
    arrival: Arrival,
    shopper: BrowserFacts | None,
    *,
    tools: Tools,
) -> UUID | None:
    """Go on with the visit that the browser brings along, or else with the phone's last one."""
    at = tools.clock.now()
    for known in (arrival.known_visit_id, shopper.visit_id if shopper is not None else None):
        if known is not None and continue_visit(session, program_id, known, at=at):
            return known
    return None


def speak_for_visit(
    session: Session, shopper: BrowserFacts, visit_id: UUID, *, tools: Tools
) -> bool:
    """Let a phone's live codes speak for a visit if its owner consents; say whether they do."""
    owner = owner_of(session, shopper)
    consent = live_consent(session, owner.program_id, owner.member_ids, WEB_VISITS)
    set_live_visit(
        session,
        owner.program_id,
        owner.card_id,
        visit_id=visit_id if consent else None,
        consent_id=consent.consent_id if consent else None,
        at=tools.clock.now(),
    )
    return consent is not None
