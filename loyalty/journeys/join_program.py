"""One tap, no form: a shopper gets a card and an anonymous membership."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.cards import cards_of_member
from loyalty.identity.members import create_member
from loyalty.identity.queries import member_by_id
from loyalty.journeys.bonuses import welcome
from loyalty.journeys.carriers import PHONE, CarrierDraft, add_carrier
from loyalty.journeys.consents import SHOPPER
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import MalformedRequestError
from loyalty.points.bonuses.referrals import note_referral
from loyalty.points.create_wallet import create_wallet
from loyalty.programs.sessions import SHOPPER_TTL, open_session

# How long the same tap, sent again, is answered with the same card.
SAME_TAP: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Joined:
    """A new membership on this phone; `secret` is what its cookie holds."""

    member_id: UUID
    card_id: str
    wallet_id: UUID
    secret: str
    is_new: bool


def join_program(  # noqa: PLR0913  what a page knows of who joins
    session: Session,
    program_id: int,
    store_id: UUID,
    *,
    visit_id: UUID | None,
    language: str,
    tools: Tools,
    join_id: UUID | None = None,
    by_member_id: UUID | None = None,
) -> Joined:
    """Give a phone a card of its own, with an anonymous membership and an empty wallet.

    `join_id` is drawn with the page, so that a double tap is one card. `by_member_id` brought
    them along. A program may welcome its members with points.
    Errors: `MalformedRequestError` for a `join_id` that was used long ago.
    """
    at = tools.clock.now()
    made = create_member(
        session,
        program_id,
        store_id=store_id,
        language=language,
        at=at,
        keys=tools.keys,
        member_id=join_id,
    )
    wallet_id = create_wallet(session, program_id, made.member_id, at=at)
    if made.is_new:
        draft = CarrierDraft(made.member_id, store_id, PHONE, SHOPPER)
        card_id = add_carrier(session, program_id, draft, tools=tools).card_id
        welcome(session, program_id, made.member_id, wallet_id, at=at)
        if by_member_id is not None:
            note_referral(
                session, program_id, member_id=made.member_id, by_member_id=by_member_id, at=at
            )
    else:
        card_id = _card_of_the_first_tap(session, program_id, made.member_id, tools=tools)
    _, secret = open_session(
        session,
        program_id,
        kind="shopper",
        subject=card_id,
        at=at,
        ttl=SHOPPER_TTL,
        store_id=store_id,
        visit_id=visit_id,
    )
    return Joined(made.member_id, card_id, wallet_id, secret, made.is_new)


def _card_of_the_first_tap(
    session: Session, program_id: int, member_id: UUID, *, tools: Tools
) -> str:
    member = member_by_id(session, program_id, member_id)
    assert member is not None, "its key was just taken"
    cards = cards_of_member(session, program_id, member_id)
    if member.joined_at + SAME_TAP < tools.clock.now() or not cards:
        raise MalformedRequestError(field="join_id")
    return cards[0].card_id
