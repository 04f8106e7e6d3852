"""A shopper says yes or no to each purpose, and takes a yes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.live import set_live_visit, visit_in_force
from loyalty.identity.consents import (
    SOCIAL,
    WEB_VISITS,
    ConsentFacts,
    Wording,
    consents_of,
    live_consent,
    record_answer,
    withdraw,
)
from loyalty.identity.links import links_of_consent, retract_links
from loyalty.journeys.card_owner import CardOwner, cards_of_members, owner_of
from loyalty.journeys.link_account import forget_unlinked_accounts
from loyalty.journeys.open_visit import speak_for_visit
from loyalty.journeys.tools import Tools
from loyalty.programs.sessions import BrowserFacts

SHOPPER = "shopper"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal undid: the consents that ended and the links that rested on them."""

    consent_ids: tuple[UUID, ...]
    link_ids: tuple[str, ...]


def answer_consents(
    session: Session,
    shopper: BrowserFacts,
    answers: Mapping[str, bool],
    *,
    wordings: Mapping[str, str],
    language: str,
    tools: Tools,
) -> tuple[ConsentFacts, ...]:
    """Keep a yes or no for each purpose, with the words it was asked in.

    A no costs nothing. A no where a yes lives is a withdrawal. A yes to web visits lets the
    phone's codes speak for its visit from now on, never backwards.
    """
    owner = owner_of(session, shopper)
    at = tools.clock.now()
    for purpose in sorted(answers):
        living = _living(session, owner, purpose)
        if living and not answers[purpose]:
            _withdraw(session, owner, purpose, tools=tools)
            continue
        if answers[purpose] and live_consent(session, owner.program_id, owner.member_ids, purpose):
            continue
        record_answer(
            session,
            owner.program_id,
            owner.member_id,
            purpose=purpose,
            accepted=answers[purpose],
            wording=Wording(text=wordings[purpose], language=language),
            at=at,
        )
    if shopper.visit_id is not None and answers.get(WEB_VISITS):
        speak_for_visit(session, shopper, shopper.visit_id, tools=tools)
    return consents_of(session, owner.program_id, owner.member_ids)


def withdraw_consent(
    session: Session, shopper: BrowserFacts, purpose: str, *, tools: Tools
) -> Withdrawn:
    """Take a yes back: exactly the links of that purpose end, and the codes fall silent at once.

    Points stay. Withdrawing what does not live changes nothing.
    """
    return _withdraw(session, owner_of(session, shopper), purpose, tools=tools)


def _withdraw(session: Session, owner: CardOwner, purpose: str, *, tools: Tools) -> Withdrawn:
    at = tools.clock.now()
    ended = tuple(
        consent.consent_id
        for consent in _living(session, owner, purpose)
        if withdraw(session, owner.program_id, consent.consent_id, at=at)
    )
    resting = [
        link_id
        for consent_id in ended
        for link_id in links_of_consent(session, owner.program_id, consent_id)
    ]
    retracted = retract_links(session, owner.program_id, resting, actor=SHOPPER, at=at)
    if purpose == SOCIAL and ended:
        # The yes was all that these were kept on; there is nothing to undo later.
        forget_unlinked_accounts(session, owner.program_id, tools=tools, kept=timedelta())
    for card in cards_of_members(session, owner.program_id, owner.member_ids):
        silence_codes(session, owner.program_id, card.card_id, consent_ids=ended, tools=tools)
    return Withdrawn(consent_ids=ended, link_ids=retracted)


def _living(session: Session, owner: CardOwner, purpose: str) -> tuple[ConsentFacts, ...]:
    """List what a person's memberships accepted for a purpose and did not take back."""
    return tuple(
        consent
        for consent in consents_of(session, owner.program_id, owner.member_ids)
        if consent.purpose == purpose and consent.is_live
    )


def silence_codes(
    session: Session,
    program_id: int,
    card_id: str,
    *,
    consent_ids: tuple[UUID, ...],
    tools: Tools,
) -> None:
    """Let a card's live codes speak for no visit any more, if they spoke by these consents."""
    at = tools.clock.now()
    spoken = visit_in_force(session, program_id, card_id, at=at)
    if spoken is not None and spoken[1] in consent_ids:
        set_live_visit(session, program_id, card_id, visit_id=None, consent_id=None, at=at)
