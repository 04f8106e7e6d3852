"""Whose a shown card is: the person, the wallet that earns, and the visit that showed it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.live import visit_in_force
from loyalty.codes.verdict import Verdict
from loyalty.db.prepared import Prepared
from loyalty.db.writes import is_postgresql
from loyalty.identity.attach import attach
from loyalty.identity.consents import consent_is_live
from loyalty.identity.errors import ConsentNeededError
from loyalty.identity.identifiers import ensure_identifiers
from loyalty.identity.links import LinkDraft, LinkResult, add_link, retract_link
from loyalty.identity.queries import (
    MEMBER,
    NAMED_PERSON,
    NamedPerson,
    link_by_id,
    named_person_of_card,
    open_member_of_card,
)
from loyalty.identity.resolve import lock_blocks
from loyalty.identity.values import own_identifier_id
from loyalty.journeys.till_words import PersonShort
from loyalty.journeys.tools import Tools
from loyalty.points.create_wallet import create_wallet
from loyalty.points.gates import take_wallets, until_it_stands
from loyalty.points.queries import (
    BALANCE,
    BALANCE_FACTS,
    OF_WALLET,
    POINTS,
    WALLET,
    BalanceFacts,
)
from loyalty.wire.codes import CodeKind

_FACTS: Final = len(BALANCE_FACTS)
_OWNER_LOCKED: Final = Prepared(
    NAMED_PERSON.join(
        WALLET,
        (WALLET.c.program_id == MEMBER.c.program_id) & (WALLET.c.member_id == MEMBER.c.member_id),
    )
    .join(BALANCE, OF_WALLET)
    .where(WALLET.c.unit == POINTS)
    .add_columns(*BALANCE_FACTS)
    .with_for_update(of=BALANCE)
)


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
    """Take all that the owner of a card has, and say whose it is and what points it holds.

    Whose it is and what it holds is one look; on PostgreSQL a second one tells whether somebody
    joined two memberships while we waited.
    """
    is_shared, identifier_id = is_postgresql(session), own_identifier_id("card", card_id)
    missing: list[UUID] = []

    def attempt() -> tuple[NamedPerson, BalanceFacts] | None:
        for member_id in missing:
            create_wallet(session, program_id, member_id, at=at)
        row = _OWNER_LOCKED.first(session, program=program_id, identifier=identifier_id)
        if row is not None and not is_shared:
            return _owner(row)
        person = named_person_of_card(session, program_id, card_id)
        assert person is not None, "a card belongs to a membership from its first day"
        missing[:] = [person.member_id] if row is None else []
        found = None if row is None else _owner(row)
        return found if found is not None and found[0].member_id == person.member_id else None

    return until_it_stands(session, attempt)


def _owner(row: Sequence[Any]) -> tuple[NamedPerson, BalanceFacts]:
    return NamedPerson(*row[:-_FACTS]), BalanceFacts(*row[-_FACTS:])


def lock_wallets_of_cards(
    session: Session, program_id: int, card_ids: Sequence[str], *, at: datetime
) -> dict[str, UUID]:
    """Take all that the owners of some cards have, and say which wallets these earn into."""

    def look() -> dict[str, UUID]:
        return {card_id: _member(session, program_id, card_id) for card_id in card_ids}

    held = take_wallets(session, program_id, look, at=at)
    return {card_id: balance.wallet_id for card_id, balance in held.items()}


def _member(session: Session, program_id: int, card_id: str) -> UUID:
    member_id = open_member_of_card(session, program_id, card_id)
    assert member_id is not None, "a card belongs to a membership from its first day"
    return member_id


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
    draft = _draft(session, shown, tools=tools)
    if draft is None:
        return None
    try:
        return attach(session, draft, *_both(shown, draft), at=tools.clock.now(), keys=tools.keys)
    except ConsentNeededError:
        return None


def take_visit(
    session: Session,
    program_id: int,
    shown: ShownCode | None,
    *,
    tools: Tools,
    beside: Collection[UUID] = (),
) -> None:
    """Keep everybody out of what `link_visit` will touch, and out of what else an act links.

    For an act that links more than one thing, or pays before it links: all at once, in order.
    """
    draft = None if shown is None else _evidence(session, shown, tools=tools, beside=beside)
    ends = {*beside} if draft is None else {draft.a, draft.b, *beside}
    if ends:
        lock_blocks(session, program_id, ends)


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


def _evidence(
    session: Session, shown: ShownCode, *, tools: Tools, beside: Collection[UUID] = ()
) -> LinkDraft | None:
    """Say what a shown code is evidence of, and make sure that both ends are known.

    Its consent is kept from ending until this act is done.
    """
    draft = _draft(session, shown, tools=tools)
    if draft is None or draft.consent_id is None:
        return None
    if not consent_is_live(session, shown.program_id, draft.consent_id, lock=True):
        # Not even the hash of the session is kept without consent.
        return None
    ensure_identifiers(
        session,
        shown.program_id,
        _both(shown, draft),
        at=draft.occurred_at,
        keys=tools.keys,
        beside=beside,
    )
    return draft


def _draft(session: Session, shown: ShownCode, *, tools: Tools) -> LinkDraft | None:
    """Say what a shown code would be evidence of; a printed card speaks for no visit."""
    card_id = shown.verdict.card_id
    if shown.verdict.kind is not CodeKind.LIVE or card_id is None:
        return None
    moment = _shown_at(shown, now=tools.clock.now())
    visit = visit_in_force(session, shown.program_id, card_id, at=moment)
    if visit is None:
        return None
    visit_id, consent_id = visit
    card = own_identifier_id("card", card_id)
    assert card is not None, "cards are ours"
    return LinkDraft(
        program_id=shown.program_id,
        kind="session",
        a=visit_id,
        b=card,
        event=shown.event,
        occurred_at=moment,
        actor=f"till:{shown.till_id}",
        consent_id=consent_id,
    )


def _both(shown: ShownCode, draft: LinkDraft) -> tuple[tuple[str, str], tuple[str, str]]:
    """Give the kinds and values of the two that a shown code is evidence of."""
    card_id = shown.verdict.card_id
    assert card_id is not None, "without a card there is no evidence"
    return ("session", str(draft.a)), ("card", card_id)


def _shown_at(shown: ShownCode, *, now: datetime) -> datetime:
    """Say when a code was on the screen: the till's word, or the code's own without a clock."""
    if shown.clock_sure and shown.scanned_at <= now:
        return shown.scanned_at
    expires_at = shown.verdict.expires_at
    return now if expires_at is None else min(now, expires_at)
