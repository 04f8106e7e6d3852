"""Take what was held, or a part of it, once; the rest is free again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.kernel.errors import LoyaltyError
from loyalty.points.amounts import check_points
from loyalty.points.draft import Line
from loyalty.points.errors import (
    ActConflictError,
    HoldEndedError,
    HoldExceededError,
    HoldUnknownError,
)
from loyalty.points.holds import HoldFacts, draws_of_hold
from loyalty.points.posting import Act, content_hash, open_posting, write_lines
from loyalty.points.queries import (
    BalanceFacts,
    EntryFacts,
    balance_of,
    entries_of,
    posting_of_act,
)
from loyalty.points.refused import Refused, refuse, refused_before
from loyalty.points.release import draft_of, end_hold, lapse_overdue, lock_hold, settle_freed
from loyalty.points.rules import Draw, plan_debit
from loyalty.points.save_draft import save_draft


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What was taken of which lots, or why nothing was; `balance` is the wallet after it.

    `owed` is the part that nobody held and that is now debt: only of a redemption made without
    a line. `posting_id` is none when it was refused.
    """

    points: int
    owed: int
    draws: tuple[Draw, ...]
    balance: BalanceFacts | None
    posting_id: UUID | None
    replayed: bool
    refused: Refused | None = None


def post_hold(
    session: Session,
    program_id: int,
    hold_id: str,
    *,
    act: Act,
    points: int | None = None,
    at: datetime,
) -> Redeemed:
    """Take `points` of a hold, all of it when none are told; what is not taken is free again.

    Once: a hold that ended, was never there or reserves less refuses, and the refusal is kept
    with the act's id. By our clock a hold that ran out has ended.

    Raises `PointsInvalidError` for what is no number of points, and `ActConflictError` when the
    act id was used for something else.
    """
    if points is not None:
        check_points(points)
    asked = content_hash("redeem", hold_id, points)
    locked = lock_hold(session, program_id, hold_id)
    error = _why_not(hold_id, locked, points, at=at)
    # An act that is known has ended its hold; one with other content is found at its posting.
    if error is None:
        known = _refused_before(session, program_id, act, request_hash=asked)
    else:
        known = redeemed_before(session, program_id, act, request_hash=asked)
    if known is not None:
        return known
    if error is not None:
        return refused_redemption(session, program_id, act, error, request_hash=asked, at=at)
    assert locked is not None, "a hold that nobody knows is refused"
    hold, wallet = locked
    points = hold.points if points is None else points
    if wallet.held != hold.points:
        wallet = lapse_overdue(session, program_id, wallet, at=at)
    opened = open_posting(session, program_id, act, kind="redeem", request_hash=asked, at=at)
    assert opened.is_new, "its id was free a moment ago"
    plan, wallet = _take(
        session, program_id, (hold, wallet), opened.posting_id, (act, points), at=at
    )
    return Redeemed(points, 0, plan, wallet, opened.posting_id, replayed=False)


def redeemed_before(
    session: Session, program_id: int, act: Act, *, request_hash: str
) -> Redeemed | None:
    """Find what a redemption did, or how it was refused, when it was asked for the first time.

    Raises `ActConflictError` when the id was used for an act with other content.
    """
    refused = _refused_before(session, program_id, act, request_hash=request_hash)
    if refused is not None:
        return refused
    posting = posting_of_act(session, program_id, act.act_id)
    if posting is None:
        return None
    if posting.request_hash != request_hash:
        raise ActConflictError(act_id=act.act_id)
    entries = entries_of(session, program_id, posting.posting_id)
    wallet_id = next(entry.wallet_id for entry in entries if entry.wallet_id is not None)
    return Redeemed(
        points=sum(entry.points for entry in entries if entry.account == "redeemed"),
        owed=-sum(entry.points for entry in entries if entry.account == "debt"),
        draws=draws_of_entries(entries),
        balance=balance_of(session, program_id, wallet_id),
        posting_id=posting.posting_id,
        replayed=True,
    )


def _refused_before(
    session: Session, program_id: int, act: Act, *, request_hash: str
) -> Redeemed | None:
    refused = refused_before(session, program_id, act.act_id, request_hash=request_hash)
    if refused is None:
        return None
    return Redeemed(0, 0, (), None, None, replayed=True, refused=refused)


def draws_of_entries(entries: Sequence[EntryFacts]) -> tuple[Draw, ...]:
    """List what a redemption took of which lots, in the order it was written."""
    return tuple(
        Draw(entry.lot_id, -entry.points)
        for entry in entries
        if entry.account == "wallet" and entry.lot_id is not None and entry.points < 0
    )


def refused_redemption(
    session: Session,
    program_id: int,
    act: Act,
    error: LoyaltyError,
    *,
    request_hash: str,
    at: datetime,
) -> Redeemed:
    """Keep that a redemption was refused."""
    refused = refuse(session, program_id, act.act_id, error, request_hash=request_hash, at=at)
    return Redeemed(0, 0, (), None, None, replayed=False, refused=refused)


def _why_not(
    hold_id: str,
    locked: tuple[HoldFacts, BalanceFacts] | None,
    points: int | None,
    *,
    at: datetime,
) -> LoyaltyError | None:
    if locked is None:
        return HoldUnknownError(hold_id=hold_id)
    hold, _ = locked
    outcome = hold.outcome_at(at)
    if outcome is not None:
        return HoldEndedError(hold_id=hold.hold_id, outcome=outcome)
    if points is not None and points > hold.points:
        return HoldExceededError(asked=points, held=hold.points)
    return None


def _take(
    session: Session,
    program_id: int,
    locked: tuple[HoldFacts, BalanceFacts],
    posting_id: UUID,
    asked: tuple[Act, int],
    *,
    at: datetime,
) -> tuple[tuple[Draw, ...], BalanceFacts]:
    """Write what a hold gave and that it ended; a debt is paid with what is left over."""
    hold, wallet = locked
    act, points = asked
    draft = draft_of(session, program_id, wallet)
    reserved = draws_of_hold(session, program_id, hold.hold_id)
    for draw in reserved:
        draft.release(draw)
    held = {draw.lot_id: draw.points for draw in reserved}
    lots = [
        replace(lot, remaining=held[lot.lot_id], held=0)
        for lot in draft.lots()
        if lot.lot_id in held
    ]
    plan = plan_debit(points, lots)
    assert plan.debt == 0, "a hold reserves all it says"
    for draw in plan.draws:
        draft.draw(draw)
    lines = [*draft.lines(), Line("redeemed", points)]
    write_lines(session, program_id, posting_id, lines, act=act, at=at)
    end_hold(session, program_id, hold, outcome="posted", points=points, act_id=act.act_id, at=at)
    wallet = save_draft(session, program_id, wallet, draft)
    return plan.draws, settle_freed(session, program_id, wallet, cause=hold.hold_id, at=at)
