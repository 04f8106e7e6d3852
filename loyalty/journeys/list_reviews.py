"""The questions that are open about persons, with what somebody needs to answer them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import (
    LinkFacts,
    PersonFacts,
    identifiers_of_person,
    link_by_id,
    members_of_person,
    person_by_id,
)
from loyalty.identity.review import (
    ReviewEntry,
    ReviewSide,
    count_open,
    review_entry,
    review_queue,
)
from loyalty.identity.values import card_id_of
from loyalty.points.figures import points_of_members
from loyalty.sales.figures import purchases_by_card

FEW = 10


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two persons, as somebody who knows them would recognize them."""

    person_id: str
    anchor_id: UUID
    member_id: UUID | None
    display_name: str | None
    card_ids: tuple[str, ...]
    since: datetime
    points: int
    purchases: int
    last_sale_at: datetime | None


@dataclass(frozen=True, slots=True)
class Review:
    """Are these two one person? `evidence` is what makes us ask, seen `entry.times` times."""

    entry: ReviewEntry
    evidence: LinkFacts
    one: Side
    other: Side

    @property
    def stays(self) -> Side:
        """The membership that would stay: the one that has more, else the older one."""
        sides = [each for each in (self.one, self.other) if each.member_id is not None]
        return max(sides or [self.one], key=lambda each: (each.points, -each.since.timestamp()))


def list_reviews(session: Session, program_id: int, *, limit: int = FEW) -> tuple[Review, ...]:
    """List the open questions, the weightiest first; few, because nobody reads many."""
    entries = review_queue(session, program_id, limit=limit)
    return tuple(_review(session, program_id, entry) for entry in entries)


def open_reviews(session: Session, program_id: int) -> int:
    """Count the open questions; more than a few are a few."""
    return count_open(session, program_id, most=FEW)


def tell_review(session: Session, program_id: int, link_id: str) -> Review:
    """Tell one question.

    Errors: `LinkUnknownError` when it is not asked (any more).
    """
    return _review(session, program_id, review_entry(session, program_id, link_id))


def _review(session: Session, program_id: int, entry: ReviewEntry) -> Review:
    evidence = link_by_id(session, program_id, entry.link_id)
    assert evidence is not None, "a question is asked by a link"
    return Review(
        entry=entry,
        evidence=evidence,
        one=_side(session, program_id, entry.one),
        other=_side(session, program_id, entry.other),
    )


def _side(session: Session, program_id: int, side: ReviewSide) -> Side:
    person: PersonFacts | None = person_by_id(session, program_id, side.person_id)
    assert person is not None, "a question is about two persons"
    known = identifiers_of_person(session, program_id, person.cluster_id)
    members = members_of_person(session, program_id, person.cluster_id)
    stands = next((each for each in members if each.member_id == person.open_member_id), None)
    cards = tuple(card_id_of(each.identifier_id) for each in known if each.kind == "card")
    bought = purchases_by_card(session, program_id, cards).values()
    member_id = person.open_member_id
    points = points_of_members(session, program_id, [member_id]) if member_id else {}
    return Side(
        person_id=person.person_id,
        anchor_id=side.anchor_id,
        member_id=member_id,
        display_name=stands.display_name if stands else None,
        card_ids=cards,
        since=min(
            (each.joined_at for each in members),
            default=min(each.first_occurred_at for each in known),
        ),
        points=points.get(member_id, 0) if member_id else 0,
        purchases=sum(each.purchases for each in bought),
        last_sale_at=max((each.last_sold_at for each in bought), default=None),
    )
