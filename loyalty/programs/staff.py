"""Who works in the program: hire, give a role, set and try a PIN, let go."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, rows_changed, table_of
from loyalty.kernel.addresses import email_normalized
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.kernel.ids import new_id
from loyalty.programs import rules
from loyalty.programs.models import Staff, StaffRole
from loyalty.programs.sessions import SessionKind, revoke_all

STAFF = table_of(Staff)
ROLE = table_of(StaffRole)


@dataclass(frozen=True, slots=True)
class PinTried:
    """What became of a PIN that was typed; at `tries_left` 0 only the owner can reset it."""

    right: bool
    tries_left: int


def hire(
    session: Session,
    program_id: int,
    *,
    display_name: str,
    email: str | None,
    language: str,
    at: datetime,
) -> UUID:
    """Write a person who works here; e-mail is needed only to use the owner's pages.

    Raises `SettingInvalidError` when somebody in the program already has that address.
    """
    staff_id = new_id(at)
    is_new = insert_new(
        session,
        Staff,
        {
            "program_id": program_id,
            "staff_id": staff_id,
            "display_name": rules.name_checked(display_name, field="display_name"),
            "email": None if email is None else email_normalized(email),
            "language": rules.language_checked(language),
            "pin_hash": None,
            "pin_tries_left": rules.PIN_TRIES,
            "created_at": at,
            "left_at": None,
        },
    )
    if not is_new:
        raise SettingInvalidError(field="email")
    return staff_id


def give_role(
    session: Session, program_id: int, staff_id: UUID, *, store_id: UUID, role: str
) -> None:
    """Set what a person may do in one store; it counts from the next request on."""
    rules.role_checked(role)
    mine = (
        ROLE.c.program_id == program_id,
        ROLE.c.staff_id == staff_id,
        ROLE.c.store_id == store_id,
    )
    if rows_changed(session, update(ROLE).where(*mine).values(role=role)) == 1:
        return
    values = {
        "program_id": program_id,
        "staff_id": staff_id,
        "store_id": store_id,
        "role": role,
    }
    try:
        is_new = insert_new(session, StaffRole, values)
    except IntegrityError as error:
        raise NotFoundError from error
    if not is_new:
        session.execute(update(ROLE).where(*mine).values(role=role))


def take_role(session: Session, program_id: int, staff_id: UUID, *, store_id: UUID) -> None:
    """Take a person's role in one store away; it counts from the next request on."""
    session.execute(
        delete(ROLE).where(
            ROLE.c.program_id == program_id,
            ROLE.c.staff_id == staff_id,
            ROLE.c.store_id == store_id,
        )
    )


def let_go(session: Session, program_id: int, staff_id: UUID, *, at: datetime) -> None:
    """Note that a person left: no role, PIN or address any more; the name stays."""
    session.execute(
        delete(ROLE).where(ROLE.c.program_id == program_id, ROLE.c.staff_id == staff_id)
    )
    session.execute(
        update(STAFF)
        .where(STAFF.c.program_id == program_id, STAFF.c.staff_id == staff_id)
        .values(left_at=at, email=None, pin_hash=None)
    )
    kinds: tuple[SessionKind, ...] = ("staff", "cashier")
    for kind in kinds:
        revoke_all(session, program_id, kind=kind, subject=str(staff_id), at=at)


def write_pin(session: Session, program_id: int, staff_id: UUID, pin: str | None) -> None:
    """Set a person's PIN (none takes it away) and give all tries back.

    Raises `SettingInvalidError` for a PIN that is too easy, `NotFoundError` for nobody.
    """
    kept = None if pin is None else rules.pin_hash(rules.pin_checked(pin))
    changed = rows_changed(
        session,
        update(STAFF)
        .where(
            STAFF.c.program_id == program_id,
            STAFF.c.staff_id == staff_id,
            STAFF.c.left_at.is_(None),
        )
        .values(pin_hash=kept, pin_tries_left=rules.PIN_TRIES),
    )
    if changed != 1:
        raise NotFoundError


def try_pin(session: Session, program_id: int, staff_id: UUID, pin: str) -> PinTried:
    """Try a PIN: the try is taken first, and given back when the PIN is right.

    So many who guess at once have no more tries together than one alone. The result is
    returned, not raised: the try has to be kept.
    """
    mine = (STAFF.c.program_id == program_id, STAFF.c.staff_id == staff_id)
    taken = rows_changed(
        session,
        update(STAFF)
        .where(*mine, STAFF.c.pin_tries_left > 0, STAFF.c.left_at.is_(None))
        .values(pin_tries_left=STAFF.c.pin_tries_left - 1),
    )
    row = session.execute(
        select(STAFF.c.pin_hash, STAFF.c.pin_tries_left).where(*mine)
    ).one_or_none()
    kept, tries_left = (None, 0) if row is None or taken != 1 else row
    if not rules.pin_matches(pin, kept):
        return PinTried(right=False, tries_left=tries_left)
    session.execute(update(STAFF).where(*mine).values(pin_tries_left=rules.PIN_TRIES))
    return PinTried(right=True, tries_left=rules.PIN_TRIES)
