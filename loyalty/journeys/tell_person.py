"""One person's whole story on one page: four questions, what happened, and why it is one person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.consents import ConsentFacts
from loyalty.identity.looks import LookFacts, looks_at
from loyalty.identity.lookup import Whose, whose_are
from loyalty.identity.queries import (
    IdentifierFacts,
    LinkFacts,
    MemberFacts,
    former_person_ids,
    links_of_person,
    members_of_person,
    person_by_id,
)
from loyalty.journeys.block_value import blocked_beside
from loyalty.journeys.card_owner import cards_of_members
from loyalty.journeys.card_view import CarrierFacts, carriers_of
from loyalty.journeys.linked import SaleLink
from loyalty.journeys.member_orders import OrderStory, tell_orders
from loyalty.journeys.questions import FourQuestions, at_counter, four_questions
from loyalty.journeys.timeline import Happening, Sources, read_sources, timeline_of
from loyalty.kernel.errors import NotFoundError
from loyalty.points.queries import balance_of, wallet_of_member
from loyalty.social.accounts import AccountFacts, accounts_by_id
from loyalty.visits.queries import NoteFacts


@dataclass(frozen=True, slots=True)
class PersonStory:
    """Everything a shop may know of one person, and the reason for each part.

    `whose` says of everything an event came with, or evidence speaks of, whose it is now: what was
    taken off is somebody else's. `blocked` are values they were seen with that staff let join
    nobody. What was erased is not in it.
    """

    person_id: str
    display_name: str | None
    points: int
    debt: int
    wallet_id: UUID | None
    members: tuple[MemberFacts, ...]
    open_member_id: UUID | None
    questions: FourQuestions
    counter_questions: FourQuestions
    timeline: tuple[Happening, ...]
    identifiers: tuple[IdentifierFacts, ...]
    blocked: tuple[IdentifierFacts, ...]
    links: tuple[LinkFacts, ...]
    sale_links: tuple[SaleLink, ...]
    carriers: tuple[CarrierFacts, ...]
    consents: tuple[ConsentFacts, ...]
    notes: tuple[NoteFacts, ...]
    orders: tuple[OrderStory, ...]
    accounts: tuple[AccountFacts, ...]
    looks: tuple[LookFacts, ...]
    whose: Mapping[UUID, Whose]


def tell_person(session: Session, program_id: int, person_id: str) -> PersonStory:
    """Tell a person's story by a public id, also by one they had before.

    Errors: `NotFoundError`.
    """
    person = person_by_id(session, program_id, person_id)
    if person is None:
        raise NotFoundError
    members = members_of_person(session, program_id, person.cluster_id)
    member_ids = tuple(each.member_id for each in members)
    cards = cards_of_members(session, program_id, member_ids)
    links = links_of_person(session, program_id, person.cluster_id)
    open_member = next((m for m in members if m.member_id == person.open_member_id), None)
    wallet_id = (
        wallet_of_member(session, program_id, open_member.member_id) if open_member else None
    )
    balance = balance_of(session, program_id, wallet_id) if wallet_id else None
    sources = read_sources(
        session, program_id, person=person, member_ids=member_ids, cards=cards, links=links
    )
    timeline = timeline_of(sources)
    answer = partial(
        four_questions,
        members=members,
        first_known_at=sources.identifiers[0].first_occurred_at,
        time_zone=sources.time_zone,
    )
    social_ids = [one.identifier_id for one in sources.identifiers if one.kind == "social"]
    accounts = accounts_by_id(session, program_id, social_ids) if social_ids else {}
    return PersonStory(
        person_id=person.person_id,
        display_name=open_member.display_name if open_member else None,
        points=balance.points if balance else 0,
        debt=balance.debt if balance else 0,
        wallet_id=wallet_id,
        members=members,
        open_member_id=person.open_member_id,
        questions=answer(timeline),
        counter_questions=answer(at_counter(timeline)),
        timeline=timeline,
        identifiers=sources.identifiers,
        blocked=blocked_beside(
            session, program_id, links, {one.identifier_id for one in sources.identifiers}
        ),
        links=links,
        sale_links=sources.sale_links,
        carriers=carriers_of(cards),
        consents=sources.consents,
        notes=sources.notes,
        orders=tell_orders(session, program_id, sources.orders),
        looks=looks_at(
            session,
            program_id,
            [person.person_id, *former_person_ids(session, program_id, person.cluster_id)],
        ),
        accounts=tuple(sorted(accounts.values(), key=lambda one: one.linked_at)),
        whose=_whose(session, program_id, person.person_id, sources=sources, timeline=timeline),
    )


def _whose(
    session: Session,
    program_id: int,
    person_id: str,
    *,
    sources: Sources,
    timeline: Iterable[Happening],
) -> dict[UUID, Whose]:
    """Look up whose everything is that is told of; this person's own need no look."""
    told = {each.identifier_id for each in timeline if each.identifier_id is not None}
    told.update(end for link in sources.links for end in (link.a, link.b))
    own = {one.identifier_id: one for one in sources.identifiers}
    others = whose_are(session, program_id, told - own.keys())
    return others | {
        one.identifier_id: Whose(one.identifier_id, one.kind, person_id) for one in own.values()
    }
