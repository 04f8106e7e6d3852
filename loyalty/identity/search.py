"""Find persons by what somebody types: a name, an address, a number of card or person."""

import unicodedata
from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.identity.models import Cluster, Identifier, Member, PersonalData
from loyalty.identity.queries import PersonFacts
from loyalty.identity.values import own_identifier_id

CARD_ID_LENGTH: Final = 16
PERSON_ID_LEAST: Final = 4


def folded(text: str) -> str:
    """Fold case and accents away, so that "lucia" finds Lucía."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each)).strip()


def find_clusters(
    session: Session, program_id: int, text: str, *, numbers: Collection[str] = (), limit: int
) -> tuple[PersonFacts, ...]:
    """Find persons with a membership; with nothing typed, those who joined last.

    `numbers` are what the text is when it is read as a phone number, in E.164.
    """
    wanted = folded(text)
    if not wanted:
        newest = (
            select(Member.member_id)
            .where(Member.program_id == program_id)
            .order_by(Member.joined_at.desc(), Member.member_id.desc())
            .limit(limit * 2)
        )
        return _persons(session, program_id, list(session.execute(newest).scalars()), limit=limit)
    found = [
        *_by_name(session, program_id, wanted),
        *_by_address(session, program_id, wanted),
        *_by_number(session, program_id, numbers),
        *_by_card(wanted),
    ]
    persons = list(_persons(session, program_id, found, limit=limit))
    if len(wanted) >= PERSON_ID_LEAST:
        known = {person.cluster_id for person in persons}
        by_id = _by_person_id(session, program_id, wanted, limit=limit)
        persons += [person for person in by_id if person.cluster_id not in known]
    return tuple(persons[:limit])


def _by_name(session: Session, program_id: int, wanted: str) -> list[UUID]:
    """Compare here and not in SQL: neither database folds accents by itself."""
    named = session.execute(
        select(Member.member_id, Member.display_name).where(
            Member.program_id == program_id, Member.display_name.is_not(None)
        )
    )
    return [row.member_id for row in named if wanted in folded(row.display_name)]


def _by_address(session: Session, program_id: int, wanted: str) -> list[UUID]:
    """Find addresses and accounts by their beginning; a number is never found by a part of it."""
    rows = session.execute(
        select(PersonalData.identifier_id)
        .join(
            Identifier,
            (Identifier.program_id == PersonalData.program_id)
            & (Identifier.identifier_id == PersonalData.identifier_id),
        )
        .where(
            PersonalData.program_id == program_id,
            PersonalData.value.startswith(wanted, autoescape=True),
            Identifier.kind != "phone",
        )
    )
    return list(rows.scalars())


def _by_number(session: Session, program_id: int, numbers: Collection[str]) -> list[UUID]:
    if not numbers:
        return []
    rows = session.execute(
        select(PersonalData.identifier_id).where(
            PersonalData.program_id == program_id, PersonalData.value.in_(numbers)
        )
    )
    return list(rows.scalars())


def _by_card(wanted: str) -> list[UUID]:
    letters = wanted.replace(" ", "").replace("-", "")
    if len(letters) != CARD_ID_LENGTH or not set(letters) <= set("0123456789abcdef"):
        return []
    identifier_id = own_identifier_id("card", letters)
    return [] if identifier_id is None else [identifier_id]


def _by_person_id(
    session: Session, program_id: int, wanted: str, *, limit: int
) -> tuple[PersonFacts, ...]:
    rows = session.execute(
        select(Cluster.person_id, Cluster.cluster_id, Cluster.size, Cluster.open_member_id)
        .where(
            Cluster.program_id == program_id,
            Cluster.person_id.startswith(wanted, autoescape=True),
            Cluster.open_member_id.is_not(None),
        )
        .limit(limit)
    )
    return tuple(PersonFacts(*row) for row in rows)


def _persons(
    session: Session, program_id: int, identifier_ids: list[UUID], *, limit: int
) -> tuple[PersonFacts, ...]:
    """Give the persons of some identifiers, each once, in the order of the identifiers."""
    rows = session.execute(
        select(
            Identifier.identifier_id,
            Cluster.person_id,
            Cluster.cluster_id,
            Cluster.size,
            Cluster.open_member_id,
        )
        .join(
            Cluster,
            (Cluster.program_id == Identifier.program_id)
            & (Cluster.cluster_id == Identifier.cluster_id),
        )
        .where(
            Identifier.program_id == program_id,
            Identifier.identifier_id.in_(identifier_ids),
            Cluster.open_member_id.is_not(None),
        )
    )
    place = {identifier_id: turn for turn, identifier_id in enumerate(identifier_ids)}
    found: dict[UUID, PersonFacts] = {}
    for row in sorted(rows, key=lambda row: place[row.identifier_id]):
        found.setdefault(row.cluster_id, PersonFacts(*row[1:]))
    return tuple(found.values())[:limit]
