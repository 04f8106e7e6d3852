"""Somebody who may moves points by hand, and says why; the ledger keeps who and why."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.kernel.errors import LoyaltyError, SettingInvalidError
from loyalty.points.amounts import POINTS_MAX, check_points
from loyalty.points.credit import credit
from loyalty.points.draft import Line
from loyalty.points.errors import ActConflictError, AdjustLimitError, PointsShortError
from loyalty.points.policy import PointsPolicy, lot_end, policy_in_force
from loyalty.points.posting import Act, content_hash, open_posting, write_lines
from loyalty.points.queries import BalanceFacts, balance_of, entries_of, posting_of_act
from loyalty.points.refused import Refused, refuse, refused_before
from loyalty.points.release import draft_of, lock_for_spending
from loyalty.points.save_draft import save_draft

REASON_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is moved by hand: `points` in, or out when below zero; why, by whom ("staff:<id>")."""

    points: int
    reason: str
    actor: str
    role: str


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What was moved by hand, or why nothing was; `repaid` of it paid a debt."""

    points: int
    repaid: int
    balance: BalanceFacts
    posting_id: UUID | None
    replayed: bool
    refused: Refused | None = None


def adjust(
    session: Session, program_id: int, wallet_id: UUID, *, act: Act, ask: Adjustment, at: datetime
) -> Adjusted:
    """Move points by hand, once: in as a lot of their own, or out of what is free.

    Each role may move so many at once; a wallet gives no more than is free and never owes for
    it. Both refusals are kept with the act's id. An act that `reverses` another adjustment takes
    from that one's lot first.

    Raises `PointsInvalidError`, `SettingInvalidError` without a reason, and `ActConflictError`
    when the act id was used for something else.
    """
    check_points(abs(ask.points) if type(ask.points) is int else ask.points)
    check_reason(ask.reason)
    # The reason of an undoing is our own word, in whatever language it was pressed.
    why = () if act.reverses is not None else (ask.reason.strip(),)
    asked = content_hash("adjust", wallet_id, ask.points, act.subject, act.reverses, *why)
    wallet = lock_for_spending(session, program_id, wallet_id, at=at)
    refused = refused_before(session, program_id, act.act_id, request_hash=asked)
    if refused is not None:
        return Adjusted(0, 0, wallet, None, replayed=True, refused=refused)
    known = posting_of_act(session, program_id, act.act_id)
    if known is not None:
        if known.request_hash != asked:
            raise ActConflictError(act_id=act.act_id)
        return _told(session, program_id, wallet_id, known.posting_id, replayed=True)
    policy = policy_in_force(session, program_id, at=at)
    error = _why_not(policy, wallet, ask)
    if error is not None:
        refused = refuse(session, program_id, act.act_id, error, request_hash=asked, at=at)
        return Adjusted(0, 0, wallet, None, replayed=False, refused=refused)
    act = replace(act, basis=why_text(ask.reason, actor=ask.actor, role=ask.role))
    if ask.points > 0:
        posting_id = credit(
            session,
            program_id,
            wallet,
            act=act,
            points=ask.points,
            kind="adjust",
            at=at,
            expires_at=lot_end(policy, earned_at=act.occurred_at, at=at),
            request_hash=asked,
        ).posting_id
    else:
        posting_id = _take(session, program_id, wallet, act, -ask.points, asked=asked, at=at)
    return _told(session, program_id, wallet_id, posting_id, replayed=False)


def check_reason(reason: str) -> None:
    """Make sure that somebody said why.

    Errors: `SettingInvalidError`.
    """
    if not 0 < len(reason.strip()) <= REASON_LENGTH_MAX:
        raise SettingInvalidError(field="reason")


def most_of_role(policy: PointsPolicy, role: str) -> int:
    """Say how many points a role may move by hand at once."""
    most = {"owner": POINTS_MAX, "manager": policy.adjust_manager_most}
    return most.get(role, 0)


def _why_not(policy: PointsPolicy, wallet: BalanceFacts, ask: Adjustment) -> LoyaltyError | None:
    most = most_of_role(policy, ask.role)
    if abs(ask.points) > most:
        return AdjustLimitError(most=most)
    if -ask.points > wallet.points:
        return PointsShortError(asked=-ask.points, free=wallet.points)
    return None


def _take(
    session: Session,
    program_id: int,
    wallet: BalanceFacts,
    act: Act,
    points: int,
    *,
    asked: str,
    at: datetime,
) -> UUID:
    opened = open_posting(session, program_id, act, kind="adjust", request_hash=asked, at=at)
    draft = draft_of(session, program_id, wallet)
    owed = draft.take(points, own=act.reverses)
    assert owed == 0, "a wallet never owes for what is taken by hand"
    lines = [*draft.lines(), Line("issued", points)]
    write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
    save_draft(session, program_id, wallet, draft)
    return opened.posting_id


def _told(
    session: Session, program_id: int, wallet_id: UUID, posting_id: UUID, *, replayed: bool
) -> Adjusted:
    entries = entries_of(session, program_id, posting_id)
    return Adjusted(
        points=-sum(entry.points for entry in entries if entry.account == "issued"),
        repaid=sum(entry.points for entry in entries if entry.account == "debt"),
        balance=balance_of(session, program_id, wallet_id),
        posting_id=posting_id,
        replayed=replayed,
    )


def why_text(reason: str, *, actor: str, role: str) -> str:
    """Write who did something by hand and why, as its posting keeps it."""
    kept = {"reason": reason.strip(), "actor": actor, "role": role}
    return json.dumps(kept, sort_keys=True)
