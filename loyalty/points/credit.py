"""Points in: what an act gives to a wallet, once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.amounts import check_credit
from loyalty.points.draft import Line, LotBirth, WalletDraft
from loyalty.points.posting import (
    Act,
    content_hash,
    lock_wallets,
    open_posting,
    write_lines,
)
from loyalty.points.queries import BalanceFacts, balance_of, entries_of
from loyalty.points.save_draft import save_draft

CreditKind = Literal["earn", "bonus", "adjust", "open"]


@dataclass(frozen=True, slots=True)
class Credited:
    """What an act gave, how much of it repaid a debt, and what the wallet holds after it."""

    points: int
    repaid: int
    balance: BalanceFacts
    posting_id: UUID
    replayed: bool


def credit(  # noqa: PLR0913  what is given, and the life it has
    session: Session,
    program_id: int,
    wallet: UUID | BalanceFacts,
    *,
    act: Act,
    points: int,
    kind: CreditKind,
    at: datetime,
    expires_at: datetime | None = None,
    available_at: datetime | None = None,
    earned_at: datetime | None = None,
    request_hash: str | None = None,
) -> Credited:
    """Give points to a wallet as a lot of their own; doing it again changes nothing.

    A debt is repaid first, also with points that are pending. Nothing is posted without lines,
    so that its act id is known too. `wallet` is its id, or what it holds when this unit of work
    has locked it already. `earned_at` is the age of the points when it is not the act's.

    Raises `PointsInvalidError` for what is no number of points, and `ActConflictError` when the
    act id was used for something else.
    """
    check_credit(points)
    wallet_id = wallet if isinstance(wallet, UUID) else wallet.wallet_id
    asked = request_hash or content_hash(kind, wallet_id, points, act.subject)
    opened = open_posting(session, program_id, act, kind=kind, request_hash=asked, at=at)
    if not opened.is_new:
        return _told_again(session, program_id, wallet_id, opened.posting_id)
    if isinstance(wallet, UUID):
        wallet = lock_wallets(session, program_id, [wallet])[wallet]
    draft = WalletDraft(wallet_id, debt=wallet.debt)
    birth = LotBirth(
        opened.posting_id,
        earned_at=earned_at or act.occurred_at,
        expires_at=expires_at,
        available_at=available_at,
    )
    repaid = draft.give(points, birth)
    lines = [Line("issued", -points), *draft.lines()]
    write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
    return Credited(
        points=points,
        repaid=repaid,
        balance=save_draft(session, program_id, wallet, draft),
        posting_id=opened.posting_id,
        replayed=False,
    )


def _told_again(session: Session, program_id: int, wallet_id: UUID, posting_id: UUID) -> Credited:
    entries = entries_of(session, program_id, posting_id)
    return Credited(
        points=-sum(entry.points for entry in entries if entry.account == "issued"),
        repaid=sum(entry.points for entry in entries if entry.account == "debt"),
        balance=balance_of(session, program_id, wallet_id),
        posting_id=posting_id,
        replayed=True,
    )
