"""Read persons: whose an identifier is, who a person is, and what holds them together."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.identity.facts import (
    IdentifierFacts,
    LinkFacts,
    MemberFacts,
    NamedPerson,
    PersonFacts,
)
from loyalty.identity.models import (
    Cluster,
    Identifier,
    Link,
    Member,
    PersonalData,
    PersonAlias,
)
from loyalty.identity.values import own_identifier_id

# What the questions below answer with comes from here, too.
__all__ = ["IdentifierFacts", "LinkFacts", "MemberFacts", "NamedPerson", "PersonFacts"]

T = TypeVar("T")
_AT_ONCE: Final = 16
_PART: Final = tuple(f"part{turn}" for turn in range(_AT_ONCE))
IDENTIFIER: Final = table_of(Identifier)
CLUSTER: Final = table_of(Cluster)
MEMBER: Final = table_of(Member)
_PERSON_OF_IDENTIFIER: Final = Prepared(
    select(CLUSTER.c.person_id, CLUSTER.c.cluster_id, CLUSTER.c.size, CLUSTER.c.open_member_id)
    .join(
        IDENTIFIER,
        (IDENTIFIER.c.program_id == CLUSTER.c.program_id)
        & (IDENTIFIER.c.cluster_id == CLUSTER.c.cluster_id),
    )
    .where(
        IDENTIFIER.c.program_id == bindparam("program"),
        IDENTIFIER.c.identifier_id == bindparam("identifier"),
    )
)

# In the order of `NamedPerson`, of the `identifier` of a `program`; for statements that add to it.
NAMED_PERSON: Final = (
    select(CLUSTER.c.person_id, CLUSTER.c.open_member_id, MEMBER.c.display_name, MEMBER.c.joined_at)
    .select_from(IDENTIFIER)
    .join(
        CLUSTER,
        (CLUSTER.c.program_id == IDENTIFIER.c.program_id)
        & (CLUSTER.c.cluster_id == IDENTIFIER.c.cluster_id),
    )
    .join(
        MEMBER,
        (MEMBER.c.program_id == CLUSTER.c.program_id)
        & (MEMBER.c.member_id == CLUSTER.c.open_member_id),
    )
    .where(
        IDENTIFIER.c.program_id == bindparam("program"),
        IDENTIFIER.c.identifier_id == bindparam("identifier"),
    )
)
_NAMED_PERSON: Final = Prepared(NAMED_PERSON)


def _persons() -> Select[str, UUID, int, UUID | None]:
    return select(Cluster.person_id, Cluster.cluster_id, Cluster.size, Cluster.open_member_id)


def person_of_identifier(
    session: Session, program_id: int, identifier_id: UUID
) -> PersonFacts | None:
    """Find whose an identifier is: two probes, never a chain."""
    row = _PERSON_OF_IDENTIFIER.first(session, program=program_id, identifier=identifier_id)
    return None if row is None else PersonFacts(*row)


def person_of_card(session: Session, program_id: int, card_id: str) -> PersonFacts | None:
    """Find whose a card is."""
    identifier_id = own_identifier_id("card", card_id)
    assert identifier_id is not None, "cards are ours"
    return person_of_identifier(session, program_id, identifier_id)


def named_person_of_card(session: Session, program_id: int, card_id: str) -> NamedPerson | None:
    """Find whose a card is and what they are called, in one look; none when nobody's is open."""
    identifier_id = own_identifier_id("card", card_id)
    row = _NAMED_PERSON.first(session, program=program_id, identifier=identifier_id)
    return None if row is None else NamedPerson(*row)


def open_member_of_card(session: Session, program_id: int, card_id: str) -> UUID | None:
    """Find the membership a card earns for: of joined ones, the one that stays."""
    person = person_of_card(session, program_id, card_id)
    return None if person is None else person.open_member_id


def open_member_of(session: Session, program_id: int, member_id: UUID) -> UUID:
    """Find the membership that stands for this one today: itself, or the one it was joined to."""
    person = person_of_identifier(session, program_id, member_id)
    return member_id if person is None else person.open_member_id or member_id


def person_by_id(session: Session, program_id: int, person_id: str) -> PersonFacts | None:
    """Find a person by a public id, also by one they had before a merge or a split."""
    row = session.execute(
        _persons().where(Cluster.program_id == program_id, Cluster.person_id == person_id)
    ).one_or_none()
    if row is not None:
        return PersonFacts(*row)
    alias = session.execute(
        select(PersonAlias.identifier_id).where(
            PersonAlias.program_id == program_id, PersonAlias.former_person_id == person_id
        )
    ).scalar_one_or_none()
    return None if alias is None else person_of_identifier(session, program_id, alias)


