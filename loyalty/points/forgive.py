"""The store lets a debt go: what was owed is owed no more, and the books say who gave it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.draft import Line, WalletDraft
from loyalty.points.posting import Act, content_hash, lock_wallets, open_posting, write_lines
from loyalty.points.queries import BalanceFacts, balance_of, entries_of
from loyalty.points.save_draft import save_draft


@dataclass(frozen=True, slots=True)
class Forgiven:
    """How much debt was let go."""

    points: int
    balance: BalanceFacts
    replayed: bool


def forgive(
    session: Session, program_id: int, wallet_id: UUID, *, act: Act, at: datetime
) -> Forgiven:
    """Let the whole debt of a wallet go; doing it again changes nothing.

    Raises `ActConflictError` when the act id was used for something else.
    """
    asked = content_hash("forgive", wallet_id, act.subject)
    opened = open_posting(session, program_id, act, kind="forgive", request_hash=asked, at=at)
    if opened.is_new:
        wallet = lock_wallets(session, program_id, [wallet_id])[wallet_id]
        draft = WalletDraft(wallet_id, debt=wallet.debt)
        points = draft.clear_debt()
        lines = [*draft.lines(), Line("forgiven", -points)]
        write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
        save_draft(session, program_id, wallet, draft)
    entries = entries_of(session, program_id, opened.posting_id)
    return Forgiven(
        points=-sum(entry.points for entry in entries if entry.account == "forgiven"),
        balance=balance_of(session, program_id, wallet_id),
        replayed=not opened.is_new,
    )
