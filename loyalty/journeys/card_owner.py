"""Whose card a shopper's phone holds; where most of the shopper's journeys begin."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.cards import card_by_id, cards_of_member
from loyalty.codes.errors import CardUnknownError
from loyalty.codes.models import Card
from loyalty.identity.queries import (
    LinkFacts,
    PersonFacts,
    links_of_person,
    member_ids_of_identifier,
    person_of_card,
)
from loyalty.identity.values import own_identifier_id
from loyalty.programs.sessions import BrowserFacts

CARRIERS: Final = frozenset({"card", "member"})


@dataclass(frozen=True, slots=True)
class CardOwner:
    """A phone's card, the membership it earns for, and the person behind both.

    `member_ids` are all memberships of the person: the open one and those joined to it.
    """

    program_id: int
    card_id: str
    card_state: str
    person: PersonFacts
    member_id: UUID
    member_ids: tuple[UUID, ...]


def owner_of(session: Session, shopper: BrowserFacts) -> CardOwner:
    """Find whose card a phone holds.

    Errors: `CardUnknownError` when the card is gone.
    """
    assert shopper.kind == "shopper", "only a shopper's phone has a card"
    return owner_of_card(session, shopper.program_id, shopper.subject)


def owner_of_card(session: Session, program_id: int, card_id: str) -> CardOwner:
    """Find whose a card is, void or not."""
    card = card_by_id(session, program_id, card_id)
    person = person_of_card(session, program_id, card_id)
    identifier_id = own_identifier_id("card", card_id)
    if card is None or person is None or identifier_id is None:
        raise CardUnknownError
    return CardOwner(
        program_id=program_id,
        card_id=card_id,
        card_state=card.state,
        person=person,
        member_id=person.open_member_id or card.member_id,
        member_ids=member_ids_of_identifier(session, program_id, identifier_id)
        or (card.member_id,),
    )


def cards_of_members(
    session: Session, program_id: int, member_ids: tuple[UUID, ...]
) -> tuple[Card, ...]:
    """List every card of a person's memberships, the oldest first, void ones too."""
    cards = [
        card for member_id in member_ids for card in cards_of_member(session, program_id, member_id)
    ]
    return tuple(sorted(cards, key=lambda card: (card.created_at, card.card_id)))


def own_links(session: Session, owner: CardOwner) -> tuple[LinkFacts, ...]:
    """List the evidence about a person that is theirs to see, take off and put back.

    Two people may have given one number, signed in on one browser: what joins it to somebody
    else's card is that other's, also after it came off.
    """
    cards = cards_of_members(session, owner.program_id, owner.member_ids)
    own = {*owner.member_ids, *(own_identifier_id("card", card.card_id) for card in cards)}
    return tuple(
        link
        for link in links_of_person(session, owner.program_id, owner.person.cluster_id)
        if _is_own(link, own)
    )


def _is_own(link: LinkFacts, own: Collection[UUID | None]) -> bool:
    ends = ((link.a_kind, link.a), (link.b_kind, link.b))
    carriers = [end for kind, end in ends if kind in CARRIERS]
    return not carriers or any(end in own for end in carriers)
