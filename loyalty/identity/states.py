"""Whether a value joins: values that stand for many are found, and staff may block one.

Both are told by rows, so what such a value had joined is judged again, and again when it may
join once more.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Select, bindparam, select, union_all, update
from sqlalchemy.orm import Session, aliased

from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.identity.errors import IdentifierUnknownError
from loyalty.identity.generic import CARD_LINK, Sighting, is_generic
from loyalty.identity.graph import blocks_of
from loyalty.identity.log import write_log
from loyalty.identity.models import Identifier, Link
from loyalty.identity.policy import GENERIC_KINDS
from loyalty.identity.resolve import lock_around, rejudge
from loyalty.identity.rules import RefusedRule

State = Literal["ok", "generic", "blocked"]
OK: Final = "ok"
GENERIC: Final = "generic"
BLOCKED: Final = "blocked"

_ID: Final = table_of(Identifier)
_LINK: Final = table_of(Link)


def _touching(own: Any, far: Any, *, of_kind: bool = False) -> Select[Any]:  # noqa: ANN401  ends
    found = (
        select(_LINK.c.link_id, _LINK.c.occurred_at, far, _ID.c.kind)
        .join(_ID, (_ID.c.program_id == _LINK.c.program_id) & (_ID.c.identifier_id == far))
        .where(
            _LINK.c.program_id == bindparam("program"),
            own == bindparam("own"),
            _LINK.c.active.is_(True),
        )
    )
    return found.where(_LINK.c.kind == bindparam("kind")) if of_kind else found


_ENDS: Final = ((_LINK.c.a, _LINK.c.b), (_LINK.c.b, _LINK.c.a))
_TOUCHING: Final = Prepared(union_all(*(_touching(*ends) for ends in _ENDS)))
_TOUCHING_OF_KIND: Final = Prepared(union_all(*(_touching(*ends, of_kind=True) for ends in _ENDS)))
_SET_STATE: Final = Prepared(
    update(_ID)
    .where(_ID.c.program_id == bindparam("program"), _ID.c.identifier_id == bindparam("own"))
    .values(state=bindparam("to"))
)
_STATE: Final = Prepared(
    select(_ID.c.kind, _ID.c.state).where(
        _ID.c.program_id == bindparam("program"), _ID.c.identifier_id == bindparam("identifier")
    )
)


def doubtful(session: Session, program_id: int, ends: Mapping[UUID, str], kind: str) -> set[UUID]:
    """Name the values that a link of a kind may make generic, or no more; `ends` with their kinds.

    They are its own ends and, where it gives a card to a member, what that card was seen with.
    """
    found = {end for end, end_kind in ends.items() if end_kind in GENERIC_KINDS}
    if kind == CARD_LINK:
        cards = [end for end, end_kind in ends.items() if end_kind == CARD_LINK]
        found |= _seen_with(session, program_id, cards)
    return found


def kind_and_state(session: Session, program_id: int, identifier_id: UUID) -> tuple[str, State]:
    """Say of which kind an identifier is and whether it joins."""
    row = _STATE.first(session, program=program_id, identifier=identifier_id)
    if row is None:
        raise IdentifierUnknownError
    return row[0], row[1]


def turned(
    session: Session,
    program_id: int,
    identifier_ids: Collection[UUID],
    *,
    without: Collection[str] = (),
    growing: bool = False,
) -> dict[UUID, State]:
    """Say which of some values stand for many now and did not before, or no more.

    `without` are links that are about to come off. `growing` says that evidence only came:
    what stood for many still does, and its links, which may be very many, are not read.
    """
    found: dict[UUID, State] = {}
    for identifier_id in sorted(identifier_ids):
        kind, state = kind_and_state(session, program_id, identifier_id)
        if state == BLOCKED or (growing and state == GENERIC):
            continue
        seen = _sightings(session, program_id, identifier_id, without=without)
        generic = is_generic(kind, seen)
        if generic != (state == GENERIC):
            found[identifier_id] = GENERIC if generic else OK
    return found


def touched_by(session: Session, program_id: int, states: dict[UUID, State]) -> frozenset[UUID]:
    """Name the identifiers whose blocks have to be judged when values change like this."""
    joining = [each for each, state in states.items() if state == OK]
    return frozenset(states) | _neighbors(session, program_id, joining)


def turn(
    session: Session,
    program_id: int,
    states: dict[UUID, State],
    *,
    cause: str,
    at: datetime,
    actor: str | None = None,
    reason: str | None = None,
) -> None:
    """Write how values stand from now on, and which links that refuses; judging comes after."""
    for identifier_id, state in sorted(states.items()):
        row = {"program": program_id, "own": identifier_id, "to": state}
        _SET_STATE.changed(session, row)
        _refuse_all(session, program_id, identifier_id, joins=state == OK)
        act = {OK: "joining", GENERIC: "generic", BLOCKED: "block"}[state]
        subject = f"identifier:{identifier_id} {cause}"
        write_log(session, program_id, act, subject, ((), ()), at=at, actor=actor, reason=reason)


def block_identifier(
    session: Session,
    program_id: int,
    identifier_id: UUID,
    *,
    blocked: bool,
    actor: str,
    at: datetime,
    reason: str | None = None,
) -> bool:
    """Let a value join nobody any more (the shop's own tablet), or again; say if that is new.

    The log keeps who said so, and why.
    Errors: `IdentifierUnknownError`.
    """
    states: dict[UUID, State] = {}

    def needed() -> frozenset[UUID]:
        states.clear()
        kind, state = kind_and_state(session, program_id, identifier_id)
        if blocked == (state == BLOCKED):
            return frozenset({identifier_id})
        if blocked:
            states[identifier_id] = BLOCKED
        else:
            many = is_generic(kind, _sightings(session, program_id, identifier_id))
            states[identifier_id] = GENERIC if many else OK
        return touched_by(session, program_id, states) | {identifier_id}

    lock_around(session, program_id, needed)
    if not states:
        return False
    act = "block" if blocked else "unblock"
    turn(session, program_id, states, cause=act, at=at, actor=actor, reason=reason)
    again = blocks_of(session, program_id, touched_by(session, program_id, states))
    rejudge(session, program_id, again, cause=f"identifier:{identifier_id}", at=at)
    return True


def _refuse_all(session: Session, program_id: int, identifier_id: UUID, *, joins: bool) -> None:
    """Refuse every link at a value, or let those be judged whose other end joins."""
    rule = RefusedRule.NOT_JOINING.value
    for own, far in _ENDS:
        other = aliased(_ID)
        change = update(_LINK).where(
            _LINK.c.program_id == program_id, own == identifier_id, _LINK.c.active.is_(True)
        )
        if joins:
            change = change.where(
                _LINK.c.refused_rule == rule,
                far.in_(
                    select(other.c.identifier_id).where(
                        other.c.program_id == program_id,
                        other.c.identifier_id == far,
                        other.c.state == OK,
                    )
                ),
            )
        session.execute(change.values(refused_rule=None if joins else rule))


def _neighbors(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> frozenset[UUID]:
    """List what active links hold to some identifiers."""
    return frozenset(
        other
        for identifier_id in identifier_ids
        for _, _, other, _ in _at(session, program_id, identifier_id)
    )


def _seen_with(session: Session, program_id: int, ends: Collection[UUID]) -> set[UUID]:
    """List the values of doubtful kinds that active links hold to some identifiers."""
    return {
        other
        for end in ends
        for _, _, other, kind in _at(session, program_id, end)
        if kind in GENERIC_KINDS
    }


def _sightings(
    session: Session, program_id: int, identifier_id: UUID, *, without: Collection[str] = ()
) -> list[Sighting]:
    """List the members a value was seen with and when, directly or one card further on."""
    found: list[Sighting] = []
    cards: dict[UUID, list[datetime]] = {}
    for link_id, at, other, kind in _at(session, program_id, identifier_id):
        if link_id in without:
            continue
        if kind == "member":
            found.append((at, other))
        elif kind == CARD_LINK:
            cards.setdefault(other, []).append(at)
    for card, times in cards.items():
        for link_id, _, member, _ in _at(session, program_id, card, kind=CARD_LINK):
            if link_id not in without:
                found += [(at, member) for at in times]
    return found


def _at(
    session: Session, program_id: int, identifier_id: UUID, *, kind: str | None = None
) -> Iterator[tuple[str, datetime, UUID, str]]:
    """List the active links at an identifier: id, time, the other end and its kind."""
    bound = {"program": program_id, "own": identifier_id}
    if kind is None:
        yield from _TOUCHING.rows(session, **bound)
    else:
        yield from _TOUCHING_OF_KIND.rows(session, **bound, kind=kind)
