"""The day of the year a member was born on, as far as they want us to know it."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from loyalty.db.raw import moment_text
from loyalty.db.writes import insert_new, table_of
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.bonuses.models import Birthday
from loyalty.points.posting import content_hash

BIRTHDAY: Final = table_of(Birthday)
_LEAP_YEAR: Final = 2024


@dataclass(frozen=True, slots=True)
class BirthdayFacts:
    """A member's day of the year."""

    month: int
    day: int
    given_at: datetime


def birthday_of(session: Session, program_id: int, member_id: UUID) -> BirthdayFacts | None:
    """Say a member's day of the year, if they gave it."""
    row = session.execute(
        select(BIRTHDAY.c.month, BIRTHDAY.c.day, BIRTHDAY.c.given_at).where(
            BIRTHDAY.c.program_id == program_id, BIRTHDAY.c.member_id == member_id
        )
    ).one_or_none()
    return None if row is None else BirthdayFacts(*row)


def set_birthday(
    session: Session, program_id: int, member_id: UUID, *, month: int, day: int, at: datetime
) -> None:
    """Keep a member's day of the year; another one counts from the moment it is given.

    Errors: `SettingInvalidError` for a day that no year has.
    """
    if not 1 <= month <= 12:  # noqa: PLR2004  a year's months
        raise SettingInvalidError(field="month")
    if not 1 <= day <= calendar.monthrange(_LEAP_YEAR, month)[1]:
        raise SettingInvalidError(field="day")
    told = digest_of_birthday(program_id, member_id.hex, month, day, moment_text(at))
    values = {"month": month, "day": day, "given_at": at, "digest": told}
    key = {"program_id": program_id, "member_id": member_id}
    if insert_new(session, Birthday, {**key, **values}):
        return
    session.execute(
        update(BIRTHDAY)
        .where(BIRTHDAY.c.program_id == program_id, BIRTHDAY.c.member_id == member_id)
        .where(or_(BIRTHDAY.c.month != month, BIRTHDAY.c.day != day))
        .values(**values)
    )


def digest_of_birthday(
    program_id: object, member: object, month: object, day: object, given_at: object
) -> str:
    """Hash a day as it stands in the database, so that a flipped bit of it is found.

    It goes when the day goes: what somebody asked us to forget is in no seal. Unit: hex.
    """
    return content_hash("birthday", program_id, member, month, day, given_at)


def forget_birthday(session: Session, program_id: int, member_id: UUID) -> None:
    """Forget a member's day of the year."""
    session.execute(
        delete(BIRTHDAY).where(
            BIRTHDAY.c.program_id == program_id, BIRTHDAY.c.member_id == member_id
        )
    )


def born_on(
    session: Session,
    program_id: int,
    day: date,
    *,
    given_before: datetime,
    after: UUID | None,
    limit: int,
) -> Sequence[UUID]:
    """List members whose day it is, from one on, that gave it before a moment.

    Who was born on the 29th of February has the 28th in years that have no other.
    """
    days = and_(BIRTHDAY.c.month == day.month, BIRTHDAY.c.day == day.day)
    if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
        days = or_(days, and_(BIRTHDAY.c.month == 2, BIRTHDAY.c.day == 29))  # noqa: PLR2004
    statement = (
        select(BIRTHDAY.c.member_id)
        .where(BIRTHDAY.c.program_id == program_id, BIRTHDAY.c.given_at < given_before, days)
        .order_by(BIRTHDAY.c.member_id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(BIRTHDAY.c.member_id > after)
    return list(session.scalars(statement))
