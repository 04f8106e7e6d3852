"""Somebody who knows them says whether two are one person: yes, no, or leave it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.cannot_link import (
    NotTheSame,
    declare_not_the_same,
    take_back_not_the_same,
)
from loyalty.identity.errors import LinkUnknownError
from loyalty.identity.links import LinkDraft, add_link, retract_link
from loyalty.identity.queries import link_by_id
from loyalty.identity.resolve import lock_blocks
from loyalty.identity.review import ReviewEntry, ask_again, leave_alone, review_entry
from loyalty.journeys.join_memberships import Join, JoinUndone, join_memberships, undo_join
from loyalty.journeys.staff_says import check_staff_may_link
from loyalty.journeys.tools import Tools


@dataclass(frozen=True, slots=True)
class Approved:
    """Two persons became one: by which link, and what a join of two memberships moved."""

    link_id: str
    refused_rule: str | None
    join: Join | None


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What was decided about two persons, named by one identifier each: how it is undone."""

    a: UUID
    b: UUID
    is_new: bool


def approve(  # noqa: PLR0913  a question, an answer, and who gives it when and why
    session: Session,
    program_id: int,
    link_id: str,
    *,
    actor: str,
    reason: str,
    tools: Tools,
    keep_member: UUID | None = None,
    act_id: str = "",
) -> Approved:
    """Join two persons because staff say so, with a reason; two memberships are joined, too.

    Said again under another `act_id` after it was taken back, it is evidence of its own.
    `keep_member` is the membership that stays, the first side's unless it is said. Undone by
    `take_back_approval`.
    Errors: `LinkUnknownError` when the question is not asked any more: of two who answer at once,
    one does.
    """
    entry = _entry_in_hand(session, program_id, link_id)
    event = f"review:{entry.link_id}:{act_id}" if act_id else f"review:{entry.link_id}"
    if entry.one.open_member_id is None or entry.other.open_member_id is None:
        return _joined_by_staff(
            session, program_id, entry, actor=actor, reason=reason, event=event, tools=tools
        )
    members = entry.one.open_member_id, entry.other.open_member_id
    keep = keep_member if keep_member in members else members[0]
    assert keep is not None, "one of two memberships stays"
    join = join_memberships(
        session,
        program_id,
        keep_member=keep,
        other_member=members[1] if keep == members[0] else members[0],
        actor=actor,
        event=event,
        reason=reason,
        tools=tools,
    )
    if join.link_id is None:
        raise LinkUnknownError  # they are one already: there is nothing of ours to undo
    return Approved(join.link_id, join.refused_rule, join)


def take_back_approval(
    session: Session, program_id: int, link_id: str, *, actor: str, reason: str, tools: Tools
) -> JoinUndone | bool:
    """Undo an approval by the link it made: the question is asked again."""
    link = link_by_id(session, program_id, link_id)
    if link is not None and link.kind == "join":
        return undo_join(session, program_id, link_id, actor=actor, reason=reason, tools=tools)
    at = tools.clock.now()
    return retract_link(session, program_id, link_id, actor=actor, at=at, reason=reason)


def keep_apart(
    session: Session, program_id: int, link_id: str, *, actor: str, reason: str, tools: Tools
) -> LookedAt:
    """Say that two are not the same: stronger than every link. Undone by `may_be_one`."""
    entry = _entry_in_hand(session, program_id, link_id)
    a, b = entry.one.anchor_id, entry.other.anchor_id
    said = NotTheSame(program_id, a, b, actor=actor, reason=reason)
    return LookedAt(a, b, declare_not_the_same(session, said, at=tools.clock.now()))


def may_be_one(
    session: Session, program_id: int, a: UUID, b: UUID, *, actor: str, tools: Tools
) -> bool:
    """Take a "not the same" back."""
    at = tools.clock.now()
    return take_back_not_the_same(session, program_id, a, b, actor=actor, at=at)


def leave_it(
    session: Session, program_id: int, link_id: str, *, actor: str, tools: Tools
) -> LookedAt:
    """Decide nothing and ask no more about these two. Undone by `ask_again`."""
    entry = review_entry(session, program_id, link_id)
    a, b = entry.one.anchor_id, entry.other.anchor_id
    at = tools.clock.now()
    return LookedAt(a, b, leave_alone(session, program_id, a, b, actor=actor, at=at))


def ask_once_more(session: Session, program_id: int, a: UUID, b: UUID) -> bool:
    """Undo `leave_it`."""
    return ask_again(session, program_id, a, b)


def _entry_in_hand(session: Session, program_id: int, link_id: str) -> ReviewEntry:
    """Find a question with the evidence around it locked, so that it is answered once."""
    asking = link_by_id(session, program_id, link_id)
    if asking is None:
        raise LinkUnknownError
    lock_blocks(session, program_id, {asking.a, asking.b})
    return review_entry(session, program_id, link_id)


def _joined_by_staff(
    session: Session,
    program_id: int,
    entry: ReviewEntry,
    *,
    actor: str,
    reason: str,
    event: str,
    tools: Tools,
) -> Approved:
    at = tools.clock.now()
    check_staff_may_link(session, program_id, entry.one.anchor_id, entry.other.anchor_id)
    draft = LinkDraft(
        program_id=program_id,
        kind="staff",
        a=entry.one.anchor_id,
        b=entry.other.anchor_id,
        event=event,
        occurred_at=at,
        actor=actor,
        reason=reason,
    )
    made = add_link(session, draft, at=at)
    return Approved(made.link_id, made.refused_rule, join=None)
