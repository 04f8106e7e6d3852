"""What was sold last: till, person, what the web had to do with it, and how we know."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import links_of_events, member_by_id, person_of_card
from loyalty.points.queries import points_of_subjects
from loyalty.programs.queries import stores_of, tills_of
from loyalty.sales.latest import LatestFacts, latest_of_stores
from loyalty.visits.queries import VisitFacts, visits_by_id


@dataclass(frozen=True, slots=True)
class LatestSale:
    """One sale and whose it is; `visit` is the web session that showed its code.

    `display_name` is none for an anonymous card, `person_id` for a sale without one.
    """

    sale: LatestFacts
    store_name: str
    till_name: str
    person_id: str | None
    display_name: str | None
    points: int
    visit: VisitFacts | None


def latest_sales(
    session: Session, program_id: int, store_ids: Collection[UUID], *, limit: int = 8
) -> tuple[LatestSale, ...]:
    """List the latest sales of some stores, newest first."""
    sales = latest_of_stores(session, program_id, store_ids, limit=limit)
    stores = {store.store_id: store.name for store in stores_of(session, program_id)}
    tills = {till.till_id: till.name for till in tills_of(session, program_id)}
    visits = _visits(session, program_id, [sale.sale_id for sale in sales])
    points = points_of_subjects(session, program_id, [f"sale:{one.sale_id}" for one in sales])
    told = []
    for sale in sales:
        person_id, name = _person(session, program_id, sale.card_id)
        told.append(
            LatestSale(
                sale=sale,
                store_name=stores[sale.store_id],
                till_name=tills[sale.till_id],
                person_id=person_id,
                display_name=name,
                points=points.get(f"sale:{sale.sale_id}", 0),
                visit=visits.get(sale.sale_id),
            )
        )
    return tuple(told)


def _person(
    session: Session, program_id: int, card_id: str | None
) -> tuple[str | None, str | None]:
    person = None if card_id is None else person_of_card(session, program_id, card_id)
    if person is None:
        return None, None
    member = person.open_member_id and member_by_id(session, program_id, person.open_member_id)
    return person.person_id, member.display_name if member else None


def _visits(
    session: Session, program_id: int, sale_ids: Collection[str]
) -> Mapping[str, VisitFacts]:
    """Find the web session linked by each sale, by the evidence that holds."""
    links = [
        link
        for link in links_of_events(session, program_id, [f"sale:{one}" for one in sale_ids])
        if link.kind == "session" and link.active and link.refused_rule is None
    ]
    ends = {link.event: link.a if link.a_kind == "session" else link.b for link in links}
    visits = visits_by_id(session, program_id, tuple(ends.values()))
    return {
        event.removeprefix("sale:"): visits[visit_id]
        for event, visit_id in ends.items()
        if visit_id in visits
    }
