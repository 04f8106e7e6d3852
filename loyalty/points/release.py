"""Held points run free: by a void, by the clock, or because less was taken than was held."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_row
from loyalty.db.writes import is_postgresql
from loyalty.points.draft import WalletDraft
from loyalty.points.holds import (
    HOLD_END,
    HoldFacts,
    current_hold,
    draws_of_holds,
    open_holds,
    overdue_among,
)
from loyalty.points.lots import lots_of
from loyalty.points.posting import Act, content_hash, lock_wallets, open_posting, write_lines
from loyalty.points.queries import BalanceFacts
from loyalty.points.save_draft import save_draft

# A join may move a hold while we wait for its wallet; twice is already rare.
_LOOKS_MAX = 5
Outcome = Literal["posted", "voided", "lapsed", "moved"]


def draft_of(session: Session, program_id: int, wallet: BalanceFacts) -> WalletDraft:
    """Begin the draft of a locked wallet with all its lots."""
    lots = lots_of(session, program_id, wallet.wallet_id)
    return WalletDraft(wallet.wallet_id, debt=wallet.debt, lots=lots)


def lock_for_spending(
    session: Session, program_id: int, wallet_id: UUID, *, at: datetime
) -> BalanceFacts:
    """Take a wallet for this unit of work, free of what ran out by our clock."""
    wallet = lock_wallets(session, program_id, [wallet_id])[wallet_id]
    return lapse_overdue(session, program_id, wallet, at=at)


def lock_hold(
    session: Session, program_id: int, hold_id: str
) -> tuple[HoldFacts, BalanceFacts] | None:
    """Take the wallet of a hold and say what the hold is now; none when there is no such hold.

    When a join moved it while we waited, that wallet is let go before the next is taken: who
    joins takes both in ascending order, and we would wait for each other in a circle.
    """
    for _ in range(_LOOKS_MAX):
        hold = current_hold(session, program_id, hold_id)
        if hold is None:
            return None
        if not is_postgresql(session):
            return hold, lock_wallets(session, program_id, [hold.wallet_id])[hold.wallet_id]
        attempt = session.begin_nested()
        wallet = lock_wallets(session, program_id, [hold.wallet_id])[hold.wallet_id]
        again = current_hold(session, program_id, hold_id)
        if again is not None and again.wallet_id == wallet.wallet_id:
            attempt.commit()
            return again, wallet
        attempt.rollback()
    message = "the wallet of a hold would not stand still"
    raise AssertionError(message)


def lapse_overdue(
    session: Session, program_id: int, wallet: BalanceFacts, *, at: datetime
) -> BalanceFacts:
    """Let go, in a locked wallet, of the holds that ran out by our clock."""
    if wallet.held == 0:
        return wallet
    late = overdue_among(open_holds(session, program_id, wallet.wallet_id), at)
    return let_go(session, program_id, wallet, late, outcome="lapsed", act_id=None, at=at)


def let_go(
    session: Session,
    program_id: int,
    wallet: BalanceFacts,
    holds: Sequence[HoldFacts],
    *,
    outcome: Outcome,
    act_id: str | None,
    at: datetime,
) -> BalanceFacts:
    """End open holds of a locked wallet without taking anything; a debt is paid with the freed."""
    if not holds:
        return wallet
    draft = draft_of(session, program_id, wallet)
    draws = draws_of_holds(session, program_id, [hold.hold_id for hold in holds])
    for hold in holds:
        end_hold(session, program_id, hold, outcome=outcome, points=0, act_id=act_id, at=at)
        for draw in draws[hold.hold_id]:
            draft.release(draw)
    wallet = save_draft(session, program_id, wallet, draft)
    return settle_freed(session, program_id, wallet, cause=holds[0].hold_id, at=at)


def end_hold(
    session: Session,
    program_id: int,
    hold: HoldFacts,
    *,
    outcome: Outcome,
    points: int,
    act_id: str | None,
    at: datetime,
) -> None:
    """Write the one end that a hold has; its key is the hold's, so there is no second."""
    row = {
        "program_id": program_id,
        "hold_id": hold.hold_id,
        "outcome": outcome,
        "points": points,
        "act_id": act_id,
        "at": at,
    }
    insert_row(session, HOLD_END, row)


def settle_freed(
    session: Session, program_id: int, wallet: BalanceFacts, *, cause: str, at: datetime
) -> BalanceFacts:
    """Pay a debt with points that ran free: points never lie beside a debt they could pay."""
    if wallet.debt == 0 or wallet.points == 0:
        return wallet
    act = Act(act_id=f"settle:{cause}", occurred_at=at, subject=f"hold:{cause}")
    asked = content_hash("settle", wallet.wallet_id, cause)
    opened = open_posting(session, program_id, act, kind="settle", request_hash=asked, at=at)
    assert opened.is_new, "a hold ends once"
    draft = draft_of(session, program_id, wallet)
    draft.settle()
    write_lines(session, program_id, opened.posting_id, draft.lines(), act=act, at=at)
    return save_draft(session, program_id, wallet, draft)
