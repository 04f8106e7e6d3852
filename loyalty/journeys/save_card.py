"""A shopper saves the card by e-mail: a code and a link, then this phone has it for good."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.identifiers import check_value, ensure_identifier, mark_verified
from loyalty.identity.links import LinkDraft, add_link
from loyalty.identity.queries import person_of_identifier
from loyalty.identity.resolve import lock_blocks
from loyalty.journeys.card_owner import CardOwner, cards_of_members, owner_of_card
from loyalty.journeys.carriers import PHONE, CarrierDraft, add_carrier
from loyalty.journeys.consents import SHOPPER
from loyalty.journeys.contract_links import device_seen, link_device
from loyalty.journeys.join_memberships import Join, join_memberships
from loyalty.journeys.join_program import join_program
from loyalty.journeys.tools import Tools
from loyalty.kernel.addresses import email_normalized
from loyalty.kernel.errors import NotFoundError
from loyalty.outbox.post import post_mail
from loyalty.outbox.rules import Topic
from loyalty.points.queries import balance_of, wallet_of_member
from loyalty.programs.challenges import (
    ChallengeFacts,
    ChallengeWrong,
    answer_challenge,
    challenge_by_id,
    open_challenge,
)
from loyalty.programs.queries import program_by_id, store_by_id
from loyalty.programs.sessions import SHOPPER_TTL, BrowserFacts, open_session
from loyalty.sales.queries import sales_of_cards

SAVE_CARD: Final = "save_card"
NO_CARD: Final = ""
# How long the question "put both cards together?" waits for its answer.
JOIN_OPEN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Saved:
    """The address belongs to this phone's card now; `join` when another card came in silently."""

    card_id: str
    member_id: UUID
    join: Join | None


@dataclass(frozen=True, slots=True)
class Restored:
    """A phone without a card has one again; `secret` is for its cookie.

    `is_new` when nobody had saved a card under the address: then a membership began, saved.
    """

    card_id: str
    member_id: UUID
    secret: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class JoinAsked:
    """The address has another membership, and both are worth something: the shopper decides.

    `keep_member` is the saved one, `other_member` the one on this phone. `answer_join` takes
    the answer, with the same challenge.
    """

    challenge_id: UUID
    card_id: str
    keep_member: UUID
    other_member: UUID
    points_saved: int
    points_here: int


@dataclass(frozen=True, slots=True)
class WrongCode:
    """The code did not fit; at `tries_left` 0 a new one has to be asked for."""

    tries_left: int


def ask_to_save(
    session: Session,
    program_id: int,
    email: str,
    *,
    card_id: str | None,
    store_id: UUID,
    language: str,
    tools: Tools,
) -> UUID:
    """Send a code and a link to an address; the answer is the same whoever has it.

    `card_id` is the asking phone's, none on a phone without a card.
    Errors: `EmailInvalidError`, `IdentifierBlockedError` for an address nobody reads.
    """
    at = tools.clock.now()
    address = email_normalized(email)
    check_value("email", address)
    challenge, code = open_challenge(
        session,
        program_id,
        purpose=SAVE_CARD,
        email=address,
        subject=card_id or NO_CARD,
        store_id=store_id,
        at=at,
        keys=tools.keys,
    )
    member_id = None
    if card_id is not None:
        member_id = owner_of_card(session, program_id, card_id).member_id
    store = store_by_id(session, program_id, store_id)
    post_mail(
        session,
        program_id,
        topic=Topic.SAVE_CARD,
        language=language,
        recipient=address,
        facts={
            "code": code,
            "challenge_id": str(challenge.challenge_id),
            "store_name": store.name if store else "",
        },
        subject_kind="member" if member_id else "",
        subject_id=str(member_id or ""),
        at=at,
    )
    return challenge.challenge_id


