"""What may be told of a few values, and how who is who is read from the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.identity.consents import SOCIAL, WEB_VISITS
from loyalty.identity.models import Cluster, Identifier, Link
from tests.support.slow_who import Name

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VALUES = {
    "member": [str(UUID(int=number, version=4)) for number in range(1, 7)],
    "card": [f"{number:016x}" for number in range(1, 5)],
    "email": [f"persona{number}@correo.example" for number in range(1, 3)],
    "phone": ["+34612340001", "+34612340002"],
    "session": [str(UUID(int=100 + number, version=4)) for number in range(1, 5)],
    "device": ["browser one", "browser two"],
    "vendor": ["square:CUST1", "square:CUST2"],
    "social": ["mastodon:ana@social.example"],
    "receipt": ["000000000000aa01", "000000000000aa02"],
}
# Each kind of evidence, and between what it is told; some in two ways.
ENDS = {
    "card": ("card", "card", "member"),
    "email": ("email", "email", "member"),
    "email at a card": ("email", "email", "card"),
    "phone": ("phone", "phone", "member"),
    "join": ("join", "member", "member"),
    "receipt": ("receipt", "receipt", "card"),
    "session": ("session", "session", "card"),
    "session of an address": ("session", "session", "email"),
    "social": ("social", "social", "member"),
    "staff": ("staff", "session", "member"),
    "staff for two addresses": ("staff", "email", "phone"),
    "vendor": ("vendor", "vendor", "card"),
    "device": ("device", "device", "member"),
    "device at a card": ("device", "device", "card"),
}


_ID, _CLUSTER, _LINK = (table_of(model) for model in (Identifier, Cluster, Link))
_OPEN = _ID.alias("open")
_PERSONS = Prepared(
    select(
        _ID.c.kind,
        _ID.c.value_hmac,
        _ID.c.state,
        _CLUSTER.c.person_id,
        _CLUSTER.c.size,
        _OPEN.c.kind,
        _OPEN.c.value_hmac,
    )
    .select_from(_ID)
    .join(
        _CLUSTER,
        (_CLUSTER.c.program_id == _ID.c.program_id) & (_CLUSTER.c.cluster_id == _ID.c.cluster_id),
    )
    .outerjoin(
        _OPEN,
        (_OPEN.c.program_id == _CLUSTER.c.program_id)
        & (_OPEN.c.identifier_id == _CLUSTER.c.open_member_id),
    )
    .where(_ID.c.program_id == bindparam("program"))
)
_FATES = Prepared(
    select(_LINK.c.link_id, _LINK.c.active, _LINK.c.refused_rule).where(
        _LINK.c.program_id == bindparam("program")
    )
)


class _Row(NamedTuple):
    kind: str
    value_hmac: str
    state: str
    person_id: str
    size: int
    open_kind: str | None
    open_hmac: str | None


PURPOSES = {"session": WEB_VISITS, "social": SOCIAL}


@dataclass(frozen=True, slots=True)
class Act:
    """Something somebody does: to evidence of a kind between two values, or to one value."""

    what: str  # tell, retract, restore, apart, together, block, unblock, older, withdraw
    kind: str = ""
    one: int = 0
    other: int = 0
    day: int = 0
    turn: int = 0

    @property
    def at(self) -> datetime:
        """When it happened."""
        return START + timedelta(days=self.day, minutes=self.turn)

    @property
    def values(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The two values, in an order that does not depend on who names them."""
        _, one, other = ENDS[self.kind]
        a = one, VALUES[one][self.one % len(VALUES[one])]
        b = other, VALUES[other][self.other % len(VALUES[other])]
        return (b, a) if one == other and b < a else (a, b)


@dataclass(frozen=True, slots=True)
class State:
    """Who is who: persons by their public id, links with their fate, values that do not join."""

    persons: Mapping[str, tuple[frozenset[Name], Name | None]]
    links: Mapping[str, tuple[bool, str | None]]
    silent: Mapping[Name, str]


def read_state(session: Session, program_id: int) -> State:
    """Read who is who."""
    rows = [_Row(*row) for row in _PERSONS.rows(session, program=program_id)]
    persons: dict[str, set[Name]] = {}
    for row in rows:
        persons.setdefault(row.person_id, set()).add((row.kind, row.value_hmac))
    opens: dict[str, Name | None] = {
        row.person_id: (row.open_kind, row.open_hmac) if row.open_kind and row.open_hmac else None
        for row in rows
    }
    assert all(row.size == len(persons[row.person_id]) for row in rows)
    links = _FATES.rows(session, program=program_id)
    return State(
        {each: (frozenset(names), opens[each]) for each, names in persons.items()},
        {link_id: (bool(active), rule) for link_id, active, rule in links},
        {(row.kind, row.value_hmac): row.state for row in rows if row.state != "ok"},
    )
