"""Points of a sale that is refunded or was somebody else's: they go back where they came from."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.draft import Line, WalletDraft
from loyalty.points.lots import lots_of
from loyalty.points.posting import (
    Act,
    content_hash,
    lock_wallets,
    open_posting,
    write_lines,
)
from loyalty.points.queries import BalanceFacts, balance_of, entries_of
from loyalty.points.save_draft import save_draft


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was taken back, the part of it that is now owed, and what the wallet holds after it."""

    points: int
    owed: int
    balance: BalanceFacts
    posting_id: UUID
    replayed: bool


def take_back(
    session: Session, program_id: int, wallet_id: UUID, *, act: Act, points: int, at: datetime
) -> TakenBack:
    """Take points back: from their own lot, then from the others, and the rest becomes debt.

    `act.reverses` is the posting that gave them; its lot pays first. The wallet is never
    negative. Doing it again changes nothing.

    Raises `ActConflictError` when the act id was used for something else.
    """
    assert points >= 0
    asked = content_hash("take_back", wallet_id, points, act.subject)
    opened = open_posting(session, program_id, act, kind="take_back", request_hash=asked, at=at)
    if not opened.is_new:
        return _told_again(session, program_id, wallet_id, opened.posting_id)
    wallet = lock_wallets(session, program_id, [wallet_id])[wallet_id]
    lots = lots_of(session, program_id, wallet_id)
    draft = WalletDraft(wallet_id, debt=wallet.debt, lots=lots)
    owed = draft.take(points, own=act.reverses)
    lines = [*draft.lines(), Line("issued", points)]
    write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
    return TakenBack(
        points=points,
        owed=owed,
        balance=save_draft(session, program_id, wallet, draft),
        posting_id=opened.posting_id,
        replayed=False,
    )


def _told_again(session: Session, program_id: int, wallet_id: UUID, posting_id: UUID) -> TakenBack:
    entries = entries_of(session, program_id, posting_id)
    return TakenBack(
        points=sum(entry.points for entry in entries if entry.account == "issued"),
        owed=-sum(entry.points for entry in entries if entry.account == "debt"),
        balance=balance_of(session, program_id, wallet_id),
        posting_id=posting_id,
        replayed=True,
    )
