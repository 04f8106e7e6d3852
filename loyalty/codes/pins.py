"""A member's PIN: four digits that let a printed card spend; five wrong ones and it is over.

The slow hash is worked out before a unit of work begins, so that no writer waits for it.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from loyalty.codes.models import MemberPin
from loyalty.db.writes import insert_new, rows_changed, table_of
from loyalty.kernel.errors import SettingInvalidError
from loyalty.kernel.keys import ServerKeys, derived_key, keyed_hash

PIN: Final = table_of(MemberPin)
TRIES: Final = 5
LENGTH: Final = 4
_DIGITS: Final = re.compile(rf"[0-9]{{{LENGTH}}}", re.ASCII)
_RUNS: Final = "0123456789012"
# As for a cashier's PIN: 16 MiB and some 50 ms for each guess.
_SCRYPT_N: Final = 2**14
_SCRYPT_R: Final = 8
_SCRYPT_P: Final = 1
_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class HashedPin:
    """A typed PIN, worked out with one salt; the digits themselves go no further."""

    salt: str
    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinState:
    """Whether a membership has a PIN, and how many wrong ones it still stands."""

    is_set: bool
    tries_left: int


@dataclass(frozen=True, slots=True)
class MemberPinTried:
    """What became of a PIN that was typed; at `tries_left` 0 only a new one or the owner helps."""

    right: bool
    tries_left: int


def new_pin(pin: str, *, program_id: int, keys: ServerKeys) -> HashedPin:
    """Work out a PIN that somebody chose; slow, so before the unit of work.

    Errors: `SettingInvalidError` for what is not four digits, and for the first that a thief
    types: one digit repeated, or four in a row.
    """
    if _DIGITS.fullmatch(pin) is None or len(set(pin)) == 1 or pin in _RUNS or pin[::-1] in _RUNS:
        raise SettingInvalidError(field="member_pin")
    return hashed_pin(pin, secrets.token_hex(_SALT_BYTES), program_id=program_id, keys=keys)


def hashed_pin(pin: str, salt: str, *, program_id: int, keys: ServerKeys) -> HashedPin:
    """Work out a typed PIN with the salt of the one that was set; slow, too.

    Keyed with the server's secret besides: ten thousand PINs are tried in minutes by whoever
    holds only the database.
    """
    keyed = keyed_hash(derived_key(keys, "member_pin", program_id), pin)
    digest = hashlib.scrypt(
        keyed.encode(), salt=bytes.fromhex(salt), n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, dklen=32
    )
    return HashedPin(salt, digest.hex())


def pin_salt(session: Session, program_id: int, member_id: UUID) -> str | None:
    """Find the salt of a membership's PIN; none when it has no PIN."""
    salt: str | None = session.scalar(select(PIN.c.salt).where(*_mine(program_id, member_id)))
    return salt


def pin_state(session: Session, program_id: int, member_id: UUID) -> PinState:
    """Say whether a membership has a PIN and how many tries are left."""
    left = session.scalar(select(PIN.c.tries_left).where(*_mine(program_id, member_id)))
    return PinState(is_set=left is not None, tries_left=TRIES if left is None else left)


def write_member_pin(
    session: Session, program_id: int, member_id: UUID, pin: HashedPin, *, at: datetime
) -> None:
    """Set or change a membership's PIN; all tries are there again."""
    values = {"salt": pin.salt, "pin_hash": pin.digest, "tries_left": TRIES, "set_at": at}
    key = {"program_id": program_id, "member_id": member_id}
    if not insert_new(session, MemberPin, {**key, **values}):
        session.execute(update(PIN).where(*_mine(program_id, member_id)).values(values))


def remove_member_pin(session: Session, program_id: int, member_id: UUID) -> None:
    """Take a PIN away: the printed card identifies and earns, and spends no more."""
    session.execute(delete(PIN).where(*_mine(program_id, member_id)))


def unlock_member_pin(session: Session, program_id: int, member_id: UUID) -> None:
    """Give all tries back; the PIN stays. For the owner, who knows the person."""
    session.execute(update(PIN).where(*_mine(program_id, member_id)).values(tries_left=TRIES))


def try_member_pin(
    session: Session, program_id: int, member_id: UUID, typed: HashedPin
) -> MemberPinTried:
    """Try a PIN: the try is taken first, and given back when the PIN is right.

    So many who guess at once have no more tries together than one alone. The result is
    returned, not raised: the try has to be kept. A PIN that was changed meanwhile is wrong.
    """
    mine = _mine(program_id, member_id)
    taken = rows_changed(
        session,
        update(PIN).where(*mine, PIN.c.tries_left > 0).values(tries_left=PIN.c.tries_left - 1),
    )
    row = session.execute(
        select(PIN.c.salt, PIN.c.pin_hash, PIN.c.tries_left).where(*mine)
    ).one_or_none()
    if row is None or taken != 1:
        return MemberPinTried(right=False, tries_left=0)
    is_right = row.salt == typed.salt and hmac.compare_digest(row.pin_hash, typed.digest)
    if not is_right:
        return MemberPinTried(right=False, tries_left=row.tries_left)
    unlock_member_pin(session, program_id, member_id)
    return MemberPinTried(right=True, tries_left=TRIES)


def _mine(program_id: int, member_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (PIN.c.program_id == program_id, PIN.c.member_id == member_id)
