"""The owner looks for somebody, or sees who joined last."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from loyalty.codes.printed import cards_by_letters
from loyalty.identity.queries import (
    PersonFacts,
    identifiers_of_person,
    members_of_person,
    person_of_card,
)
from loyalty.identity.search import find_clusters
from loyalty.identity.values import card_id_of
from loyalty.journeys.contract_links import number_for
from loyalty.journeys.linked import masked_email, masked_phone
from loyalty.points.figures import points_of_members
from loyalty.programs.queries import stores_of
from loyalty.sales.figures import purchases_by_card

FOUND_MOST = 50
LETTERS_LEAST = 4
DIGITS_LEAST = 6
HEX_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class PersonFound:
    """One row of the list of persons; addresses and numbers are masked."""

    person_id: str
    display_name: str | None
    member_since: datetime
    points: int
    purchases: int
    last_sale_at: datetime | None
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    card_ids: tuple[str, ...]
    visits: int


def find_persons(
    session: Session, program_id: int, query: str = "", *, limit: int = FOUND_MOST
) -> tuple[PersonFound, ...]:
    """Find persons by name, the beginning of an address, card or person id; "" lists the newest.

    A card is found by four letters or more of its id: that many are printed on it. A phone number
    is found whole, however it is written, as one of the countries the shop is in.
    """
    numbers = _numbers(session, program_id, query)
    persons = {
        person.cluster_id: person
        for person in (
            *_by_letters(session, program_id, query, limit=limit),
            *find_clusters(session, program_id, query, numbers=numbers, limit=limit),
        )
    }
    return tuple(_found(session, program_id, person) for person in list(persons.values())[:limit])


def _numbers(session: Session, program_id: int, query: str) -> frozenset[str]:
    """Read what was typed as a phone number, wherever the shop has a store."""
    if sum(letter.isdecimal() for letter in query) < DIGITS_LEAST:
        return frozenset()
    countries = {store.country for store in stores_of(session, program_id)}
    read = (number_for(query, country=country) for country in countries)
    return frozenset(number for number in read if number is not None)


def _by_letters(
    session: Session, program_id: int, query: str, *, limit: int
) -> tuple[PersonFacts, ...]:
    letters = "".join(query.split()).lower()
    if len(letters) < LETTERS_LEAST or not set(letters) <= HEX_DIGITS:
        return ()
    cards = cards_by_letters(session, program_id, letters, limit=limit)
    persons = (person_of_card(session, program_id, card_id) for card_id in cards)
    return tuple(person for person in persons if person is not None and person.open_member_id)


def _found(session: Session, program_id: int, person: PersonFacts) -> PersonFound:
    identifiers = identifiers_of_person(session, program_id, person.cluster_id)
    members = members_of_person(session, program_id, person.cluster_id)
    card_ids = tuple(card_id_of(e.identifier_id) for e in identifiers if e.kind == "card")
    by_card = purchases_by_card(session, program_id, card_ids).values()
    stands = next((m for m in members if m.member_id == person.open_member_id), members[0])
    return PersonFound(
        person_id=person.person_id,
        display_name=stands.display_name,
        member_since=members[0].joined_at,
        points=points_of_members(session, program_id, [stands.member_id]).get(stands.member_id, 0),
        purchases=sum(each.purchases for each in by_card),
        last_sale_at=max((each.last_sold_at for each in by_card), default=None),
        emails=tuple(
            masked_email(each.value) for each in identifiers if each.kind == "email" and each.value
        ),
        phones=tuple(
            masked_phone(each.value) for each in identifiers if each.kind == "phone" and each.value
        ),
        card_ids=card_ids,
        visits=sum(each.kind == "session" for each in identifiers),
    )
