"""Points of a sale that is refunded or was somebody else's: they go back where they came from."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.draft import Line
from loyalty.points.policy import policy_in_force
from loyalty.points.posting import (
    Act,
    content_hash,
    open_posting,
    write_lines,
)
from loyalty.points.queries import BalanceFacts, balance_of, entries_of
from loyalty.points.release import draft_of, lock_for_spending
from loyalty.points.rules import plan_debit
from loyalty.points.save_draft import save_draft


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was taken back, the part of it that is now owed, and what the wallet holds after it.

    `forgiven` was gone too, and the program's policy lets it go.
    """

    points: int
    owed: int
    balance: BalanceFacts
    posting_id: UUID
    replayed: bool
    forgiven: int = 0


def take_back(
    session: Session, program_id: int, wallet_id: UUID, *, act: Act, points: int, at: datetime
) -> TakenBack:
    """Take points back: from their own lot, then from the others, and the rest becomes debt.

    `act.reverses` is the posting that gave them; its lot pays first. The wallet is never
    negative. Where the policy forgives, what is gone is not owed. Doing it again changes
    nothing.

    Raises `ActConflictError` when the act id was used for something else.
    """
    assert points >= 0
    asked = content_hash("take_back", wallet_id, points, act.subject)
    opened = open_posting(session, program_id, act, kind="take_back", request_hash=asked, at=at)
    if not opened.is_new:
        return _told_again(session, program_id, wallet_id, opened.posting_id)
    wallet = lock_for_spending(session, program_id, wallet_id, at=at)
    draft = draft_of(session, program_id, wallet)
    gone = plan_debit(points, draft.lots(), own=act.reverses).debt
    forgiven = 0
    if gone > 0 and policy_in_force(session, program_id, at=at).debt_policy == "forgive":
        forgiven = gone
    owed = draft.take(points - forgiven, own=act.reverses)
    lines = [*draft.lines(), Line("issued", points), Line("forgiven", -forgiven)]
    write_lines(session, program_id, opened.posting_id, lines, act=act, at=at)
    return TakenBack(
        points=points,
        owed=owed,
        balance=save_draft(session, program_id, wallet, draft),
        posting_id=opened.posting_id,
        replayed=False,
        forgiven=forgiven,
    )


def _told_again(session: Session, program_id: int, wallet_id: UUID, posting_id: UUID) -> TakenBack:
    entries = entries_of(session, program_id, posting_id)
    return TakenBack(
        points=sum(entry.points for entry in entries if entry.account == "issued"),
        owed=-sum(entry.points for entry in entries if entry.account == "debt"),
        balance=balance_of(session, program_id, wallet_id),
        posting_id=posting_id,
        replayed=True,
        forgiven=-sum(entry.points for entry in entries if entry.account == "forgiven"),
    )
