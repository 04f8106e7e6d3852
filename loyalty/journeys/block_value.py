"""Staff say that a value joins nobody: the shop's own tablet, a number half a street gives."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.errors import NotBlockableError
from loyalty.identity.policy import BLOCKABLE_KINDS
from loyalty.identity.queries import IdentifierFacts, LinkFacts, identifiers_by_id
from loyalty.identity.rules import RefusedRule
from loyalty.identity.states import BLOCKED, block_identifier, kind_and_state
from loyalty.journeys.staff_says import Saying, check_reason
from loyalty.journeys.tools import Tools


def block_value(
    session: Session, said: Saying, identifier_id: UUID, *, undo: bool = False, tools: Tools
) -> bool:
    """Let a value join nobody from now on, or with `undo` again; say whether that is new.

    What only it had joined comes apart as with a value that stands for many, and points stay
    where they are. The log keeps who said so and why; taking it back needs no reason.
    Errors: `IdentifierUnknownError`; `NotBlockableError` for other kinds, a membership and a card
    first of all; `MalformedRequestError` without a reason.
    """
    if not undo:
        check_reason(said.reason)
    kind, _ = kind_and_state(session, said.program_id, identifier_id)
    if kind not in BLOCKABLE_KINDS:
        raise NotBlockableError(kind=kind)
    return block_identifier(
        session,
        said.program_id,
        identifier_id,
        blocked=not undo,
        actor=said.actor,
        at=tools.clock.now(),
        reason=said.reason or None,
    )


def blocked_beside(
    session: Session, program_id: int, links: Collection[LinkFacts], own: Collection[UUID]
) -> tuple[IdentifierFacts, ...]:
    """List the blocked values that a person was seen with: they point at nobody, and may again."""
    ends = {
        end
        for link in links
        if link.active and link.refused_rule == RefusedRule.NOT_JOINING
        for end in (link.a, link.b)
        if end not in own
    }
    if not ends:
        return ()
    found = identifiers_by_id(session, program_id, sorted(ends)).values()
    return tuple(
        sorted(
            (one for one in found if one.state == BLOCKED),
            key=lambda one: (one.first_occurred_at, one.identifier_id),
        )
    )
