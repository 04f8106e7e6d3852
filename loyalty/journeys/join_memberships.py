"""Somebody who holds two memberships puts them together, and may take them apart again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.consents import consents_of
from loyalty.identity.errors import JoinConflictError, LinkUnknownError
from loyalty.identity.links import LinkDraft, add_link, retract_link
from loyalty.identity.queries import (
    LinkFacts,
    link_by_id,
    link_of_event,
    member_ids_of_identifier,
    open_member_of,
)
from loyalty.identity.resolve import lock_blocks
from loyalty.journeys.card_owner import cards_of_members
from loyalty.journeys.consents import silence_codes
from loyalty.journeys.hand_over_counted import hand_over_counted
from loyalty.journeys.parted import belongings, counted_back, parts_of
from loyalty.journeys.tools import Tools
from loyalty.points.bonuses.welcome import (
    give_welcome_again,
    is_welcomed,
    second_welcome,
    take_second_welcome,
    welcome_again,
)
from loyalty.points.earning.handed import all_counted
from loyalty.points.gates import take_wallets
from loyalty.points.posting import Act
from loyalty.points.queries import posting_of_act
from loyalty.points.transfer_units import (
    Members,
    Moved,
    moved_before,
    transfer_units,
    transfer_units_back,
)

# A join that was undone before: asking again with the same event does not bring it back.
RETRACTED: Final = "retracted"
# So long whoever took two cards apart may put them together again without a new proof.
AGAIN_LASTS: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Join:
    """What joining did.

    `link_id` is none when both were one already. With `refused_rule` the evidence is kept, joined
    nothing and moved nothing, and never will by itself. `points` and `debt` changed hands.
    `second_welcome` are points of the welcome that the person had a second time, and has no more.
    """

    link_id: str | None
    keep_member: UUID
    other_member: UUID
    points: int
    debt: int
    refused_rule: str | None = None
    second_welcome: int = 0


@dataclass(frozen=True, slots=True)
class JoinUndone:
    """What came back when a join was undone; `was_active` is false when it was undone before."""

    link_id: str
    points: int
    debt: int
    was_active: bool


def join_memberships(  # noqa: PLR0913  two ends, and who says so, when and why
    session: Session,
    program_id: int,
    *,
    keep_member: UUID,
    other_member: UUID,
    actor: str,
    event: str,
    tools: Tools,
    reason: str | None = None,
) -> Join:
    """Join two memberships: one stays open, and the other's points move to its wallet.

    Only somebody who proved both may ask, or staff who say their `reason`. The link is a
    contract with that actor; the transfer is an act of its own in the ledger,
    `join:<link_id>`, that both histories explain. Doing it again with the same `event` changes
    nothing.
    Errors: `JoinConflictError` when that event named the other one to stay.
    """
    at = tools.clock.now()
    # Who is who is asked with the evidence in hand: whoever joins the same two waits, and sees it.
    lock_blocks(session, program_id, {keep_member, other_member})
    before = link_of_event(session, program_id, other_member, kind="join", event=event)
    if before is not None:
        # Whoever looks up the two again after they were joined names one membership twice.
        if before.stays == other_member != keep_member:
            raise JoinConflictError(event=event)
        return _again(session, program_id, before, tools=tools)
    keep = open_member_of(session, program_id, keep_member)
    other = open_member_of(session, program_id, other_member)
    if keep == other:
        return Join(None, keep, other, points=0, debt=0)
    known = member_ids_of_identifier(session, program_id, keep) or (keep,)
    is_second = is_welcomed(session, program_id, known)
    draft = LinkDraft(
        program_id=program_id,
        kind="join",
        a=keep,
        b=other,
        event=event,
        occurred_at=at,
        actor=actor,
        stays=keep,
        reason=reason,
    )
    link = add_link(session, draft, at=at)
    if link.active and link.refused_rule is not None:
        # Kept as said and taken back: it must not join them one day without moving the points.
        retract_link(session, program_id, link.link_id, actor=actor, at=at)
    if not link.active or link.refused_rule is not None:
        return Join(link.link_id, keep, other, 0, 0, link.refused_rule or RETRACTED)
    ends = (keep, other)
    return _moved(session, program_id, link.link_id, ends, is_second=is_second, tools=tools)


def _again(session: Session, program_id: int, link: LinkFacts, *, tools: Tools) -> Join:
    """Tell what a join did when it was asked for the first time."""
    assert link.stays is not None, "a join names who stays"
    other = _other_end(link)
    if not link.active or link.refused_rule is not None:
        return Join(link.link_id, link.stays, other, 0, 0, link.refused_rule or RETRACTED)
    ends = (link.stays, other)
    return _moved(session, program_id, link.link_id, ends, is_second=False, tools=tools)


def _moved(
    session: Session,
    program_id: int,
    link_id: str,
    ends: tuple[UUID, UUID],
    *,
    is_second: bool,
    tools: Tools,
) -> Join:
    """Move the points of the membership that closes, once; less a second welcome, if it is one."""
    at = tools.clock.now()
    keep, other = ends
    # Both as they were told: whoever joins them has locked the evidence that says who is who.
    held = take_wallets(session, program_id, lambda: {"keep": keep, "other": other}, at=at)
    if is_second:
        closing = held["other"].wallet_id
        take_second_welcome(session, program_id, closing, link_id=link_id, at=at)
    second = second_welcome(session, program_id, link_id)
    handed = all_counted(
        session, program_id, giver=held["other"].wallet_id, taker=held["keep"].wallet_id
    )
    moved = transfer_units(
        session,
        program_id,
        Members(source=other, target=keep),
        act=Act(f"join:{link_id}", occurred_at=at, subject=link_id, basis=handed.basis()),
        at=at,
    )
    if not moved.replayed:
        hand_over_counted(session, program_id, handed, act="join", link_id=link_id, at=at)
    return Join(link_id, keep, other, moved.points, moved.debt, second_welcome=second)


def undo_join(
    session: Session,
    program_id: int,
    link_id: str,
    *,
    actor: str,
    tools: Tools,
    reason: str | None = None,
) -> JoinUndone:
    """Take two memberships apart: each has its cards, its history and its points again.

    What was earned meanwhile goes with the card it was earned by; points that were used
    together in between stay used. A welcome that the join took is there again.
    Errors: `LinkUnknownError` when there is no such join.
    """
    link = link_by_id(session, program_id, link_id)
    if link is None or link.kind != "join" or link.stays is None:
        raise LinkUnknownError
    at = tools.clock.now()
    was_active = retract_link(session, program_id, link_id, actor=actor, at=at, reason=reason)
    _speak_for_own_consents(session, program_id, (link.a, link.b), tools=tools)
    told = moved_before(session, program_id, f"unjoin:{link_id}", member_id=_other_end(link))
    if told is None:
        # What was joined may have been joined to others since: it lies with who stands for it now.
        target = open_member_of(session, program_id, link.stays)
        members = Members(source=_other_end(link), target=target)
        told = _part(session, program_id, link_id, members, at=at)
    points = told.points + welcome_again(session, program_id, link_id)
    return JoinUndone(link_id, points=points, debt=told.debt, was_active=was_active)


def _part(
    session: Session, program_id: int, link_id: str, members: Members, *, at: datetime
) -> Moved:
    """Give back, once, what belongs to the membership that stands alone again."""
    source = open_member_of(session, program_id, members.source)
    if source == members.target or posting_of_act(session, program_id, f"join:{link_id}") is None:
        return Moved(0, 0)
    goes = belongings(session, program_id, members.source)
    handed = counted_back(session, program_id, members, goes=goes, at=at)
    back = transfer_units_back(
        session,
        program_id,
        members,
        act=Act(f"unjoin:{link_id}", occurred_at=at, subject=link_id, basis=handed.basis()),
        undoes=f"join:{link_id}",
        at=at,
        parts=parts_of(session, program_id, goes=goes, holder=members.target),
    )
    give_welcome_again(session, program_id, link_id=link_id, at=at)
    if not back.replayed:
        hand_over_counted(session, program_id, handed, act="unjoin", link_id=link_id, at=at)
    return Moved(back.points, back.debt)


def join_again(
    session: Session, program_id: int, link_id: str, *, actor: str, tools: Tools
) -> Join:
    """Undo the undoing of a join, by whoever undid it and shortly after: evidence of its own.

    Errors: `LinkUnknownError` when there is no such join, or it was undone by somebody else or
    longer ago.
    """
    link = link_by_id(session, program_id, link_id)
    if link is None or link.kind != "join" or link.stays is None or link.retracted_at is None:
        raise LinkUnknownError
    if link.retracted_by != actor or link.retracted_at + AGAIN_LASTS < tools.clock.now():
        raise LinkUnknownError
    return join_memberships(
        session,
        program_id,
        keep_member=link.stays,
        other_member=_other_end(link),
        actor=actor,
        event=f"again:{link_id}",
        reason=link.reason,
        tools=tools,
    )


def _speak_for_own_consents(
    session: Session, program_id: int, members: tuple[UUID, UUID], *, tools: Tools
) -> None:
    """Let no card's codes speak for a visit by a consent that is the other membership's now."""
    for one, other in (members, members[::-1]):
        own = member_ids_of_identifier(session, program_id, one)
        theirs = member_ids_of_identifier(session, program_id, other)
        if other in own:
            return
        consents = consents_of(session, program_id, theirs)
        for card in cards_of_members(session, program_id, own):
            silence_codes(
                session,
                program_id,
                card.card_id,
                consent_ids=tuple(consent.consent_id for consent in consents),
                tools=tools,
            )


def _other_end(link: LinkFacts) -> UUID:
    return link.b if link.a == link.stays else link.a
