"""Whose a shown card is: the person, the wallet that earns, and the visit that showed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.live import visit_in_force
from loyalty.codes.verdict import Verdict
from loyalty.db.writes import is_postgresql
from loyalty.identity.consents import consent_is_live
from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.links import LinkDraft, LinkResult, add_link, retract_link
from loyalty.identity.queries import (
    NamedPerson,
    link_by_id,
    named_person_of_card,
    open_member_of_card,
)
from loyalty.identity.resolve import lock_blocks
from loyalty.journeys.till_words import PersonShort
from loyalty.journeys.tools import Tools
from loyalty.points.create_wallet import create_wallet
from loyalty.points.posting import lock_wallets
from loyalty.points.queries import BalanceFacts, lock_balance_of_member, wallet_of_member
from loyalty.wire.codes import CodeKind

# A join of two memberships may move the wallet while we wait for it; twice is already rare.
_LOOKS_MAX = 5


def person_short(session: Session, program_id: int, card_id: str) -> PersonShort | None:
    """Say whose a card is, in the few words a counter needs."""
    person = named_person_of_card(session, program_id, card_id)
    return None if person is None else in_short(person)


def in_short(person: NamedPerson) -> PersonShort:
    """Say who a person is, in the few words a counter needs."""
    return PersonShort(
        person_id=person.person_id,
        display_name=person.display_name,
        member_since=person.joined_at,
    )


def lock_wallet_of_card(
    session: Session, program_id: int, card_id: str, *, at: datetime
) -> tuple[NamedPerson, BalanceFacts]:
    """Lock the wallet one card earns into, and say whose it is and what it holds.

    As `lock_wallets_of_cards` does for several: whose the card is, is asked again after the lock.
    """
    person = _owner(session, program_id, card_id)
    for _ in range(_LOOKS_MAX):
        balance = lock_balance_of_member(session, program_id, person.member_id)
        if balance is None:
            create_wallet(session, program_id, person.member_id, at=at)
            continue
        if not is_postgresql(session):
            return person, balance  # the one writer of SQLite is us
        again = _owner(session, program_id, card_id)
        if again.member_id == person.member_id:
            return again, balance
        person = again
    message = "the wallet of a card would not stand still"
    raise AssertionError(message)


def _owner(session: Session, program_id: int, card_id: str) -> NamedPerson:
    person = named_person_of_card(session, program_id, card_id)
    assert person is not None, "a card belongs to a membership from its first day"
    return person


def lock_wallets_of_cards(
    session: Session, program_id: int, card_ids: Sequence[str], *, at: datetime
) -> dict[str, UUID]:
    """Lock the wallets some cards earn into, all at once, and say which they are.

    While we wait, somebody may join two memberships: then the points must go to the one that
    stays, so after the lock it is looked up again.
    """
    wallets = _wallets(session, program_id, card_ids, at=at)
    if not is_postgresql(session):
        return wallets  # the one writer of SQLite is us
    for _ in range(_LOOKS_MAX):
        lock_wallets(session, program_id, wallets.values())
        again = _wallets(session, program_id, card_ids, at=at)
        if again == wallets:
            return wallets
        wallets = again
    message = "the wallet of a card would not stand still"
    raise AssertionError(message)


def _wallets(
    session: Session, program_id: int, card_ids: Sequence[str], *, at: datetime
) -> dict[str, UUID]:
    found: dict[str, UUID] = {}
    for card_id in card_ids:
        member_id = open_member_of_card(session, program_id, card_id)
        assert member_id is not None, "a card belongs to a membership from its first day"
        wallet_id = wallet_of_member(session, program_id, member_id)
        found[card_id] = wallet_id or create_wallet(session, program_id, member_id, at=at)
    return found


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A code that was shown at a till, and the event its evidence speaks of ("sale:…")."""

    program_id: int
    till_id: UUID
    verdict: Verdict
    scanned_at: datetime
    clock_sure: bool
    event: str


def link_visit(session: Session, shown: ShownCode, *, tools: Tools) -> LinkResult | None:
    """Link the web session that showed a live code to its card; none when there is nothing to link.

    Only with a consent that was live when the code was handed out, when it was scanned, and
    now. A printed card speaks for no session.
    """
    draft = _evidence(session, shown, tools=tools)
    return None if draft is None else add_link(session, draft, at=tools.clock.now())


def move_visit_link(
    session: Session,
    program_id: int,
    old_link_id: str | None,
    shown: ShownCode | None,
    *,
    actor: str,
    tools: Tools,
) -> LinkResult | None:
    """Take back the evidence that a code was shown, and add that of another one, if any.

    What both touch is locked at once and in order: two sales that change places between the
    same two persons would otherwise wait for each other in a circle.
    """
    draft = None if shown is None else _evidence(session, shown, tools=tools)
    old = None if old_link_id is None else link_by_id(session, program_id, old_link_id)
    ends = [end for evidence in (old, draft) if evidence for end in (evidence.a, evidence.b)]
    if ends:
        lock_blocks(session, program_id, ends)
    if old is not None:
        retract_link(session, program_id, old.link_id, actor=actor, at=tools.clock.now())
    return None if draft is None else add_link(session, draft, at=tools.clock.now())


def _evidence(session: Session, shown: ShownCode, *, tools: Tools) -> LinkDraft | None:
    """Say what a shown code is evidence of, and make sure that both ends are known.

    Its consent is kept from ending until this act is done.
    """
    card_id = shown.verdict.card_id
    if shown.verdict.kind is not CodeKind.LIVE or card_id is None:
        return None
    moment = _shown_at(shown, now=tools.clock.now())
    visit = visit_in_force(session, shown.program_id, card_id, at=moment)
    if visit is None:
        return None
    visit_id, consent_id = visit
    if not consent_is_live(session, shown.program_id, consent_id, lock=True):
        # Not even the hash of the session is kept without consent.
        return None
    web, card = (
        ensure_identifier(session, shown.program_id, kind, value, at=moment, keys=tools.keys)
        for kind, value in (("session", str(visit_id)), ("card", card_id))
    )
    return LinkDraft(
        program_id=shown.program_id,
        kind="session",
        a=web.identifier_id,
        b=card.identifier_id,
        event=shown.event,
        occurred_at=moment,
        actor=f"till:{shown.till_id}",
        consent_id=consent_id,
    )


def _shown_at(shown: ShownCode, *, now: datetime) -> datetime:
    """Say when a code was on the screen: the till's word, or the code's own without a clock."""
    if shown.clock_sure and shown.scanned_at <= now:
        return shown.scanned_at
    expires_at = shown.verdict.expires_at
    return now if expires_at is None else min(now, expires_at)
