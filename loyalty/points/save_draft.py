"""Bring a locked wallet's lots and balance to what its draft says, by conditional updates."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, case, or_, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import insert_new, rows_changed
from loyalty.points.draft import LotBirth, WalletDraft
from loyalty.points.models import Lot
from loyalty.points.queries import BALANCE, LOT, BalanceFacts

_CHANGE_BALANCE: Final = Prepared(
    update(BALANCE)
    .where(
        BALANCE.c.program_id == bindparam("program"),
        BALANCE.c.wallet_id == bindparam("wallet"),
        BALANCE.c.version == bindparam("known"),
    )
    .values(
        posted=BALANCE.c.posted + bindparam("more_posted"),
        held=BALANCE.c.held + bindparam("more_held"),
        debt=BALANCE.c.debt + bindparam("more_debt"),
        pending_until=bindparam("pending"),
        expires_next=bindparam("expires"),
        version=BALANCE.c.version + 1,
    )
)


_CHANGE_LOT: Final = Prepared(
    update(LOT)
    .where(
        LOT.c.program_id == bindparam("program"),
        LOT.c.wallet_id == bindparam("wallet"),
        LOT.c.lot_id == bindparam("lot"),
        LOT.c.remaining + bindparam("more") >= LOT.c.held + bindparam("more_held"),
        LOT.c.held + bindparam("more_held") >= 0,
    )
    .values(
        remaining=LOT.c.remaining + bindparam("more"),
        held=LOT.c.held + bindparam("more_held"),
    )
)


def save_draft(
    session: Session, program_id: int, wallet: BalanceFacts, draft: WalletDraft
) -> BalanceFacts:
    """Bring a locked wallet's lots and balance to what its draft says, and say what it holds."""
    if not draft.changes and not draft.held_changes and draft.debt_change == 0:
        return wallet
    for lot_id in dict.fromkeys([*draft.changes, *draft.held_changes]):
        points, held = draft.changes.get(lot_id, 0), draft.held_changes.get(lot_id, 0)
        if points > 0:
            _put_in_lot(session, program_id, wallet.wallet_id, draft.births[lot_id], points)
            points = 0
        if points or held:
            _change_lot(session, program_id, wallet.wallet_id, lot_id, points, held)
    changed = BalanceFacts(  # not `replace`, which costs five times as much
        wallet_id=wallet.wallet_id,
        posted=wallet.posted + draft.posted_change,
        held=wallet.held + draft.held_change,
        debt=wallet.debt + draft.debt_change,
        version=wallet.version + 1,
        pending_until=_pending_until(wallet, draft),
        expires_next=_expires_next(wallet, draft),
    )
    _change_balance(session, program_id, wallet, changed)
    return changed


def _pending_until(wallet: BalanceFacts, draft: WalletDraft) -> datetime | None:
    """Say when the last of a wallet's points can be spent; never too early."""
    if draft.knows_lots:
        moments = [lot.available_at for lot in draft.lots() if lot.remaining > 0]
    else:
        moments = [birth.available_at for birth in draft.births.values()]
        moments.append(wallet.pending_until)
    return max((moment for moment in moments if moment is not None), default=None)


def _expires_next(wallet: BalanceFacts, draft: WalletDraft) -> datetime | None:
    """Say when the first of a wallet's points end; never too late."""
    if draft.knows_lots:
        moments = [lot.expires_at for lot in draft.lots() if lot.remaining > 0]
    else:
        moments = [birth.expires_at for birth in draft.births.values()]
        moments.append(wallet.expires_next)
    return min((moment for moment in moments if moment is not None), default=None)


def _change_lot(
    session: Session, program_id: int, wallet_id: UUID, lot_id: UUID, points: int, held: int
) -> None:
    """Take points out of a lot, hold some or let go; what is held stays in it."""
    asked = {
        "program": program_id,
        "wallet": wallet_id,
        "lot": lot_id,
        "more": points,
        "more_held": held,
    }
    changed = _CHANGE_LOT.changed(session, asked)
    assert changed == 1, "a lot changed while its wallet was locked"


def _put_in_lot(
    session: Session, program_id: int, wallet_id: UUID, birth: LotBirth, points: int
) -> None:
    """Put points into a lot, which is made when the wallet does not have it yet.

    The later end counts when points come back into a lot with another one.
    """
    values = {
        "program_id": program_id,
        "wallet_id": wallet_id,
        "lot_id": birth.lot_id,
        "earned_at": birth.earned_at,
        "expires_at": birth.expires_at,
        "available_at": birth.available_at,
        "issued": points,
        "remaining": points,
        "held": 0,
    }
    if insert_new(session, Lot, values):
        return
    changes: dict[str, object] = {
        "issued": LOT.c.issued + points,
        "remaining": LOT.c.remaining + points,
        "expires_at": None,
    }
    if birth.expires_at is not None:
        is_later = LOT.c.expires_at < birth.expires_at
        changes["expires_at"] = case((is_later, birth.expires_at), else_=LOT.c.expires_at)
    if birth.available_at is not None:
        is_later = or_(LOT.c.available_at.is_(None), LOT.c.available_at < birth.available_at)
        changes["available_at"] = case((is_later, birth.available_at), else_=LOT.c.available_at)
    changed = rows_changed(
        session,
        update(LOT)
        .where(
            LOT.c.program_id == program_id,
            LOT.c.wallet_id == wallet_id,
            LOT.c.lot_id == birth.lot_id,
        )
        .values(changes),
    )
    assert changed == 1, "a lot went away while its wallet was locked"


def _change_balance(
    session: Session, program_id: int, before: BalanceFacts, after: BalanceFacts
) -> None:
    """Write what a locked wallet holds now; the sums are added, never set."""
    asked = {
        "program": program_id,
        "wallet": before.wallet_id,
        "known": before.version,
        "more_posted": after.posted - before.posted,
        "more_held": after.held - before.held,
        "more_debt": after.debt - before.debt,
        "pending": after.pending_until,
        "expires": after.expires_next,
    }
    changed = _CHANGE_BALANCE.changed(session, asked)
    assert changed == 1, "a wallet changed while it was locked"
