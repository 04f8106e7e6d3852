"""The carriers of cards: phones and printed cards, made, voided, issued again."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.cards import create_card
from loyalty.codes.cards import reissue_card as raise_epoch
from loyalty.codes.cards import void_card as void_row
from loyalty.codes.errors import CardUnknownError
from loyalty.codes.issue import issue_card_text
from loyalty.codes.models import Card
from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.links import LinkDraft, add_link
from loyalty.identity.members import create_member
from loyalty.journeys.card_owner import cards_of_members, owner_of_card
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.create_wallet import create_wallet
from loyalty.programs.sessions import revoke_all

PHONE = "phone"
PRINTED = "printed"
# Ten sheets of ten; more is a slip of the finger, and would keep the tills waiting.
PRINT_MOST = 100


@dataclass(frozen=True, slots=True)
class CarrierDraft:
    """A carrier to make for a member; `kind` is "phone" or "printed"."""

    member_id: UUID
    store_id: UUID
    kind: str
    actor: str


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """A printed card and the signed text on it; its address form is the page's to write."""

    card_id: str
    member_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Voided:
    """What voiding a card ended: whether it was active until now, and how many phones left."""

    was_active: bool
    signed_out: int


def add_carrier(session: Session, program_id: int, draft: CarrierDraft, *, tools: Tools) -> Card:
    """Make a card for a member and link the two: the contract is the evidence."""
    at = tools.clock.now()
    card = create_card(
        session, program_id, draft.member_id, store_id=draft.store_id, kind=draft.kind, at=at
    )
    identifier = ensure_identifier(
        session, program_id, "card", card.card_id, at=at, keys=tools.keys
    )
    link = LinkDraft(
        program_id=program_id,
        kind="card",
        a=identifier.identifier_id,
        b=draft.member_id,
        event=f"card:{card.card_id}",
        occurred_at=at,
        actor=draft.actor,
    )
    add_link(session, link, at=at)
    return card


def print_cards(
    session: Session,
    program_id: int,
    store_id: UUID,
    count: int,
    *,
    language: str,
    actor: str,
    tools: Tools,
) -> tuple[PrintedCard, ...]:
    """Make a stack of cards to print, each with an anonymous membership of its own.

    They can be handed out at once: each identifies and earns, and the first phone that opens
    one may take it.
    Errors: `SettingInvalidError` for a count of none or of more than 100.
    """
    if not 1 <= count <= PRINT_MOST:
        raise SettingInvalidError(field="count", most=PRINT_MOST)
    at = tools.clock.now()
    printed = []
    for _ in range(count):
        made = create_member(
            session, program_id, store_id=store_id, language=language, at=at, keys=tools.keys
        )
        create_wallet(session, program_id, made.member_id, at=at)
        draft = CarrierDraft(made.member_id, store_id, PRINTED, actor)
        card = add_carrier(session, program_id, draft, tools=tools)
        text = issue_card_text(session, card, keys=tools.keys)
        printed.append(PrintedCard(card.card_id, made.member_id, text))
    return tuple(printed)


def print_card_for(
    session: Session, program_id: int, member_id: UUID, *, store_id: UUID, actor: str, tools: Tools
) -> PrintedCard:
    """Print one more card for somebody who has a membership already."""
    draft = CarrierDraft(member_id, store_id, PRINTED, actor)
    card = add_carrier(session, program_id, draft, tools=tools)
    return PrintedCard(card.card_id, member_id, issue_card_text(session, card, keys=tools.keys))


def void_card(
    session: Session, program_id: int, card_id: str, *, reason: str, tools: Tools
) -> Voided:
    """Refuse every code of a lost card from now on and sign its phones out; points stay.

    Errors: `CardUnknownError`.
    """
    at = tools.clock.now()
    was_active = void_row(
        session, program_id, card_id, reason=" ".join(reason.split())[:200], at=at
    )
    signed_out = revoke_all(session, program_id, kind="shopper", subject=card_id, at=at)
    return Voided(was_active=was_active, signed_out=signed_out)


def reissue_card(session: Session, program_id: int, card_id: str, *, tools: Tools) -> PrintedCard:
    """Issue a card again: what was printed or shown before is refused as superseded.

    Errors: `CardUnknownError` for a void or unknown card.
    """
    card = raise_epoch(session, program_id, card_id)
    text = issue_card_text(session, card, keys=tools.keys)
    return PrintedCard(card.card_id, card.member_id, text)


def replace_card(
    session: Session, program_id: int, card_id: str, *, reason: str, actor: str, tools: Tools
) -> PrintedCard:
    """Void a lost card and print a new one for the same person."""
    owner = owner_of_card(session, program_id, card_id)
    lost = next(
        (
            card
            for card in cards_of_members(session, program_id, owner.member_ids)
            if card.card_id == card_id
        ),
        None,
    )
    if lost is None:
        raise CardUnknownError
    void_card(session, program_id, card_id, reason=reason, tools=tools)
    return print_card_for(
        session, program_id, owner.member_id, store_id=lost.store_id, actor=actor, tools=tools
    )
