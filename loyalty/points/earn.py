"""Points in: what a receipt earns, once."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.kernel.money import Money
from loyalty.points.draft import Line, LotBirth, WalletDraft
from loyalty.points.posting import (
    Act,
    content_hash,
    lock_wallets,
    open_posting,
    write_lines,
)
from loyalty.points.queries import BalanceFacts, balance_of, entries_of
from loyalty.points.rules import EarnRate, points_earned
from loyalty.points.save_draft import save_draft


@dataclass(frozen=True, slots=True)
class Earned:
    """What an act earned, how much of it repaid a debt, and what the wallet holds after it."""

    points: int
    repaid: int
    balance: BalanceFacts
    posting_id: UUID
    replayed: bool


def earn(
    session: Session,
    program_id: int,
    wallet: UUID | BalanceFacts,
    *,
    act: Act,
    spend: Money,
    rate: EarnRate,
    at: datetime,
) -> Earned:
    """Earn the points of one receipt into a wallet; doing it again changes nothing.

    A debt is repaid first. A receipt below one point is posted without lines, so that its
    act id is known too. `wallet` is its id, or what it holds when this unit of work has
    locked it already.

    Raises `ActConflictError` when the act id was used for something else.
    """
    wallet_id = wallet if isinstance(wallet, UUID) else wallet.wallet_id
    points = points_earned(spend, rate)
    asked = content_hash("earn", wallet_id, spend.minor, spend.currency, act.subject)
    act = replace(act, rule_version=rate.version)
    opened = open_posting(session, program_id, act, kind="earn", request_hash=asked, at=at)
    if not opened.is_new:
        return _told_again(session, program_id, wallet_id, opened.posting_id)
    if isinstance(wallet, UUID):
        wallet = lock_wallets(session, program_id, [wallet])[wallet]
    draft = WalletDraft(wallet_id, debt=wallet.debt)
    repaid = draft.give(points, LotBirth(opened.posting_id, earned_at=act.occurred_at))
    lines = [Line("issued", -points), *draft.lines()]
    write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
    return Earned(
        points=points,
        repaid=repaid,
        balance=save_draft(session, program_id, wallet, draft),
        posting_id=opened.posting_id,
        replayed=False,
    )


def _told_again(session: Session, program_id: int, wallet_id: UUID, posting_id: UUID) -> Earned:
    entries = entries_of(session, program_id, posting_id)
    return Earned(
        points=-sum(entry.points for entry in entries if entry.account == "issued"),
        repaid=sum(entry.points for entry in entries if entry.account == "debt"),
        balance=balance_of(session, program_id, wallet_id),
        posting_id=posting_id,
        replayed=True,
    )
