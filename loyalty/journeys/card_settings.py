"""What a shopper sets for the card besides its PIN: a birthday; and who they bring along."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.tools import Tools
from loyalty.points.bonuses.birthdays import (
    BirthdayFacts,
    birthday_of,
    forget_birthday,
    set_birthday,
)
from loyalty.points.bonuses.referrals import rewarded_for
from loyalty.points.policy import policy_in_force
from loyalty.programs.sessions import BrowserFacts


@dataclass(frozen=True, slots=True)
class CardSettings:
    """What can be set for a card, and what the program gives for it.

    Units: points. `friends_left` is how many more friends the program rewards this member for.
    """

    member_id: UUID
    birthday: BirthdayFacts | None
    birthday_points: int
    referral_points: int
    friends: int
    friends_left: int


def card_settings(session: Session, shopper: BrowserFacts, *, at: datetime) -> CardSettings:
    """Say what is set for the card of a phone.

    Errors: `CardUnknownError`.
    """
    owner = owner_of(session, shopper)
    policy = policy_in_force(session, owner.program_id, at=at)
    friends = rewarded_for(session, owner.program_id, owner.member_id)
    return CardSettings(
        member_id=owner.member_id,
        birthday=birthday_of(session, owner.program_id, owner.member_id),
        birthday_points=policy.birthday_points,
        referral_points=policy.referral_points,
        friends=friends,
        friends_left=max(0, policy.referral_most - friends),
    )


def set_own_birthday(
    session: Session, shopper: BrowserFacts, *, month: int, day: int, tools: Tools
) -> None:
    """Keep the day of the year a shopper was born on; the year is nobody's business.

    Errors: `CardUnknownError`, `SettingInvalidError` for a day that no year has.
    """
    owner = owner_of(session, shopper)
    set_birthday(
        session, owner.program_id, owner.member_id, month=month, day=day, at=tools.clock.now()
    )


def forget_own_birthday(session: Session, shopper: BrowserFacts) -> None:
    """Forget the day again. Errors: `CardUnknownError`."""
    owner = owner_of(session, shopper)
    forget_birthday(session, owner.program_id, owner.member_id)
