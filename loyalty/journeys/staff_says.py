"""Staff say who is who, with a reason: together, not the same, separate; each once and undoable."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.cards import card_by_id
from loyalty.db.writes import hold
from loyalty.identity.cannot_link import (
    NotTheSame,
    declare_not_the_same,
    not_the_same_of,
    take_back_not_the_same,
)
from loyalty.identity.errors import (
    ConsentNeededError,
    IdentifierUnknownError,
    LinkUnknownError,
)
from loyalty.identity.links import LinkDraft, add_link
from loyalty.identity.policy import CONSENTED_KINDS
from loyalty.identity.queries import (
    LinkFacts,
    PersonFacts,
    identifiers_by_id,
    link_by_id,
    links_of_person,
    person_of_identifier,
)
from loyalty.identity.rules import RefusedRule
from loyalty.identity.values import card_id_of
from loyalty.journeys.join_memberships import AGAIN_LASTS, join_memberships, undo_join
from loyalty.journeys.tools import Tools
from loyalty.journeys.unlink import PutBack, rejoin, relink, unlink
from loyalty.kernel.errors import Fact, MalformedRequestError
from loyalty.points.answers import keep_answer, stored_answer
from loyalty.points.errors import ActConflictError

REASON_LENGTH_MIN = 3
REASON_LENGTH_MAX = 200
STAFF = "staff:"


@dataclass(frozen=True, slots=True)
class Saying:
    """Who says it, under which id, and why."""

    program_id: int
    act_id: str
    actor: str
    reason: str


def check_reason(reason: str) -> None:
    """Hold that staff say why, in a word at least.

    Errors: `MalformedRequestError`.
    """
    if not REASON_LENGTH_MIN <= len(reason.strip()) <= REASON_LENGTH_MAX:
        raise MalformedRequestError(field="reason")


@dataclass(frozen=True, slots=True)
class Put:
    """What putting two together did.

    `link_id` is none when they were one already; with `refused_rule` it joined nothing and never
    will by itself. `points` and `debt` changed hands between two memberships.
    """

    link_id: str | None
    refused_rule: str | None
    person_id: str
    points: int = 0
    debt: int = 0


def put_together(
    session: Session,
    said: Saying,
    a: UUID,
    b: UUID,
    *,
    keep_member: UUID | None = None,
    tools: Tools,
) -> Put:
    """Join two persons, named by an identifier of each; of two memberships one stays open.

    That is `keep_member`, or the first person's. Nothing is asked of inference: it is a
    contract link with the reason, and the points move by an act that is undone with it.
    Errors: `IdentifierUnknownError`; `ConsentNeededError` for a visit or an account of a network,
    which its own person links and nobody else; `MalformedRequestError` without a reason.
    """
    check_reason(said.reason)
    one, other = (_person(session, said.program_id, each) for each in (a, b))
    check_staff_may_link(session, said.program_id, a, b)
    if one.cluster_id == other.cluster_id:
        return Put(None, None, one.person_id)
    members = one.open_member_id, other.open_member_id
    event = f"staff:{said.act_id}"
    if members[0] is None or members[1] is None:
        draft = LinkDraft(
            program_id=said.program_id,
            kind="staff",
            a=a,
            b=b,
            event=event,
            occurred_at=tools.clock.now(),
            actor=said.actor,
            reason=said.reason,
        )
        made = add_link(session, draft, at=tools.clock.now())
        return Put(made.link_id, made.refused_rule, made.person_id)
    keep = members[1] if keep_member == members[1] else members[0]
    join = join_memberships(
        session,
        said.program_id,
        keep_member=keep,
        other_member=members[0] if keep == members[1] else members[1],
        actor=said.actor,
        event=event,
        reason=said.reason,
        tools=tools,
    )
    person = _person(session, said.program_id, keep)
    return Put(join.link_id, join.refused_rule, person.person_id, join.points, join.debt)


def separate(session: Session, said: Saying, link_id: str, *, tools: Tools) -> tuple[str, ...]:
    """Take evidence back, all that says the same of the same two; points stay where they are.

    Two memberships that were joined come apart with the points of each. The reason stays with
    what came off.
    Errors: `MalformedRequestError` without a reason; `LinkUnknownError` for a link that does not
    exist or cannot come off alone.
    """
    check_reason(said.reason)
    link = link_by_id(session, said.program_id, link_id)
    if link is None:
        raise LinkUnknownError
    how: dict[str, Any] = {"actor": said.actor, "reason": said.reason, "tools": tools}
    if link.kind == "join":
        undo_join(session, said.program_id, link_id, **how)
        return (link_id,)
    return unlink(session, said.program_id, link_id, **how).link_ids


def put_back(
    session: Session, program_id: int, link_id: str, *, actor: str, tools: Tools
) -> PutBack:
    """Undo a separation that staff made; what a shopper took off is theirs to put back.

    What somebody called "not the same" meanwhile stays apart, with the rule that says so.

    Errors: `LinkUnknownError`, `ConsentNeededError` when its consent was withdrawn meanwhile.
    """
    link = link_by_id(session, program_id, link_id)
    if link is None or not (link.retracted_by or STAFF).startswith(STAFF):
        raise LinkUnknownError
    if link.kind != "join":
        return relink(session, program_id, link_id, actor=actor, tools=tools)
    return rejoin(session, program_id, link_id, actor=actor, tools=tools)


def call_apart(session: Session, said: Saying, a: UUID, b: UUID, *, tools: Tools) -> bool:
    """Say that two are not the same: stronger than every link, until it is taken back.

    Of a card it is said of its membership: those two are one thing. Memberships that were joined
    and are two by it come apart with the points of each. Undone by `call_one_again`.
    Errors: `IdentifierUnknownError`; `MalformedRequestError` for one thing named twice, and
    without a reason.
    """
    check_reason(said.reason)
    one, other = _never_a_card(session, said.program_id, a, b)
    if one == other:
        raise MalformedRequestError(field="b")
    for each in (one, other):
        _person(session, said.program_id, each)
    apart = NotTheSame(said.program_id, one, other, actor=said.actor, reason=said.reason)
    is_new = declare_not_the_same(session, apart, at=tools.clock.now())
    for link in reversed(_joins_at(session, said.program_id, one, other)):
        if link.active and link.refused_rule == RefusedRule.CANNOT_LINK:
            undo_join(
                session,
                said.program_id,
                link.link_id,
                actor=said.actor,
                reason=said.reason,
                tools=tools,
            )
    return is_new


@dataclass(frozen=True, slots=True)
class OneAgain:
    """What taking a "not the same" back did: whether it held until now, and what it rejoined."""

    changed: bool
    back: PutBack


def call_one_again(
    session: Session, program_id: int, a: UUID, b: UUID, *, actor: str, tools: Tools
) -> OneAgain:
    """Take a "not the same" back: what evidence says of the two counts again.

    One that was once said of a card itself is taken back, too. A join that was undone by it is
    put back by whoever undid it, as long as any other.
    """
    ends = _never_a_card(session, program_id, a, b)
    at = tools.clock.now()
    undone = [
        link
        for said in not_the_same_of(session, program_id, frozenset(ends))
        if {said.a, said.b} == set(ends) and said.retracted_at is None and said.actor == actor
        for link in _joins_at(session, program_id, *ends)
        if link.retracted_by == actor and link.retracted_reason == said.reason
        if link.retracted_at is not None and said.at <= link.retracted_at >= at - AGAIN_LASTS
    ]
    taken_back = [
        take_back_not_the_same(session, program_id, *each, actor=actor, at=at)
        for each in sorted({(a, b), ends})
    ]
    again = [rejoin(session, program_id, link.link_id, actor=actor, tools=tools) for link in undone]
    return OneAgain(
        any(taken_back),
        PutBack(
            tuple(link_id for each in again for link_id in each.link_ids),
            next((each.refused_rule for each in again if each.refused_rule), None),
        ),
    )


def _joins_at(session: Session, program_id: int, a: UUID, b: UUID) -> list[LinkFacts]:
    """List the joins between the persons that two identifiers are, the oldest first."""
    one, other = _person(session, program_id, a), _person(session, program_id, b)
    if one.cluster_id == other.cluster_id:
        return []
    theirs = {link.link_id for link in links_of_person(session, program_id, other.cluster_id)}
    return [
        link
        for link in links_of_person(session, program_id, one.cluster_id)
        if link.kind == "join" and link.link_id in theirs
    ]


@dataclass(frozen=True, slots=True)
class Answered:
    """What an act did, as it is told again for ever."""

    facts: Mapping[str, Fact]
    replayed: bool


def once(
    session: Session,
    program_id: int,
    act_id: str,
    *,
    asked: Mapping[str, object],
    act: Callable[[], Mapping[str, Fact]],
    tools: Tools,
) -> Answered:
    """Do an act of the caller's id once; sent again it is told what it was told.

    Raises `ActConflictError` when the id was used for something else.
    """
    name = f"identity:{act_id}"
    hold(session, "identity", program_id, name)
    told = json.dumps(asked, sort_keys=True, default=str)
    request_hash = sha256(told.encode()).hexdigest()
    before = stored_answer(session, program_id, name)
    if before is not None:
        if before.request_hash != request_hash:
            raise ActConflictError(act_id=act_id)
        return Answered(before.facts, replayed=True)
    facts = act()
    keep_answer(
        session,
        program_id,
        name,
        request_hash=request_hash,
        outcome="ok",
        facts=facts,
        at=tools.clock.now(),
    )
    return Answered(facts, replayed=False)


def check_staff_may_link(session: Session, program_id: int, *ends: UUID) -> None:
    """Hold that no end of what staff say is a thing that only consent links.

    Otherwise a visit somebody took off, or never agreed to, would come back by the shop's word.
    Errors: `ConsentNeededError`.
    """
    kinds = {one.kind for one in identifiers_by_id(session, program_id, ends).values()}
    if not kinds.isdisjoint(CONSENTED_KINDS):
        raise ConsentNeededError


def _never_a_card(session: Session, program_id: int, a: UUID, b: UUID) -> tuple[UUID, UUID]:
    """Name a membership in the place of its card; anything else stands for itself."""
    kinds = identifiers_by_id(session, program_id, (a, b))

    def own(identifier_id: UUID) -> UUID:
        known = kinds.get(identifier_id)
        if known is None or known.kind != "card":
            return identifier_id
        card = card_by_id(session, program_id, card_id_of(identifier_id))
        return identifier_id if card is None else card.member_id

    return own(a), own(b)


def _person(session: Session, program_id: int, identifier_id: UUID) -> PersonFacts:
    person = person_of_identifier(session, program_id, identifier_id)
    if person is None:
        raise IdentifierUnknownError
    return person
