"""Who works here: a person joins the team, changes role, leaves, and comes back by mistake."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import rows_changed, table_of
from loyalty.journeys.tools import Tools
from loyalty.kernel.addresses import email_normalized
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.programs.models import Staff, StaffRole
from loyalty.programs.queries import staff_by_email, staff_by_id
from loyalty.programs.staff import give_role, hire, let_go, take_role, write_pin

OWNER: Final = "owner"
STAFF: Final = table_of(Staff)
ROLE: Final = table_of(StaffRole)


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who left, with what is needed to take them back."""

    staff_id: UUID
    display_name: str
    email: str | None
    roles: Mapping[UUID, str]


def hire_staff(  # noqa: PLR0913  each is one answer of the form
    session: Session,
    program_id: int,
    *,
    display_name: str,
    email: str | None,
    language: str,
    store_id: UUID,
    role: str,
    pin: str | None,
    tools: Tools,
) -> UUID:
    """Take a person into the team with one role, and a PIN for the till if one is given.

    Errors: `SettingInvalidError` with the field that cannot be kept.
    """
    now = tools.clock.now()
    if role == OWNER and email is None:
        raise SettingInvalidError(field="email")
    staff_id = hire(
        session, program_id, display_name=display_name, email=email, language=language, at=now
    )
    give_role(session, program_id, staff_id, store_id=store_id, role=role)
    if pin is not None:
        write_pin(session, program_id, staff_id, pin)
    return staff_id


def change_role(
    session: Session, program_id: int, staff_id: UUID, *, store_id: UUID, role: str | None
) -> str | None:
    """Set what a person may do in a store, none takes it away; gives back what it was.

    Errors: `NotFoundError` for nobody, `SettingInvalidError` when no owner would be left.
    """
    person = staff_by_id(session, program_id, staff_id)
    if person is None or person.left_at is not None:
        raise NotFoundError
    owners = _owners_locked(session, program_id)
    before = person.roles.get(store_id)
    if before == OWNER and role != OWNER and owners == {(staff_id, store_id)}:
        raise SettingInvalidError(field="last_owner")
    if role is None:
        take_role(session, program_id, staff_id, store_id=store_id)
    else:
        give_role(session, program_id, staff_id, store_id=store_id, role=role)
    return before


def remove_staff(session: Session, program_id: int, staff_id: UUID, *, tools: Tools) -> Left:
    """Let a person go and sign them out everywhere; the name stays on what they did.

    Errors: `NotFoundError` for nobody, `SettingInvalidError` when no owner would be left.
    """
    person = staff_by_id(session, program_id, staff_id)
    if person is None or person.left_at is not None:
        raise NotFoundError
    owners = {owner for owner, _ in _owners_locked(session, program_id)}
    if owners == {staff_id}:
        raise SettingInvalidError(field="last_owner")
    let_go(session, program_id, staff_id, at=tools.clock.now())
    return Left(staff_id, person.display_name, person.email, person.roles)


def take_back_staff(
    session: Session,
    program_id: int,
    staff_id: UUID,
    *,
    email: str | None,
    roles: Mapping[UUID, str],
) -> None:
    """Undo a removal: the address and the roles are given again, a PIN has to be set anew.

    Errors: `NotFoundError` when nobody left under that id, `EmailInvalidError`, and
    `SettingInvalidError` when somebody else has the address by now.
    """
    address = None if email is None else email_normalized(email)
    if address is not None and staff_by_email(session, program_id, address) is not None:
        raise SettingInvalidError(field="email")
    returned = rows_changed(
        session,
        update(STAFF)
        .where(
            STAFF.c.program_id == program_id,
            STAFF.c.staff_id == staff_id,
            STAFF.c.left_at.is_not(None),
        )
        .values(left_at=None, email=address),
    )
    if returned != 1:
        raise NotFoundError
    for store_id, role in roles.items():
        give_role(session, program_id, staff_id, store_id=store_id, role=role)


def _owners_locked(session: Session, program_id: int) -> set[tuple[UUID, UUID]]:
    """List who owns which store, and hold those rows so that two owners cannot leave at once."""
    rows = session.execute(
        select(ROLE.c.staff_id, ROLE.c.store_id)
        .where(ROLE.c.program_id == program_id, ROLE.c.role == OWNER)
        .order_by(ROLE.c.staff_id, ROLE.c.store_id)
        .with_for_update()
    )
    return {(row.staff_id, row.store_id) for row in rows}
