"""The store lets a debt go: what was owed is owed no more, and the books say who gave it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.draft import Line, WalletDraft
from loyalty.points.errors import ActConflictError, AdjustLimitError
from loyalty.points.posting import Act, content_hash, lock_wallets, open_posting, write_lines
from loyalty.points.queries import BalanceFacts, balance_of, entries_of, posting_of_act
from loyalty.points.refused import Refused, refuse, refused_before
from loyalty.points.save_draft import save_draft


@dataclass(frozen=True, slots=True)
class Forgiven:
    """How much debt was let go, or why none was."""

    points: int
    balance: BalanceFacts
    replayed: bool
    refused: Refused | None = None


def forgive(
    session: Session,
    program_id: int,
    wallet_id: UUID,
    *,
    act: Act,
    at: datetime,
    most: int | None = None,
) -> Forgiven:
    """Let the whole debt of a wallet go; doing it again changes nothing.

    `most` is what whoever asks may move by hand; a larger debt is refused, and the refusal kept.
    Raises `ActConflictError` when the act id was used for something else.
    """
    asked = content_hash("forgive", wallet_id, act.subject)
    wallet = lock_wallets(session, program_id, [wallet_id])[wallet_id]
    refused = refused_before(session, program_id, act.act_id, request_hash=asked)
    if refused is not None:
        return Forgiven(0, wallet, replayed=True, refused=refused)
    known = posting_of_act(session, program_id, act.act_id)
    if known is not None:
        if known.request_hash != asked:
            raise ActConflictError(act_id=act.act_id)
        return _told(session, program_id, wallet_id, known.posting_id, replayed=True)
    if most is not None and wallet.debt > most:
        error = AdjustLimitError(most=most)
        refused = refuse(session, program_id, act.act_id, error, request_hash=asked, at=at)
        return Forgiven(0, wallet, replayed=False, refused=refused)
    opened = open_posting(session, program_id, act, kind="forgive", request_hash=asked, at=at)
    draft = WalletDraft(wallet_id, debt=wallet.debt)
    points = draft.clear_debt()
    lines = [*draft.lines(), Line("forgiven", -points)]
    write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
    save_draft(session, program_id, wallet, draft)
    return _told(session, program_id, wallet_id, opened.posting_id, replayed=False)


def _told(
    session: Session, program_id: int, wallet_id: UUID, posting_id: UUID, *, replayed: bool
) -> Forgiven:
    entries = entries_of(session, program_id, posting_id)
    return Forgiven(
        points=-sum(entry.points for entry in entries if entry.account == "forgiven"),
        balance=balance_of(session, program_id, wallet_id),
        replayed=replayed,
    )