def former_person_ids(session: Session, program_id: int, cluster_id: UUID) -> tuple[str, ...]:
    """List the public ids that a person, or a part of them, had before."""
    rows = session.execute(
        select(PersonAlias.former_person_id)
        .join(
            Identifier,
            (Identifier.program_id == PersonAlias.program_id)
            & (Identifier.identifier_id == PersonAlias.identifier_id),
        )
        .where(Identifier.program_id == program_id, Identifier.cluster_id == cluster_id)
    )
    return tuple(rows.scalars())


def identifiers_of_person(
    session: Session, program_id: int, cluster_id: UUID
) -> tuple[IdentifierFacts, ...]:
    """List what points at a person, the first known first."""
    rows = session.execute(
        _identifiers(program_id)
        .where(Identifier.cluster_id == cluster_id)
        .order_by(Identifier.first_occurred_at, Identifier.kind, Identifier.value_hmac)
    )
    return tuple(IdentifierFacts(*row) for row in rows)


def identifiers_by_id(
    session: Session, program_id: int, identifier_ids: Sequence[UUID]
) -> dict[UUID, IdentifierFacts]:
    """Find some identifiers."""
    rows = (
        _IDENTIFIERS_BY_ID.rows(session, program=program_id, **some)
        for some in _in_parts(identifier_ids)
    )
    return {row[0]: IdentifierFacts(*row) for row in chain.from_iterable(rows)}


def _identifiers(program_id: int | BindParameter[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Identifier.identifier_id,
            Identifier.kind,
            Identifier.first_occurred_at,
            Identifier.state,
            PersonalData.value,
            PersonalData.verified_at,
        )
        .outerjoin(
            PersonalData,
            (PersonalData.program_id == Identifier.program_id)
            & (PersonalData.identifier_id == Identifier.identifier_id),
        )
        .where(Identifier.program_id == program_id)
    )


def _in_parts(ids: Sequence[T]) -> Iterator[dict[str, T]]:
    """Cut a list into parts that one statement takes, the last filled up with what it has."""
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        yield {name: some[min(turn, len(some) - 1)] for turn, name in enumerate(_PART)}