def confirm_save(
    session: Session,
    program_id: int,
    challenge_id: UUID,
    *,
    code: str | None,
    shopper: BrowserFacts | None = None,
    tools: Tools,
) -> Saved | Restored | JoinAsked | WrongCode:
    """Take the code, or none when the signed link was opened, and do what was asked for.

    `shopper` is the browser that answers, if it holds a card: signing in is evidence of which
    browser a membership uses. A wrong code is returned, not raised: the try it took has to be
    kept.
    """
    at = tools.clock.now()
    answered = answer_challenge(
        session,
        program_id,
        challenge_id,
        purpose=SAVE_CARD,
        code=code,
        at=at,
        keys=tools.keys,
    )
    if isinstance(answered, ChallengeWrong):
        return WrongCode(answered.tries_left)
    email = ensure_identifier(session, program_id, "email", answered.email, at=at, keys=tools.keys)
    mark_verified(session, program_id, email.identifier_id, at=at)
    person = person_of_identifier(session, program_id, email.identifier_id)
    saved_member = person.open_member_id if person is not None else None
    if answered.subject == NO_CARD:
        return _restore(session, answered, email.identifier_id, saved_member, tools=tools)
    is_own = shopper is not None and shopper.subject == answered.subject
    ends = {email.identifier_id, saved_member or email.identifier_id}
    if shopper is not None and is_own:
        ends.add(device_seen(session, program_id, shopper.session_id, tools=tools))
    done = _save(session, answered, email.identifier_id, saved_member, ends, tools=tools)
    if shopper is not None and is_own:
        proved = (
            (done.other_member, done.keep_member)
            if isinstance(done, JoinAsked)
            else (done.member_id,)
        )
        for member_id in proved:
            _link_browser(session, answered, shopper.session_id, member_id, tools=tools)
    return done


def answer_join(
    session: Session, shopper: BrowserFacts, challenge_id: UUID, *, tools: Tools
) -> Join:
    """Put both cards together, as the shopper said when `confirm_save` asked.

    The phone proves one membership, the challenge it answered less than an hour ago the other.
    Errors: `NotFoundError` for any other challenge.
    """
    program_id, at = shopper.program_id, tools.clock.now()
    challenge = challenge_by_id(session, program_id, challenge_id)
    if (
        challenge is None
        or challenge.purpose != SAVE_CARD
        or challenge.subject != shopper.subject
        or challenge.used_at is None
        or challenge.used_at + JOIN_OPEN < at
    ):
        raise NotFoundError
    email = ensure_identifier(session, program_id, "email", challenge.email, at=at, keys=tools.keys)
    person = person_of_identifier(session, program_id, email.identifier_id)
    owner = owner_of_card(session, program_id, shopper.subject)
    if person is None or person.open_member_id is None:
        raise NotFoundError
    return _join(session, challenge, owner, person.open_member_id, tools=tools)


def _save(
    session: Session,
    challenge: ChallengeFacts,
    email_id: UUID,
    saved_member: UUID | None,
    ends: Collection[UUID],
    *,
    tools: Tools,
) -> Saved | JoinAsked:
    """Save the card that asked, or say what stands between it and the address.

    `ends` are what this act links besides: all of it is locked at once, before any wallet.
    """
    owner = owner_of_card(session, challenge.program_id, challenge.subject)
    lock_blocks(session, challenge.program_id, {owner.member_id, *ends})
    if saved_member is None:
        _link_email(session, challenge, email_id, owner.member_id, tools=tools)
        return Saved(owner.card_id, owner.member_id, join=None)
    if saved_member == owner.member_id:
        return Saved(owner.card_id, owner.member_id, join=None)
    return _two_memberships(session, challenge, owner, saved_member, tools=tools)


