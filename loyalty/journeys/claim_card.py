"""A phone opens the address on a printed card: the first may take the card, once."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.cards import card_by_id, claim_printed_card
from loyalty.codes.judge import judge_code
from loyalty.codes.models import Card
from loyalty.identity.queries import identifiers_of_person, open_member_of
from loyalty.journeys.card_owner import cards_of_members, owner_of, owner_of_card
from loyalty.journeys.carriers import PHONE, PRINTED, CarrierDraft, add_carrier
from loyalty.journeys.consents import SHOPPER
from loyalty.journeys.join_memberships import Join, join_memberships
from loyalty.journeys.tools import Tools
from loyalty.programs.sessions import SHOPPER_TTL, BrowserFacts, open_session
from loyalty.wire.codes import CodeKind, CodeOutcome


@dataclass(frozen=True, slots=True)
class CardPeek:
    """What anybody who opens the address may know: no points, no name, no history.

    `state` is "unclaimed" (this phone may take it), "taken", "own" (it is this phone's person's)
    or "refused" with the code's `outcome`. `store_id` says whose page to show.
    """

    state: Literal["unclaimed", "taken", "own", "refused"]
    outcome: CodeOutcome
    store_id: UUID | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """The phone has the card's membership now.

    On a phone without a card `secret` is for its new cookie; on one with a card both
    memberships were put together, as `join` says.
    """

    card_id: str
    member_id: UUID
    store_id: UUID
    secret: str | None
    join: Join | None


@dataclass(frozen=True, slots=True)
class AlreadyClaimed:
    """Another phone was first, or the code is refused; nothing of the card is shown."""

    store_id: UUID | None
    outcome: CodeOutcome


def peek_card(
    session: Session, program_id: int, text: str, *, shopper: BrowserFacts | None, tools: Tools
) -> CardPeek:
    """Say what the page behind a printed card's address may offer; changes nothing."""
    outcome, card = _read(session, program_id, text, tools=tools)
    if card is None or outcome is not CodeOutcome.OK:
        return CardPeek("refused", outcome, card.store_id if card else None)
    if shopper is not None and shopper.program_id == program_id:
        owner = owner_of(session, shopper)
        if card.member_id in owner.member_ids:
            return CardPeek("own", outcome, card.store_id)
    if _can_be_taken(session, card):
        return CardPeek("unclaimed", outcome, card.store_id)
    return CardPeek("taken", outcome, card.store_id)


def claim_card(
    session: Session,
    program_id: int,
    text: str,
    *,
    shopper: BrowserFacts | None,
    visit_id: UUID | None = None,
    tools: Tools,
) -> Claimed | AlreadyClaimed:
    """Let the first phone take an unclaimed printed card, whoever else tries at the same time.

    The phone gets a card of its own for the same membership, so that either can be lost alone.
    A phone that has a card keeps it: its owner holds both, so the two memberships become one,
    explained and undoable. Every later phone learns nothing.
    """
    outcome, card = _read(session, program_id, text, tools=tools)
    if card is None or outcome is not CodeOutcome.OK:
        return AlreadyClaimed(card.store_id if card else None, outcome)
    at = tools.clock.now()
    if not _can_be_taken(session, card) or not claim_printed_card(
        session, program_id, card.card_id, at=at
    ):
        return AlreadyClaimed(card.store_id, outcome)
    member_id = open_member_of(session, program_id, card.member_id)
    if shopper is not None:
        return _keep_both(session, shopper, card, member_id, tools=tools)
    draft = CarrierDraft(member_id, card.store_id, PHONE, SHOPPER)
    phone = add_carrier(session, program_id, draft, tools=tools)
    _, secret = open_session(
        session,
        program_id,
        kind="shopper",
        subject=phone.card_id,
        at=at,
        ttl=SHOPPER_TTL,
        store_id=card.store_id,
        visit_id=visit_id,
    )
    return Claimed(phone.card_id, member_id, card.store_id, secret, join=None)


def _can_be_taken(session: Session, card: Card) -> bool:
    """Say whether holding the paper is proof enough: nobody else proved to be its person.

    A card that was printed for somebody with a phone or a saved address is opened by signing
    in; whoever finds it in the street gets nothing.
    """
    if card.kind != PRINTED or card.claimed_at is not None:
        return False
    owner = owner_of_card(session, card.program_id, card.card_id)
    carriers = cards_of_members(session, card.program_id, owner.member_ids)
    if any(each.kind == PHONE and each.state == "active" for each in carriers):
        return False
    known = identifiers_of_person(session, card.program_id, owner.person.cluster_id)
    return all(each.kind != "email" for each in known)


def _keep_both(
    session: Session, shopper: BrowserFacts, card: Card, member_id: UUID, *, tools: Tools
) -> Claimed:
    """Put the printed card's membership together with the one on the phone, which stays."""
    owner = owner_of(session, shopper)
    join = join_memberships(
        session,
        shopper.program_id,
        keep_member=owner.member_id,
        other_member=member_id,
        actor=SHOPPER,
        event=f"claim:{card.card_id}",
        tools=tools,
    )
    return Claimed(owner.card_id, join.keep_member, card.store_id, secret=None, join=join)


def _read(
    session: Session, program_id: int, text: str, *, tools: Tools
) -> tuple[CodeOutcome, Card | None]:
    """Judge the code of a printed card now; the card only when the signature is good."""
    at = tools.clock.now()
    verdict = judge_code(
        session,
        program_id,
        text,
        scanned_at=at,
        received_at=at,
        clock_sure=True,
        keys=tools.keys,
        kinds={CodeKind.CARD},
    )
    if verdict.card_id is None:
        return verdict.outcome, None
    return verdict.outcome, card_by_id(session, program_id, verdict.card_id)
