"""Find whose many identifiers are, in few looks: for lists of thousands of rows."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from loyalty.db.bulk import among
from loyalty.db.writes import table_of
from loyalty.identity.identifiers import KEY_PURPOSE
from loyalty.identity.models import Cluster, Identifier
from loyalty.identity.values import own_identifier_id
from loyalty.kernel.keys import ServerKeys, derived_key, keyed_hash

AT_ONCE: Final = 500
IDENTIFIER: Final = table_of(Identifier)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose an identifier is at the time of asking."""

    identifier_id: UUID
    kind: str
    person_id: str


def whose_are(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> dict[UUID, Whose]:
    """Say whose some identifiers are now; those that were erased are left out."""
    found: dict[UUID, Whose] = {}
    for some in _parts(identifier_ids):
        rows = session.execute(
            select(Identifier.identifier_id, Identifier.kind, Cluster.person_id)
            .join(
                Cluster,
                (Cluster.program_id == Identifier.program_id)
                & (Cluster.cluster_id == Identifier.cluster_id),
            )
            .where(Identifier.program_id == program_id, Identifier.identifier_id.in_(some))
        )
        found.update({row.identifier_id: Whose(*row) for row in rows})
    return found


def members_of_cards(
    session: Session, program_id: int, card_ids: Collection[str]
) -> dict[str, UUID]:
    """Find the membership that each card earns for; cards of nobody are left out."""
    named = {own_identifier_id("card", card_id): card_id for card_id in card_ids}
    found: dict[str, UUID] = {}
    for some in _parts(named):
        rows = _standing(session, program_id, among(session, IDENTIFIER.c.identifier_id, some))
        found.update({named[identifier_id]: member for identifier_id, _, member in rows})
    return found


def members_of_emails(
    session: Session, program_id: int, emails: Collection[str], *, keys: ServerKeys
) -> dict[str, UUID]:
    """Find whose some addresses are, in the form they are looked up by; nobody's are left out."""
    key = derived_key(keys, KEY_PURPOSE, program_id)
    named = {keyed_hash(key, "email", email): email for email in emails}
    found: dict[str, UUID] = {}
    for some in _parts(named):
        is_email = (Identifier.kind == "email") & among(session, IDENTIFIER.c.value_hmac, some)
        rows = _standing(session, program_id, is_email & (Identifier.state == "ok"))
        found.update({named[value_hmac]: member for _, value_hmac, member in rows})
    return found


def standing_members(
    session: Session, program_id: int, member_ids: Collection[UUID]
) -> Mapping[UUID, UUID]:
    """Say which membership stands for each of these today: itself, or what it was joined to."""
    found: dict[UUID, UUID] = {}
    for some in _parts(set(member_ids)):
        rows = _standing(session, program_id, among(session, IDENTIFIER.c.identifier_id, some))
        found.update({identifier_id: member for identifier_id, _, member in rows})
    return found


def persons_of_identifiers(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> dict[UUID, str]:
    """Say whose some identifiers are now, by the person's public id."""
    found = whose_are(session, program_id, set(identifier_ids))
    return {identifier_id: whose.person_id for identifier_id, whose in found.items()}


def _standing(
    session: Session, program_id: int, wanted: ColumnElement[bool]
) -> Iterable[tuple[UUID, str, UUID]]:
    rows = session.execute(
        select(Identifier.identifier_id, Identifier.value_hmac, Cluster.open_member_id)
        .join(
            Cluster,
            (Cluster.program_id == Identifier.program_id)
            & (Cluster.cluster_id == Identifier.cluster_id),
        )
        .where(Identifier.program_id == program_id, wanted, Cluster.open_member_id.is_not(None))
    )
    return [(row.identifier_id, row.value_hmac, row.open_member_id) for row in rows]


def _parts(values: Iterable[_T]) -> Iterator[list[_T]]:
    told = iter(values)
    while some := list(islice(told, AT_ONCE)):
        yield some