def _part(column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Ask for the values of a column that a part names."""
    return column.in_([bindparam(name, type_=column.type) for name in _PART])


_IDENTIFIERS_BY_ID: Final = Prepared(
    _identifiers(bindparam("program")).where(_part(Identifier.identifier_id))
)


def readable_values(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> dict[UUID, str]:
    """Read the values behind some identifiers, of those that have a readable one."""
    rows = session.execute(
        select(PersonalData.identifier_id, PersonalData.value).where(
            PersonalData.program_id == program_id, PersonalData.identifier_id.in_(identifier_ids)
        )
    )
    return {row.identifier_id: row.value for row in rows}


def members_of_person(
    session: Session, program_id: int, cluster_id: UUID
) -> tuple[MemberFacts, ...]:
    """List the memberships in a person, oldest first; joined ones too."""
    rows = session.execute(
        _members()
        .join(
            Identifier,
            (Identifier.program_id == Member.program_id)
            & (Identifier.identifier_id == Member.member_id),
        )
        .where(Identifier.program_id == program_id, Identifier.cluster_id == cluster_id)
        .order_by(Member.joined_at, Member.member_id)
    )
    return tuple(MemberFacts(*row) for row in rows)


def member_by_id(session: Session, program_id: int, member_id: UUID) -> MemberFacts | None:
    """Find a membership."""
    row = _MEMBER_BY_ID.first(session, program=program_id, member=member_id)
    return None if row is None else MemberFacts(*row)


def _members() -> Select[UUID, UUID, str | None, str, datetime]:
    return select(
        Member.member_id, Member.store_id, Member.display_name, Member.language, Member.joined_at
    )


_MEMBER_BY_ID: Final = Prepared(
    _members().where(
        Member.program_id == bindparam("program"), Member.member_id == bindparam("member")
    )
)


def links_of_person(session: Session, program_id: int, cluster_id: UUID) -> tuple[LinkFacts, ...]:
    """List the evidence that touches a person: what holds, what was refused, what was retracted."""
    inside = select(Identifier.identifier_id).where(
        Identifier.program_id == program_id, Identifier.cluster_id == cluster_id
    )
    found = _links(program_id).where(Link.a.in_(inside) | Link.b.in_(inside))
    rows = session.execute(found.order_by(Link.occurred_at, Link.link_id))
    return tuple(LinkFacts(*row) for row in rows)


def link_by_id(session: Session, program_id: int, link_id: str) -> LinkFacts | None:
    """Find a piece of evidence."""
    row = session.execute(_links(program_id).where(Link.link_id == link_id)).one_or_none()
    return None if row is None else LinkFacts(*row)


def links_by_id(session: Session, program_id: int, link_ids: Sequence[str]) -> dict[str, LinkFacts]:
    """Find some pieces of evidence."""
    rows = (_LINKS_BY_ID.rows(session, program=program_id, **some) for some in _in_parts(link_ids))
    return {row[0]: LinkFacts(*row) for row in chain.from_iterable(rows)}


def siblings_of(session: Session, program_id: int, link: LinkFacts) -> tuple[LinkFacts, ...]:
    """List all evidence of the same kind between the same two ends, this link included."""
    rows = session.execute(
        _links(program_id)
        .where(Link.a == link.a, Link.b == link.b, Link.kind == link.kind)
        .order_by(Link.occurred_at, Link.link_id)
    )
    return tuple(LinkFacts(*row) for row in rows)


def link_of_event(
    session: Session, program_id: int, identifier_id: UUID, *, kind: str, event: str
) -> LinkFacts | None:
    """Find the evidence of one event at one identifier."""
    row = session.execute(
        _links(program_id).where(
            (Link.a == identifier_id) | (Link.b == identifier_id),
            Link.kind == kind,
            Link.event == event,
        )
    ).first()
    return None if row is None else LinkFacts(*row)


def _links(program_id: int | BindParameter[int]) -> Select[*tuple[Any, ...]]:
    one, other = aliased(Identifier), aliased(Identifier)
    return (
        select(
            Link.link_id,
            Link.a,
            one.kind,
            Link.b,
            other.kind,
            Link.kind,
            Link.strength,
            Link.occurred_at,
            Link.recorded_at,
            Link.event,
            Link.actor,
            Link.basis,
            Link.consent_id,
            Link.stays,
            Link.reason,
            Link.active,
            Link.refused_rule,
            Link.retracted_at,
            Link.retracted_by,
            Link.retracted_reason,
        )
        .join(one, (one.program_id == Link.program_id) & (one.identifier_id == Link.a))
        .join(other, (other.program_id == Link.program_id) & (other.identifier_id == Link.b))
        .where(Link.program_id == program_id)
    )


_LINKS_BY_ID: Final = Prepared(_links(bindparam("program")).where(_part(Link.link_id)))


def member_ids_of_identifier(
    session: Session, program_id: int, identifier_id: UUID
) -> tuple[UUID, ...]:
    """List the memberships of the person an identifier belongs to, in the order of their ids."""
    own = aliased(Identifier)
    found = (
        select(Identifier.identifier_id)
        .join(
            own,
            (own.program_id == Identifier.program_id) & (own.cluster_id == Identifier.cluster_id),
        )
        .where(
            own.program_id == program_id,
            own.identifier_id == identifier_id,
            Identifier.kind == "member",
        )
        .order_by(Identifier.identifier_id)
    )
    return tuple(session.execute(found).scalars())


def has_members(session: Session, program_id: int, store_id: UUID) -> bool:
    """Say whether anybody has joined at a store."""
    found = session.execute(
        select(Member.member_id)
        .where(Member.program_id == program_id, Member.store_id == store_id)
        .limit(1)
    ).first()
    return found is not None


def links_of_events(
    session: Session, program_id: int, events: Collection[str]
) -> tuple[LinkFacts, ...]:
    """List the evidence that some outside events gave, active or not."""
    return tuple(
        LinkFacts(*row) for row in session.execute(_links(program_id).where(Link.event.in_(events)))
    )


def links_at(
    session: Session, program_id: int, identifier_id: UUID, *, kind: str
) -> tuple[LinkFacts, ...]:
    """List the evidence of one kind at one identifier, the newest first; retracted ones too."""
    rows = session.execute(
        _links(program_id)
        .where((Link.a == identifier_id) | (Link.b == identifier_id), Link.kind == kind)
        .order_by(Link.occurred_at.desc(), Link.link_id)
    )
    return tuple(LinkFacts(*row) for row in rows)
