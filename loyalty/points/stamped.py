"""What sales have stamped on one card, by the postings that speak of both."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty.db.memory import remembered
from loyalty.points.queries import ENTRY, OF_POSTING, POSTING, retired_rewards, rewards_of
from loyalty.points.rules import STAMPS, RewardFacts

SUBJECT: Final = "stamps:"
_STAMP: Final = "stamp:"
_UNSTAMP: Final = "unstamp:"
# More cards than any shop has retired; what an older one still holds is left as it is.
_RETIRED_MOST: Final = 200


def stamp_cards_of(session: Session, program_id: int) -> tuple[RewardFacts, ...]:
    """List the stamp cards of a program in one order for everybody, also those that are retired.

    In one order, so that two acts of one member never wait in a ring.
    """

    def read() -> tuple[RewardFacts, ...]:
        known = rewards_of(session, program_id)
        retired = retired_rewards(session, program_id, most=_RETIRED_MOST)
        cards = [each for each in (*known, *retired) if each.kind == STAMPS]
        return tuple(sorted(cards, key=lambda each: each.reward_id.int))

    return remembered(session, program_id, "stamp_cards", read)


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a sale has on a stamp card.

    `had` stamps were given and not taken back. The posting `given` gave them, that of several
    of which most is left, and keeps in `basis` why that many; `left` of its own are.
    """

    had: int
    given: UUID
    left: int
    basis: str | None


def stamps_subject(reward_id: UUID, sale_id: str) -> str:
    """Name what the postings of a stamp card and a sale speak of."""
    return f"{SUBJECT}{reward_id}:{sale_id}"


def stamping_act(reward_id: UUID, earning_act: str) -> str:
    """Name the act that stamps a card beside the one that earns points."""
    return f"{_STAMP}{reward_id}:{earning_act}"


def unstamping_act(reward_id: UUID, act: str) -> str:
    """Name the act that takes stamps back beside the one that takes points."""
    return f"{_UNSTAMP}{reward_id}:{act}"


def beside_points(act_id: str) -> str:
    """Name the act of points beside which one of stamps was; one of points is its own."""
    if act_id.startswith((_STAMP, _UNSTAMP)):
        return act_id.split(":", 2)[2]
    return act_id


def sale_of_stamps(subject: str) -> tuple[UUID, str] | None:
    """Read which card was stamped by which sale; none for what speaks of something else."""
    if not subject.startswith(SUBJECT):
        return None
    reward_id, _, sale_id = subject.removeprefix(SUBJECT).partition(":")
    return UUID(reward_id), sale_id


def stamp_subjects(session: Session, program_id: int) -> tuple[str, ...]:
    """List what all stamps of a program speak of: each card and sale once."""
    found = session.scalars(
        select(POSTING.c.subject)
        .distinct()
        .where(POSTING.c.program_id == program_id, POSTING.c.subject.startswith(SUBJECT))
        .order_by(POSTING.c.subject)
    )
    return tuple(found)


def stamped(session: Session, program_id: int, subjects: Collection[str]) -> dict[str, Stamped]:
    """Say what some sales have on some cards; subjects that never gave a stamp are left out."""
    rows = session.execute(
        select(
            POSTING.c.subject,
            POSTING.c.posting_id,
            POSTING.c.kind,
            POSTING.c.reverses,
            POSTING.c.basis,
            func.sum(-ENTRY.c.points).label("points"),
        )
        .join(ENTRY, OF_POSTING)
        .where(
            POSTING.c.program_id == program_id,
            POSTING.c.subject.in_(subjects),
            ENTRY.c.account == "issued",
        )
        .group_by(
            POSTING.c.subject,
            POSTING.c.posting_id,
            POSTING.c.kind,
            POSTING.c.reverses,
            POSTING.c.basis,
        )
        .order_by(POSTING.c.posting_id)
    )
    of: dict[str, list[Any]] = {}
    for row in rows:
        of.setdefault(row.subject, []).append(row)
    return {subject: _stamped(acts) for subject, acts in of.items()}


def _stamped(acts: Sequence[Any]) -> Stamped:
    left = {act.posting_id: int(act.points) for act in acts if act.kind == "earn"}
    for act in acts:
        if act.reverses in left:
            left[act.reverses] += int(act.points)
    given = max((act for act in acts if act.kind == "earn"), key=lambda act: left[act.posting_id])
    return Stamped(
        had=sum(int(act.points) for act in acts),
        given=given.posting_id,
        left=left[given.posting_id],
        basis=given.basis,
    )