def _restore(
    session: Session,
    challenge: ChallengeFacts,
    email_id: UUID,
    saved_member: UUID | None,
    *,
    tools: Tools,
) -> Restored:
    """Give a phone without a card one of its own, of the membership saved under the address."""
    program_id, store_id, at = challenge.program_id, challenge.store_id, tools.clock.now()
    assert store_id is not None, "a card is saved on a store's page"
    if saved_member is None:
        language = _language(session, program_id)
        joined = join_program(
            session, program_id, store_id, visit_id=None, language=language, tools=tools
        )
        _link_email(session, challenge, email_id, joined.member_id, tools=tools)
        return Restored(joined.card_id, joined.member_id, joined.secret, is_new=True)
    draft = CarrierDraft(saved_member, store_id, PHONE, SHOPPER)
    card = add_carrier(session, program_id, draft, tools=tools)
    here, secret = open_session(
        session,
        program_id,
        kind="shopper",
        subject=card.card_id,
        at=at,
        ttl=SHOPPER_TTL,
        store_id=store_id,
    )
    _link_browser(session, challenge, here.session_id, saved_member, tools=tools)
    return Restored(card.card_id, saved_member, secret, is_new=False)


def _two_memberships(
    session: Session,
    challenge: ChallengeFacts,
    owner: CardOwner,
    saved_member: UUID,
    *,
    tools: Tools,
) -> Saved | JoinAsked:
    """Join silently when this phone's membership is empty; ask when both are worth something."""
    here = _worth(session, challenge.program_id, owner)
    if here.is_empty:
        join = _join(session, challenge, owner, saved_member, tools=tools)
        return Saved(owner.card_id, join.keep_member, join=join)
    wallet_id = wallet_of_member(session, challenge.program_id, saved_member)
    saved = balance_of(session, challenge.program_id, wallet_id).points if wallet_id else 0
    return JoinAsked(
        challenge_id=challenge.challenge_id,
        card_id=owner.card_id,
        keep_member=saved_member,
        other_member=owner.member_id,
        points_saved=saved,
        points_here=here.points,
    )


@dataclass(frozen=True, slots=True)
class _Worth:
    points: int
    debt: int
    sales: int

    @property
    def is_empty(self) -> bool:
        return self.points == 0 and self.debt == 0 and self.sales == 0


def _worth(session: Session, program_id: int, owner: CardOwner) -> _Worth:
    wallet_id = wallet_of_member(session, program_id, owner.member_id)
    cards = cards_of_members(session, program_id, owner.member_ids)
    sales = sales_of_cards(session, program_id, [card.card_id for card in cards], limit=1)
    if wallet_id is None:
        return _Worth(points=0, debt=0, sales=len(sales))
    balance = balance_of(session, program_id, wallet_id)
    return _Worth(points=balance.points, debt=balance.debt, sales=len(sales))


def _join(
    session: Session,
    challenge: ChallengeFacts,
    owner: CardOwner,
    saved_member: UUID,
    *,
    tools: Tools,
) -> Join:
    return join_memberships(
        session,
        challenge.program_id,
        keep_member=saved_member,
        other_member=owner.member_id,
        actor=SHOPPER,
        event=f"challenge:{challenge.challenge_id}",
        tools=tools,
    )


def _link_email(
    session: Session, challenge: ChallengeFacts, email_id: UUID, member_id: UUID, *, tools: Tools
) -> None:
    """Link an address that was just proved with a membership: the shopper's own act."""
    at = tools.clock.now()
    draft = LinkDraft(
        program_id=challenge.program_id,
        kind="email",
        a=email_id,
        b=member_id,
        event=f"challenge:{challenge.challenge_id}",
        occurred_at=at,
        actor=SHOPPER,
    )
    add_link(session, draft, at=at)


def _link_browser(
    session: Session, challenge: ChallengeFacts, browser_id: UUID, member_id: UUID, *, tools: Tools
) -> None:
    """Keep that a membership was proved in a browser; with a second one it stands for nobody."""
    event = f"challenge:{challenge.challenge_id}"
    link_device(session, challenge.program_id, browser_id, member_id, event=event, tools=tools)


def _language(session: Session, program_id: int) -> str:
    program = program_by_id(session, program_id)
    assert program is not None, "a challenge belongs to a program"
    return program.language
