"""A cashier types a PIN at a paired till and works there until the end of the shift."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.tools import Tools
from loyalty.programs.queries import StaffFacts, staff_by_id
from loyalty.programs.sessions import (
    CASHIER_TTL,
    find_session,
    open_session,
    revoke_all,
    revoke_session,
)
from loyalty.programs.staff import try_pin, write_pin


class AtTill(Protocol):
    """A till as its caller knows it."""

    @property
    def program_id(self) -> int:
        """The program it belongs to."""
        ...

    @property
    def till_id(self) -> UUID:
        """Its id."""
        ...

    @property
    def store_id(self) -> UUID:
        """The store it stands in."""
        ...


@dataclass(frozen=True, slots=True)
class CashierSession:
    """Somebody signed in at a till; the secret goes into a cookie and is kept nowhere."""

    staff_id: UUID
    display_name: str
    secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WrongPin:
    """The PIN did not fit; at 0 tries left only the owner can reset it."""

    tries_left: int


def cashier_sign_in(
    session: Session, till: AtTill, staff_id: UUID, pin: str, *, tools: Tools
) -> CashierSession | WrongPin:
    """Sign a cashier in at a till of a store they work in.

    A wrong PIN is returned, not raised, so that the try it took is kept. Somebody without a
    role in the store is told the same as somebody with a wrong PIN.
    """
    now = tools.clock.now()
    person = check_cashier(session, till, staff_id, pin)
    if isinstance(person, WrongPin):
        return person
    facts, secret = open_session(
        session,
        till.program_id,
        kind="cashier",
        subject=str(staff_id),
        at=now,
        ttl=CASHIER_TTL,
        till_id=till.till_id,
        store_id=till.store_id,
    )
    return CashierSession(
        staff_id=staff_id,
        display_name=person.display_name,
        secret=secret,
        expires_at=facts.expires_at,
    )


def check_cashier(
    session: Session, till: AtTill, staff_id: UUID, pin: str
) -> StaffFacts | WrongPin:
    """Say who typed a PIN at a till of a store they work in, without signing anybody in.

    For an agent, which keeps by itself who works at its counter. The try is kept.
    """
    tried = try_pin(session, till.program_id, staff_id, pin)
    person = staff_by_id(session, till.program_id, staff_id)
    if not tried.right or person is None or till.store_id not in person.roles:
        return WrongPin(tries_left=tried.tries_left)
    return person


def cashier_at(session: Session, till: AtTill, secret: str, *, tools: Tools) -> StaffFacts | None:
    """Say who works at a till; none when signed out, gone, or without a role in the store now."""
    now = tools.clock.now()
    facts = find_session(session, till.program_id, secret, kind="cashier", at=now)
    if facts is None or facts.till_id != till.till_id:
        return None
    person = staff_by_id(session, till.program_id, UUID(facts.subject))
    if person is None or person.left_at is not None or till.store_id not in person.roles:
        return None
    return person


def cashier_sign_out(session: Session, till: AtTill, secret: str, *, tools: Tools) -> None:
    """Sign the cashier out; doing it twice changes nothing."""
    now = tools.clock.now()
    facts = find_session(session, till.program_id, secret, kind="cashier", at=now)
    if facts is not None and facts.till_id == till.till_id:
        revoke_session(session, till.program_id, facts.session_id, at=now)


def set_pin(
    session: Session, program_id: int, staff_id: UUID, pin: str | None, *, tools: Tools
) -> None:
    """Set or take away a cashier's PIN; whoever used the old one is signed out.

    Raises `SettingInvalidError` for a PIN that is too easy, `NotFoundError` for nobody.
    """
    write_pin(session, program_id, staff_id, pin)
    revoke_all(session, program_id, kind="cashier", subject=str(staff_id), at=tools.clock.now())
