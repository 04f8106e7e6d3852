"""Somebody separates what evidence joined, and puts it back; points stay where they are."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from loyalty.codes.live import set_live_visit, visit_in_force
from loyalty.identity.errors import LinkUnknownError
from loyalty.identity.links import restore_link, retract_found
from loyalty.identity.queries import LinkFacts, link_by_id, siblings_of
from loyalty.identity.resolve import lock_blocks
from loyalty.identity.values import card_id_of
from loyalty.journeys.card_owner import own_links, owner_of
from loyalty.journeys.consents import SHOPPER
from loyalty.journeys.join_memberships import join_again, undo_join
from loyalty.journeys.tools import Tools
from loyalty.programs.sessions import BrowserFacts

# A card and its membership are one thing: a card is voided, not unlinked. A join has points to
# give back: it is undone by `undo_join`.
UNLINKABLE: Final = frozenset(
    {"session", "email", "phone", "social", "receipt", "order", "vendor", "device", "staff"}
)


@dataclass(frozen=True, slots=True)
class Unlinked:
    """What came off: all evidence of one kind between the same two ends."""

    link_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PutBack:
    """What was put back; with `refused_rule` it is kept as evidence and joins nothing."""

    link_ids: tuple[str, ...]
    refused_rule: str | None = None


def unlink(
    session: Session,
    program_id: int,
    link_id: str,
    *,
    actor: str,
    tools: Tools,
    reason: str | None = None,
) -> Unlinked:
    """Retract a link and everything that says the same of the same two; points stay.

    Errors: `LinkUnknownError` for a link that does not exist or cannot come off alone.
    """
    link = link_by_id(session, program_id, link_id)
    if link is None or link.kind not in UNLINKABLE:
        raise LinkUnknownError
    at, ends = tools.clock.now(), (link.a, link.b)

    def same() -> list[str]:
        # A code that is read at this moment is waited for: what it proves comes off, too.
        return [each.link_id for each in siblings_of(session, program_id, link) if each.active]

    retracted = retract_found(
        session, program_id, same, beside=ends, actor=actor, at=at, reason=reason
    )
    _fall_silent(session, program_id, link, tools=tools)
    return Unlinked(link_ids=retracted)


def relink(session: Session, program_id: int, link_id: str, *, actor: str, tools: Tools) -> PutBack:
    """Undo an unlinking: put back what came off with this link, and say what it is worth now.

    Errors: `ConsentNeededError` when the consent behind it was withdrawn meanwhile.
    """
    link = link_by_id(session, program_id, link_id)
    if link is None or link.kind not in UNLINKABLE:
        raise LinkUnknownError
    lock_blocks(session, program_id, (link.a, link.b))
    together = [
        each.link_id
        for each in siblings_of(session, program_id, link)
        if not each.active and each.retracted_at == link.retracted_at
    ]
    at = tools.clock.now()
    back = [
        each for each in together if restore_link(session, program_id, each, actor=actor, at=at)
    ]
    now = link_by_id(session, program_id, link_id)
    return PutBack(tuple(back), now.refused_rule if now is not None and now.active else None)


def rejoin(session: Session, program_id: int, link_id: str, *, actor: str, tools: Tools) -> PutBack:
    """Undo the undoing of a join, as `join_again` does, and say whether a rule forbids it now."""
    again = join_again(session, program_id, link_id, actor=actor, tools=tools)
    return PutBack(() if again.link_id is None else (again.link_id,), again.refused_rule)


def unlink_own(session: Session, shopper: BrowserFacts, link_id: str, *, tools: Tools) -> Unlinked:
    """Let a shopper separate something from their own card, whoever linked it.

    Two cards that were put together come apart with the points of each.
    """
    link = _check_own(session, shopper, link_id)
    if link.kind == "join":
        undo_join(session, shopper.program_id, link_id, actor=SHOPPER, tools=tools)
        return Unlinked(link_ids=(link_id,))
    return unlink(session, shopper.program_id, link_id, actor=SHOPPER, tools=tools)


def relink_own(session: Session, shopper: BrowserFacts, link_id: str, *, tools: Tools) -> PutBack:
    """Let a shopper undo a separation they made themselves."""
    link = _check_own(session, shopper, link_id)
    if link.retracted_by != SHOPPER:
        raise LinkUnknownError
    if link.kind == "join":
        return rejoin(session, shopper.program_id, link_id, actor=SHOPPER, tools=tools)
    return relink(session, shopper.program_id, link_id, actor=SHOPPER, tools=tools)


def _check_own(session: Session, shopper: BrowserFacts, link_id: str) -> LinkFacts:
    """Find a link of the shopper's own; others do not exist for them."""
    for link in own_links(session, owner_of(session, shopper)):
        if link.link_id == link_id:
            return link
    raise LinkUnknownError


def _fall_silent(session: Session, program_id: int, link: LinkFacts, *, tools: Tools) -> None:
    """Stop the card's live codes from joining the same visit again a minute later."""
    ends = {link.a_kind: link.a, link.b_kind: link.b}
    if set(ends) != {"card", "session"}:
        return
    card_id, at = card_id_of(ends["card"]), tools.clock.now()
    spoken = visit_in_force(session, program_id, card_id, at=at)
    if spoken is not None and spoken[0] == ends["session"]:
        set_live_visit(session, program_id, card_id, visit_id=None, consent_id=None, at=at)
