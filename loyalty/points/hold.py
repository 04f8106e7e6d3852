"""Reserve points for a redemption that is not sure yet: at a till, for an order, for later."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_rows
from loyalty.db.writes import insert_new
from loyalty.kernel.errors import LoyaltyError
from loyalty.points.amounts import check_points
from loyalty.points.errors import ActConflictError, PointsShortError, RedeemingBlockedError
from loyalty.points.holds import HOLD_LOT, HoldFacts, current_hold, draws_of_hold, hold_by_id
from loyalty.points.models import Hold
from loyalty.points.policy import PointsPolicy, policy_in_force, spending_moment
from loyalty.points.posting import content_hash
from loyalty.points.queries import BalanceFacts, balance_of
from loyalty.points.refused import Refused, refuse, refused_before
from loyalty.points.release import draft_of, lock_for_spending
from loyalty.points.rules import Draw, plan_spend
from loyalty.points.save_draft import save_draft
from loyalty.points.spendable import spendable_of_lots

Purpose = Literal["till", "order", "offline"]


@dataclass(frozen=True, slots=True)
class HoldAsk:
    """What is to be reserved, for what, and how it was proved that the member wants it.

    `hold_id` is the caller's, unique for ever. Without `ends_at` a till's hold ends after the
    policy's minutes, and any other when whoever took it lets go. `occurred_at` is when it was
    asked for, for one that had to wait in a queue.
    """

    hold_id: str
    points: int
    purpose: Purpose
    subject: str
    proof: str
    ends_at: datetime | None = None
    reward_id: UUID | None = None
    store_id: UUID | None = None
    till_id: UUID | None = None
    staff_id: UUID | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What was reserved of which lots, or why nothing was; `balance` is the wallet after it.

    `outcome` says what became of a hold that is told again and has ended by now.
    """

    hold_id: str
    points: int
    ends_at: datetime | None
    draws: tuple[Draw, ...]
    balance: BalanceFacts
    replayed: bool
    outcome: str | None = None
    refused: Refused | None = None


def hold(session: Session, program_id: int, wallet_id: UUID, *, ask: HoldAsk, at: datetime) -> Held:
    """Reserve points of a wallet at once, the soonest to expire first; twice changes nothing.

    A wallet with too little, or whose debt blocks it, is refused: the refusal is kept, so asking
    again with the same id never succeeds later.

    Raises `PointsInvalidError` for what is no number of points, and `ActConflictError` when the
    id was used for something else.
    """
    check_points(ask.points)
    asked = content_hash("hold", ask.points, ask.reward_id, ask.purpose, ask.subject)
    wallet = lock_for_spending(session, program_id, wallet_id, at=at)
    known = hold_by_id(session, program_id, ask.hold_id)
    if known is not None:
        return _told_again(session, program_id, known, wallet_id, asked=asked, at=at)
    act_id = f"hold:{ask.hold_id}"
    refused = refused_before(session, program_id, act_id, request_hash=asked)
    if refused is not None:
        return _refused(ask, wallet, refused, replayed=True)
    policy = policy_in_force(session, program_id, at=at)
    draft = draft_of(session, program_id, wallet)
    moment = spending_moment(policy, occurred_at=ask.occurred_at or at, at=at)
    plan = plan_spend(ask.points, draft.lots(), at=moment)
    if plan.debt > 0:
        free = spendable_of_lots(draft.lots(), freed=(), debt=wallet.debt, at=moment).free
        error = why_short(policy, wallet, asked=ask.points, free=free)
        refused = refuse(session, program_id, act_id, error, request_hash=asked, at=at)
        return _refused(ask, wallet, refused, replayed=False)
    for draw in plan.draws:
        draft.reserve(draw)
    ask = replace(ask, ends_at=ask.ends_at or _end(ask, policy, at=at))
    keep_hold(session, program_id, wallet_id, ask, plan.draws, request_hash=asked, at=at)
    balance = save_draft(session, program_id, wallet, draft)
    return Held(ask.hold_id, ask.points, ask.ends_at, plan.draws, balance, replayed=False)


def why_short(policy: PointsPolicy, wallet: BalanceFacts, *, asked: int, free: int) -> LoyaltyError:
    """Say why a wallet does not pay: its debt blocks it, or it has too little."""
    if policy.debt_policy == "block" and wallet.debt > 0:
        return RedeemingBlockedError(debt=wallet.debt)
    return PointsShortError(asked=asked, free=free)


def keep_hold(
    session: Session,
    program_id: int,
    wallet_id: UUID,
    ask: HoldAsk,
    draws: Sequence[Draw],
    *,
    request_hash: str,
    at: datetime,
) -> None:
    """Write a hold and what it reserves.

    Raises `ActConflictError` when another wallet's hold took the id meanwhile.
    """
    row = {
        "program_id": program_id,
        "hold_id": ask.hold_id,
        "wallet_id": wallet_id,
        "points": ask.points,
        "reward_id": ask.reward_id,
        "purpose": ask.purpose,
        "subject": ask.subject,
        "proof": ask.proof,
        "opened_at": at,
        "ends_at": ask.ends_at,
        "store_id": ask.store_id,
        "till_id": ask.till_id,
        "staff_id": ask.staff_id,
        "request_hash": request_hash,
    }
    if not insert_new(session, Hold, row):
        raise ActConflictError(act_id=f"hold:{ask.hold_id}")
    parts = [
        {
            "program_id": program_id,
            "hold_id": ask.hold_id,
            "lot_id": draw.lot_id,
            "points": draw.points,
        }
        for draw in draws
    ]
    insert_rows(session, HOLD_LOT, parts)


def _end(ask: HoldAsk, policy: PointsPolicy, *, at: datetime) -> datetime | None:
    return at + timedelta(minutes=policy.hold_minutes) if ask.purpose == "till" else None


def _refused(ask: HoldAsk, wallet: BalanceFacts, refused: Refused, *, replayed: bool) -> Held:
    return Held(ask.hold_id, 0, None, (), wallet, replayed=replayed, refused=refused)


def _told_again(
    session: Session,
    program_id: int,
    known: HoldFacts,
    wallet_id: UUID,
    *,
    asked: str,
    at: datetime,
) -> Held:
    now = current_hold(session, program_id, known.hold_id)
    assert now is not None, "a hold is never taken away"
    if known.request_hash != asked or wallet_id not in {known.wallet_id, now.wallet_id}:
        raise ActConflictError(act_id=f"hold:{known.hold_id}")
    return Held(
        hold_id=known.hold_id,
        points=known.points,
        ends_at=known.ends_at,
        draws=draws_of_hold(session, program_id, now.hold_id),
        balance=balance_of(session, program_id, now.wallet_id),
        replayed=True,
        outcome=now.outcome_at(at),
    )
