"""Turns what journeys tell of a person into the API's messages."""

from collections.abc import Mapping
from uuid import UUID

from app.schemas.persons import (
    AccountOut,
    CardOut,
    ConsentOut,
    DelegateOut,
    ExplainStepOut,
    ExplanationOut,
    HandoffOfOrderOut,
    HappeningOut,
    IdentifierOut,
    LinkOut,
    OrderedOut,
    OrderOfPersonOut,
    PersonStoryOut,
    SaleLinkOut,
    VisitFactsOut,
)
from loyalty.identity.lookup import Whose
from loyalty.identity.queries import IdentifierFacts, LinkFacts
from loyalty.journeys.explain import Explanation
from loyalty.journeys.linked import SaleLink, session_of
from loyalty.journeys.member_orders import OrderStory
from loyalty.journeys.tell_person import PersonStory
from loyalty.journeys.timeline import Happening, end_of_order
from loyalty.visits.queries import VisitFacts

Whom = Mapping[UUID, Whose]


def _person_id(whose: Whom, identifier_id: UUID | None) -> str | None:
    """Say whose an identifier is at the time of asking."""
    found = None if identifier_id is None else whose.get(identifier_id)
    return found.person_id if found else None


def story_out(story: PersonStory) -> PersonStoryOut:
    """Tell a person's whole story."""
    return PersonStoryOut(
        person_id=story.person_id,
        display_name=story.display_name,
        member_since=story.questions.known.member_since,
        points=story.points,
        debt=story.debt,
        identifiers=[identifier_out(one) for one in story.identifiers],
        cards=[
            CardOut(card_id=one.card_id, kind=one.kind, state=one.state, created_at=one.created_at)
            for one in story.carriers
        ],
        links=[link_out(one, story.whose) for one in story.links],
        sale_links=[_sale_link_out(one, story.whose) for one in story.sale_links],
        consents=[
            ConsentOut(
                purpose=one.purpose,
                given_at=one.given_at,
                refused_at=one.refused_at,
                withdrawn_at=one.withdrawn_at,
            )
            for one in story.consents
        ],
        orders=[_order_out(one, story.whose) for one in story.orders],
        accounts=[
            AccountOut(
                network=one.network,
                account=one.display,
                url=one.url,
                proved_by=one.proved_by,
                since=one.linked_at,
            )
            for one in story.accounts
        ],
        timeline=[_happening_out(one, story.whose) for one in story.timeline],
    )


def _order_out(one: OrderStory, whose: Whom) -> OrderOfPersonOut:
    order, origin = one.told.order, one.told.origin
    end = end_of_order(order)
    return OrderOfPersonOut(
        order_id=order.order_id,
        identifier_id=end,
        person_id=_person_id(whose, end),
        number=order.number,
        state=one.told.state,
        placed_at=order.placed_at,
        slot_starts_at=order.slot_starts_at,
        total_minor=order.total_minor,
        currency=order.currency,
        contact_name=order.contact_name,
        contact_email=order.contact_email,
        contact_phone=order.contact_phone,
        note=order.note,
        channel=origin.channel if origin else None,
        lines=[
            OrderedOut(
                name=line.name,
                unit=line.unit,
                ordered_milli=line.ordered_milli,
                price_minor=line.price_minor,
            )
            for line in one.lines
        ],
        delegates=[DelegateOut(name=by.name, revoked_at=by.revoked_at) for by in one.delegates],
        handoffs=[
            HandoffOfOrderOut(handed_at=given.handed_at, proof=given.proof, sale_id=given.sale_id)
            for given in one.handoffs
        ],
    )


def explanation_out(explanation: Explanation) -> ExplanationOut:
    """Tell why an identifier belongs to a person; all on the way are that person's."""
    ends = [explanation.start, *(step.leads_to for step in explanation.steps)]
    person_id = explanation.person_id
    whose = {one.identifier_id: Whose(one.identifier_id, one.kind, person_id) for one in ends}
    return ExplanationOut(
        person_id=explanation.person_id,
        start=identifier_out(explanation.start),
        steps=[
            ExplainStepOut(
                link=link_out(step.link, whose),
                leads_to=identifier_out(step.leads_to),
                alone_without=list(step.alone_without),
            )
            for step in explanation.steps
        ],
        left_out=explanation.left_out,
    )


def identifier_out(identifier: IdentifierFacts) -> IdentifierOut:
    """Tell an identifier."""
    return IdentifierOut(
        identifier_id=identifier.identifier_id,
        kind=identifier.kind,
        value=identifier.value,
        since=identifier.first_occurred_at,
    )


def link_out(link: LinkFacts, whose: Whom) -> LinkOut:
    """Tell a piece of evidence."""
    return LinkOut(
        link_id=link.link_id,
        a=link.a,
        a_person_id=_person_id(whose, link.a),
        b=link.b,
        b_person_id=_person_id(whose, link.b),
        kind=link.kind,
        strength=link.strength,
        basis=link.basis,
        event=link.event,
        actor=link.actor,
        occurred_at=link.occurred_at,
        recorded_at=link.recorded_at,
        active=link.active,
        refused_rule=link.refused_rule,
        retracted_at=link.retracted_at,
        retracted_by=link.retracted_by,
        retracted_reason=link.retracted_reason,
    )


def _sale_link_out(one: SaleLink, whose: Whom) -> SaleLinkOut:
    end = session_of(one.link)
    return SaleLinkOut(
        link_id=one.link.link_id,
        identifier_id=end,
        person_id=_person_id(whose, end),
        sale_id=one.sale_id,
        sold_at=one.sold_at,
        scanned_at=one.scanned_at,
        till_name=one.till_name,
        store_name=one.store_name,
        visit=_visit_out(one.visit) if one.visit else None,
        consent_given_at=one.consent_given_at,
    )


def _visit_out(visit: VisitFacts) -> VisitFactsOut:
    return VisitFactsOut(
        visit_id=visit.visit_id,
        started_at=visit.started_at,
        channel=visit.channel,
        source=visit.source,
        medium=visit.medium,
        campaign=visit.campaign,
        landing=visit.landing,
    )


def _happening_out(one: Happening, whose: Whom) -> HappeningOut:
    row = one.row
    end = None if one.identifier_id is None else whose.get(one.identifier_id)
    return HappeningOut(
        kind=one.kind,
        at=one.at,
        identifier_id=one.identifier_id,
        identifier_kind=end.kind if end else None,
        person_id=end.person_id if end else None,
        points=row.points if row else None,
        total_minor=row.total_minor if row else None,
        currency=row.currency if row else None,
        sale_id=row.sale_id if row else None,
        link_id=one.link.link_id if one.link else None,
        facts=dict(one.facts),
    )
