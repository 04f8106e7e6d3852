"""Somebody of the team puts points right by hand: with a reason, within their role, undone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import person_by_id
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.points.adjust import (
    Adjusted,
    Adjustment,
    adjust,
    check_reason,
    most_of_role,
    why_text,
)
from loyalty.points.create_wallet import create_wallet
from loyalty.points.forgive import Forgiven, forgive
from loyalty.points.policy import policy_in_force
from loyalty.points.posting import Act
from loyalty.points.queries import entries_of, posting_of_act


@dataclass(frozen=True, slots=True)
class ByHand:
    """Who changes points, in which role, in whose store, and why."""

    staff_id: UUID
    role: str
    store_id: UUID
    reason: str


def adjust_points(
    session: Session,
    program_id: int,
    person_id: str,
    *,
    change_id: UUID,
    points: int,
    by: ByHand,
    tools: Tools,
) -> Adjusted:
    """Change a person's points by hand, once for each `change_id`; below zero takes them out.

    A refusal (the role may not move so many, the points are not there) is returned and kept.
    Errors: `NotFoundError` for a person without a membership, `PointsInvalidError`,
    `SettingInvalidError` without a reason, `ActConflictError`.
    """
    act = _act_id(change_id)
    return _adjust(session, program_id, person_id, act, points, by=by, tools=tools)


def undo_adjustment(
    session: Session, program_id: int, person_id: str, *, change_id: UUID, by: ByHand, tools: Tools
) -> Adjusted:
    """Take back what `adjust_points` did under the same id; once, and only what is still there.

    Errors: `NotFoundError` when there was no such change.
    """
    done = posting_of_act(session, program_id, _act_id(change_id))
    if done is None:
        raise NotFoundError
    entries = entries_of(session, program_id, done.posting_id)
    back = sum(entry.points for entry in entries if entry.account == "issued")
    act, reverses = f"{_act_id(change_id)}:undo", done.posting_id
    return _adjust(session, program_id, person_id, act, back, by=by, tools=tools, reverses=reverses)


def forgive_debt(
    session: Session, program_id: int, person_id: str, *, change_id: UUID, by: ByHand, tools: Tools
) -> Forgiven:
    """Let go what a person owes, once for each `change_id`: the store gives those points.

    A role that may not move so many by hand is refused, and the refusal kept.
    Errors: `NotFoundError` for a person without a membership, `SettingInvalidError` without a
    reason, `ActConflictError`.
    """
    check_reason(by.reason)
    at = tools.clock.now()
    wallet_id = _wallet(session, program_id, person_id, at=at)
    act_id = f"forgive:{change_id}"
    act = Act(
        act_id,
        occurred_at=at,
        subject=act_id,
        store_id=by.store_id,
        basis=why_text(by.reason, actor=f"staff:{by.staff_id}", role=by.role),
    )
    most = most_of_role(policy_in_force(session, program_id, at=at), by.role)
    return forgive(session, program_id, wallet_id, act=act, at=at, most=most)


def _wallet(session: Session, program_id: int, person_id: str, *, at: datetime) -> UUID:
    person = person_by_id(session, program_id, person_id)
    if person is None or person.open_member_id is None:
        raise NotFoundError
    return create_wallet(session, program_id, person.open_member_id, at=at)


def _act_id(change_id: UUID) -> str:
    return f"adjust:{change_id}"


def _adjust(  # noqa: PLR0913  what, whose, why and by whom
    session: Session,
    program_id: int,
    person_id: str,
    act_id: str,
    points: int,
    *,
    by: ByHand,
    tools: Tools,
    reverses: UUID | None = None,
) -> Adjusted:
    at = tools.clock.now()
    wallet_id = _wallet(session, program_id, person_id, at=at)
    ask = Adjustment(points, by.reason, actor=f"staff:{by.staff_id}", role=by.role)
    act = Act(act_id, occurred_at=at, subject=act_id, store_id=by.store_id, reverses=reverses)
    return adjust(session, program_id, wallet_id, act=act, ask=ask, at=at)
