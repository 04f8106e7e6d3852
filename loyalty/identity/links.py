"""Add evidence that two identifiers are one person, take it back, put it back."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.identity.consents import consent_is_live
from loyalty.identity.ends import End, blocks_at, ends_at
from loyalty.identity.errors import ConsentNeededError, JoinConflictError, LinkUnknownError
from loyalty.identity.evidence import (
    LinkDraft,
    LinkResult,
    LinkRow,
    fate_of,
    grow_earlier,
    is_still_told,
    keep_link,
    kinds_of,
    link_rows,
    mark_restored,
    mark_retracted,
    told_new,
)
from loyalty.identity.graph import any_conflicted, blocks_of
from loyalty.identity.log import write_log
from loyalty.identity.models import Link
from loyalty.identity.parting import part_quickly
from loyalty.identity.policy import LINKS
from loyalty.identity.resolve import lock_around, lock_found, rejudge, store_refusal
from loyalty.identity.rules import RefusedRule
from loyalty.identity.settle import NewLink, Settled, settle
from loyalty.identity.states import (
    OK,
    State,
    doubtful,
    kind_and_state,
    touched_by,
    turn,
    turned,
)

__all__ = [
    "LinkDraft",
    "LinkResult",
    "add_link",
    "links_of_consent",
    "restore_link",
    "retract_found",
    "retract_link",
    "retract_links",
]

JOIN: Final = "join"
_NAMED: Final = 8


def add_link(session: Session, draft: LinkDraft, *, at: datetime) -> LinkResult:
    """Keep a piece of evidence and judge the persons it touches; the same evidence counts once.

    A link that breaks a rule is kept with that rule and joins nothing. One that was retracted
    before stays retracted. Told again with an earlier time, it happened then.
    Errors: `ConsentNeededError` when it rests on a consent that does not live at this moment, and
    `JoinConflictError` for a join that named the other one before; nothing is kept then.
    """
    check_consent(session, draft.program_id, draft.consent_id)
    return add_checked(session, draft, at=at)


def add_checked(session: Session, draft: LinkDraft, *, at: datetime) -> LinkResult:
    """Do as `add_link` does, with a consent that this act has found live and holds."""
    program_id = draft.program_id
    assert (draft.stays is not None) == (draft.kind == JOIN), "a join names who stays"
    assert draft.stays in {None, draft.a, draft.b}, "the one who stays is one of the two"
    allowed = {None, draft.consent_id is not None}
    assert LINKS[draft.kind].consent in allowed, "a basis that this evidence cannot have"
    doubt: set[UUID] = set()
    ends: dict[UUID, End] = {}

    def look() -> frozenset[UUID]:
        ends.update(ends_at(session, program_id, (draft.a, draft.b)))
        kinds = {own: end.kind for own, end in ends.items()}
        doubt.update(doubtful(session, program_id, kinds, draft.kind))
        return blocks_at(ends) | blocks_of(session, program_id, doubt - ends.keys())

    blocks = lock_found(session, program_id, look)
    both = ends[draft.a], ends[draft.b]
    link_id, is_new = keep_link(session, draft, both, at=at)
    if is_new:
        return _judge_new(session, draft, link_id, both, (blocks, doubt), at=at)
    if draft.kind == JOIN:
        _check_stays(session, draft, link_id)
    if grow_earlier(session, draft, link_id):
        states = turned(session, program_id, doubt)
        turn(session, program_id, states, cause=link_id, at=at)
        rejudge(session, program_id, blocks, cause=link_id, at=at)
    return fate_of(session, draft, link_id, is_new=False)


def _check_stays(session: Session, draft: LinkDraft, link_id: str) -> None:
    """Hold that one event names one who stays: the link's id does not say who.

    Otherwise whoever was quicker would decide.
    """
    stays = select(Link.stays).where(Link.program_id == draft.program_id, Link.link_id == link_id)
    if session.execute(stays).scalar_one() != draft.stays:
        raise JoinConflictError(event=draft.event)


def _judge_new(
    session: Session,
    draft: LinkDraft,
    link_id: str,
    ends: tuple[End, End],
    around: tuple[frozenset[UUID], Collection[UUID]],
    *,
    at: datetime,
) -> LinkResult:
    """Bring the persons to what a new link says, the shortest way there is."""
    program_id, (blocks, doubt) = draft.program_id, around
    states = turned(session, program_id, doubt, growing=True)
    if not states:
        link = NewLink(link_id, LINKS[draft.kind].strength, draft.kind == JOIN)
        outcome = settle(session, program_id, link, ends, at=at)
        if isinstance(outcome, Settled):
            return told_new(link_id, outcome.person_id)
        if outcome == "not_joining":
            _refuse(session, program_id, link_id, at=at)
            rule = RefusedRule.NOT_JOINING.value
            return told_new(link_id, ends[0].person_id, refused_rule=rule)
    turn(session, program_id, states, cause=link_id, at=at)
    rejudge(session, program_id, blocks, cause=link_id, at=at)
    return fate_of(session, draft, link_id, is_new=True)


def _refuse(session: Session, program_id: int, link_id: str, *, at: datetime) -> None:
    """Refuse a link at a value that stands for many: it touches no person."""
    store_refusal(session, program_id, link_id, RefusedRule.NOT_JOINING.value)
    write_log(session, program_id, "refuse", link_id, ((), ()), at=at)


def retract_link(
    session: Session,
    program_id: int,
    link_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str | None = None,
) -> bool:
    """Take a link back: what it held together is judged again; say whether it was active.

    The row stays, with who retracted it, when, and the reason staff gave.
    """
    return bool(retract_links(session, program_id, [link_id], actor=actor, at=at, reason=reason))


def retract_links(
    session: Session,
    program_id: int,
    link_ids: Collection[str],
    *,
    actor: str,
    at: datetime,
    reason: str | None = None,
) -> tuple[str, ...]:
    """Take several links back at once; return those that were active until now."""
    return retract_found(session, program_id, lambda: link_ids, actor=actor, at=at, reason=reason)


def retract_found(
    session: Session,
    program_id: int,
    find: Callable[[], Collection[str]],
    *,
    beside: Collection[UUID] = (),
    actor: str,
    at: datetime,
    reason: str | None = None,
) -> tuple[str, ...]:
    """Take back what `find` names once everybody else is out; do else as `retract_links`.

    All that is locked is locked together: the blocks of `beside`, of the links' ends, and of
    what a value joins again that stood for many. Whoever held some of it first would wait
    for somebody who waits for them.
    """
    links: dict[str, LinkRow] = {}
    kinds: dict[UUID, str] = {}
    states: dict[UUID, State] = {}

    def needed() -> set[UUID]:
        link_ids = find()
        links.clear()
        links.update(link_rows(session, program_id, link_ids))
        if len(links) < len(set(link_ids)):
            raise LinkUnknownError
        kinds.clear()
        kinds.update(_kinds(session, program_id, links))
        doubt = _doubt(session, program_id, links, kinds)
        states.clear()
        states.update(turned(session, program_id, doubt, without=links.keys()))
        return kinds.keys() | doubt | touched_by(session, program_id, states) | set(beside)

    blocks = lock_around(session, program_id, needed)
    retracted = tuple(
        link_id
        for link_id in sorted(links)
        if mark_retracted(session, program_id, link_id, actor=actor, reason=reason, at=at)
    )
    if not retracted:
        return ()
    for link_id in retracted:
        write_log(
            session, program_id, "retract", link_id, ((), ()), at=at, actor=actor, reason=reason
        )
    cause = _named(retracted)
    turn(session, program_id, states, cause=cause, at=at)
    gone = [links[link_id] for link_id in retracted]
    if states or not (
        _is_held(session, program_id, gone, blocks)
        or (len(gone) == 1 and part_quickly(session, program_id, gone[0], at=at))
    ):
        rejudge(session, program_id, blocks, cause=cause, at=at)
    return retracted


def restore_link(
    session: Session, program_id: int, link_id: str, *, actor: str, at: datetime
) -> bool:
    """Put a retracted link back, as it was; say whether it was retracted until now.

    Errors: `LinkUnknownError`; `ConsentNeededError` when its consent was withdrawn meanwhile.
    """
    assert actor, "somebody puts a link back"
    links = link_rows(session, program_id, [link_id])
    if not links:
        raise LinkUnknownError
    check_consent(session, program_id, links[link_id].consent_id)
    kinds = _kinds(session, program_id, links)
    doubt: set[UUID] = set()

    def needed() -> set[UUID]:
        doubt.update(_doubt(session, program_id, links, kinds))
        return doubt | kinds.keys()

    blocks = lock_around(session, program_id, needed)
    if not mark_restored(session, program_id, link_id):
        return False
    write_log(session, program_id, "restore", link_id, ((), ()), at=at, actor=actor)
    states = turned(session, program_id, doubt)
    turn(session, program_id, states, cause=link_id, at=at)
    if any(kind_and_state(session, program_id, end)[1] != OK for end in kinds):
        _refuse(session, program_id, link_id, at=at)
    rejudge(session, program_id, blocks, cause=link_id, at=at)
    return True


def links_of_consent(session: Session, program_id: int, consent_id: UUID) -> list[str]:
    """List the active links that rest on one consent."""
    found = select(Link.link_id).where(
        Link.program_id == program_id, Link.consent_id == consent_id, Link.active.is_(True)
    )
    return list(session.execute(found).scalars())


def check_consent(session: Session, program_id: int, consent_id: UUID | None) -> None:
    """Hold that a consent lives, and keep it from ending until this act is done."""
    if consent_id is not None and not consent_is_live(session, program_id, consent_id, lock=True):
        raise ConsentNeededError


def _named(link_ids: Collection[str]) -> str:
    """Name what came off at once in one line of the log; each has a line of its own beside it."""
    named = sorted(link_ids)[:_NAMED]
    more = len(link_ids) - len(named)
    return " ".join([*named, f"+{more}"] if more else named)


def _kinds(session: Session, program_id: int, links: Mapping[str, LinkRow]) -> dict[UUID, str]:
    ends = {end for link in links.values() for end in (link.a, link.b)}
    return kinds_of(session, program_id, ends)


def _doubt(
    session: Session, program_id: int, links: Mapping[str, LinkRow], kinds: Mapping[UUID, str]
) -> set[UUID]:
    """Name the values that taking these links away, or putting them back, may turn."""
    return {
        value
        for link in links.values()
        for value in doubtful(
            session, program_id, {end: kinds[end] for end in (link.a, link.b)}, link.kind
        )
    }


def _is_held(
    session: Session,
    program_id: int,
    gone: Collection[LinkRow],
    blocks: Collection[UUID],
) -> bool:
    """Say whether nothing moves: other evidence says the same, and nothing was in dispute.

    Two joins of the same two members are not the same: each says who stays.
    """
    if any(link.kind == JOIN for link in gone):
        return False
    return all(is_still_told(session, program_id, link) for link in gone) and not any_conflicted(
        session, program_id, blocks
    )
