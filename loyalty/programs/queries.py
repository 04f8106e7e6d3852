"""What is known of a program: its stores, tills and people, as plain values."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, bindparam, func, select
from sqlalchemy.orm import Session

from loyalty.db.memory import note_mark
from loyalty.db.models import SettingsMark
from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.kernel.errors import NotFoundError
from loyalty.programs.models import Program, Staff, StaffRole, Store, StoreAddress, Till

MARK: Final = table_of(SettingsMark)
STORE: Final = table_of(Store)
TILL: Final = table_of(Till)


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """A program."""

    program_id: int
    name: str
    language: str
    is_demo: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """A store and how it presents itself; `hours` is an opening_hours text."""

    program_id: int
    store_id: UUID
    name: str
    slug: str
    street: str
    time_zone: str
    country: str
    currency: str
    language: str
    color: str
    hours: str
    contact_kind: str
    contact_value: str


@dataclass(frozen=True, slots=True)
class StoreAddressFacts:
    """Where a public slug leads."""

    program_id: int
    store_id: UUID


@dataclass(frozen=True, slots=True)
class TillFacts:
    """A paired device; revoked ones are kept for the history."""

    program_id: int
    till_id: UUID
    store_id: UUID
    name: str
    kind: str
    paired_at: datetime
    revoked_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """A person who works in the program, with a role for each store."""

    program_id: int
    staff_id: UUID
    display_name: str
    email: str | None
    language: str
    has_pin: bool
    pin_tries_left: int
    left_at: datetime | None
    roles: Mapping[UUID, str]


def program_by_id(session: Session, program_id: int) -> ProgramFacts | None:
    """Find a program."""
    row = session.execute(
        select(
            Program.program_id,
            Program.name,
            Program.language,
            Program.is_demo,
            Program.created_at,
        ).where(Program.program_id == program_id)
    ).one_or_none()
    return None if row is None else ProgramFacts(*row)


def programs(session: Session) -> tuple[ProgramFacts, ...]:
    """List every program of this server, oldest first; for the command line and the jobs."""
    rows = session.execute(
        select(
            Program.program_id,
            Program.name,
            Program.language,
            Program.is_demo,
            Program.created_at,
        ).order_by(Program.created_at, Program.program_id)
    )
    return tuple(ProgramFacts(*row) for row in rows)


def store_by_slug(session: Session, slug: str) -> StoreAddressFacts | None:
    """Find where a public address leads, in whatever case it was typed."""
    row = session.execute(
        select(StoreAddress.program_id, StoreAddress.store_id).where(
            StoreAddress.slug == slug.strip().upper()
        )
    ).one_or_none()
    return None if row is None else StoreAddressFacts(*row)


_STORE: tuple[Column[Any], ...] = (
    STORE.c.program_id,
    STORE.c.store_id,
    STORE.c.name,
    STORE.c.slug,
    STORE.c.street,
    STORE.c.time_zone,
    STORE.c.country,
    STORE.c.currency,
    STORE.c.language,
    STORE.c.color,
    STORE.c.hours,
    STORE.c.contact_kind,
    STORE.c.contact_value,
)


_STORE_BY_ID: Final = Prepared(
    select(*_STORE).where(
        STORE.c.program_id == bindparam("program"), STORE.c.store_id == bindparam("store")
    )
)


def store_by_id(session: Session, program_id: int, store_id: UUID) -> StoreFacts | None:
    """Find a store."""
    row = _STORE_BY_ID.first(session, program=program_id, store=store_id)
    return None if row is None else StoreFacts(*row)


def stores_of(session: Session, program_id: int) -> tuple[StoreFacts, ...]:
    """List the stores of a program, oldest first."""
    rows = session.execute(
        select(*_STORE)
        .where(Store.program_id == program_id)
        .order_by(Store.created_at, Store.store_id)
    )
    return tuple(StoreFacts(*row) for row in rows)


def store_or_first(session: Session, program_id: int, store_id: UUID | None) -> StoreFacts:
    """Find a store; the program's first when none is named or it is not there.

    Errors: `NotFoundError` for a program without stores.
    """
    found = None if store_id is None else store_by_id(session, program_id, store_id)
    if found is not None:
        return found
    stores = stores_of(session, program_id)
    if not stores:
        raise NotFoundError
    return stores[0]


_TILL: tuple[Column[Any], ...] = (
    TILL.c.program_id,
    TILL.c.till_id,
    TILL.c.store_id,
    TILL.c.name,
    TILL.c.kind,
    TILL.c.paired_at,
    TILL.c.revoked_at,
    TILL.c.last_seen_at,
)


_TILL_BY_ID: Final = Prepared(
    select(TILL.c.key_hash, func.coalesce(MARK.c.mark, 0), *_TILL, *_STORE)
    .join(STORE, (STORE.c.program_id == TILL.c.program_id) & (STORE.c.store_id == TILL.c.store_id))
    .outerjoin(MARK, MARK.c.program_id == TILL.c.program_id)
    .where(TILL.c.program_id == bindparam("program"), TILL.c.till_id == bindparam("till"))
)


@dataclass(frozen=True, slots=True)
class TillAtStore:
    """A till, the store it stands in, and the hash its key must have."""

    till: TillFacts
    store: StoreFacts
    key_hash: str = field(repr=False)


def till_at_store(session: Session, program_id: int, till_id: UUID) -> TillAtStore | None:
    """Find a till, revoked or not, with its store: one look for what every call of a till needs.

    It also reads whether the program's settings have changed, so that what this block asks of
    them may come from memory (`loyalty.db.memory`).
    """
    row = _TILL_BY_ID.first(session, program=program_id, till=till_id)
    if row is None:
        return None
    note_mark(session, program_id, row[1])
    last = 2 + len(_TILL)
    return TillAtStore(TillFacts(*row[2:last]), StoreFacts(*row[last:]), key_hash=row[0])


def till_by_id(session: Session, program_id: int, till_id: UUID) -> TillFacts | None:
    """Find a till, revoked or not."""
    found = till_at_store(session, program_id, till_id)
    return None if found is None else found.till


def tills_of(session: Session, program_id: int) -> tuple[TillFacts, ...]:
    """List the tills of a program, newest first, revoked ones too."""
    rows = session.execute(
        select(*_TILL)
        .where(Till.program_id == program_id)
        .order_by(Till.paired_at.desc(), Till.till_id)
    )
    return tuple(TillFacts(*row) for row in rows)


def roles_of(session: Session, program_id: int, staff_id: UUID) -> dict[UUID, str]:
    """Say what a person may do in each store, as it is now; a change counts at once."""
    rows = session.execute(
        select(StaffRole.store_id, StaffRole.role).where(
            StaffRole.program_id == program_id, StaffRole.staff_id == staff_id
        )
    )
    return {row.store_id: row.role for row in rows}


def staff_by_id(session: Session, program_id: int, staff_id: UUID) -> StaffFacts | None:
    """Find a member of staff with the roles held now."""
    row = session.execute(
        select(Staff).where(Staff.program_id == program_id, Staff.staff_id == staff_id)
    ).scalar_one_or_none()
    return None if row is None else _staff(row, roles_of(session, program_id, staff_id))


def staff_by_email(session: Session, program_id: int, email: str) -> StaffFacts | None:
    """Find who signs in with a normalized address, if they still work here."""
    row = session.execute(
        select(Staff).where(
            Staff.program_id == program_id, Staff.email == email, Staff.left_at.is_(None)
        )
    ).scalar_one_or_none()
    return None if row is None else _staff(row, roles_of(session, program_id, row.staff_id))


def staff_of(session: Session, program_id: int) -> tuple[StaffFacts, ...]:
    """List who works in the program now, by name."""
    roles: dict[UUID, dict[UUID, str]] = {}
    for staff_id, store_id, role in session.execute(
        select(StaffRole.staff_id, StaffRole.store_id, StaffRole.role).where(
            StaffRole.program_id == program_id
        )
    ):
        roles.setdefault(staff_id, {})[store_id] = role
    rows = session.execute(
        select(Staff)
        .where(Staff.program_id == program_id, Staff.left_at.is_(None))
        .order_by(Staff.display_name, Staff.staff_id)
    ).scalars()
    return tuple(_staff(row, roles.get(row.staff_id, {})) for row in rows)


def staff_in_store(
    session: Session, program_id: int, store_id: UUID, staff_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Say which of these people work in a store now."""
    if not staff_ids:
        return frozenset()
    found = session.scalars(
        select(StaffRole.staff_id)
        .join(
            Staff,
            (Staff.program_id == StaffRole.program_id) & (Staff.staff_id == StaffRole.staff_id),
        )
        .where(
            StaffRole.program_id == program_id,
            StaffRole.store_id == store_id,
            StaffRole.staff_id.in_(sorted(staff_ids)),
            Staff.left_at.is_(None),
        )
    )
    return frozenset(found)


def cashiers_of(session: Session, program_id: int, store_id: UUID) -> tuple[StaffFacts, ...]:
    """List who can sign in with a PIN at the tills of a store."""
    return tuple(
        person
        for person in staff_of(session, program_id)
        if person.has_pin and store_id in person.roles
    )


def _staff(row: Staff, roles: Mapping[UUID, str]) -> StaffFacts:
    return StaffFacts(
        program_id=row.program_id,
        staff_id=row.staff_id,
        display_name=row.display_name,
        email=row.email,
        language=row.language,
        has_pin=row.pin_hash is not None,
        pin_tries_left=row.pin_tries_left,
        left_at=row.left_at,
        roles=roles,
    )
