"""How an act enters the ledger: its key decides, its wallets are locked, its lines sum to zero.

Every verb of this room writes through here, so an invariant is kept in one place.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared, insert_rows
from loyalty.db.writes import insert_new, is_postgresql, rows_changed
from loyalty.kernel.ids import new_id
from loyalty.points.draft import Line, LotBirth, WalletDraft
from loyalty.points.errors import ActConflictError
from loyalty.points.models import Lot, Posting
from loyalty.points.queries import (
    BALANCE,
    ENTRY,
    LOT,
    BalanceFacts,
    lock_balance,
    posting_of_act,
)
from loyalty.points.rules import Draw

Kind = Literal["earn", "take_back", "transfer", "transfer_back"]


_CHANGE_BALANCE: Final = Prepared(
    update(BALANCE)
    .where(
        BALANCE.c.program_id == bindparam("program"),
        BALANCE.c.wallet_id == bindparam("wallet"),
        BALANCE.c.version == bindparam("known"),
    )
    .values(
        posted=BALANCE.c.posted + bindparam("more_posted"),
        debt=BALANCE.c.debt + bindparam("more_debt"),
        version=BALANCE.c.version + 1,
    )
)


@dataclass(frozen=True, slots=True)
class Act:
    """Why points move: the caller's id, when it happened by the till's clock, where, and whose.

    `subject` is the sale, refund or link it speaks of; `reverses` the posting it undoes.
    """

    act_id: str
    occurred_at: datetime
    subject: str
    store_id: UUID | None = None
    till_id: UUID | None = None
    rule_version: int | None = None
    reverses: UUID | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """Whether an act is new to the ledger, and its posting."""

    posting_id: UUID
    is_new: bool


def content_hash(kind: Kind, *parts: object) -> str:
    """Hash what an act asks for, so that a repeat is told from another act with its id."""
    text = json.dumps([kind, *(str(part) for part in parts)])
    return hashlib.sha256(text.encode()).hexdigest()


def open_posting(
    session: Session, program_id: int, act: Act, *, kind: Kind, request_hash: str, at: datetime
) -> Opened:
    """Enter an act once: its unique id decides, whoever comes first.

    Raises `ActConflictError` when the id was used for an act with other content.
    """
    posting_id = new_id(at)
    is_new = insert_new(
        session,
        Posting,
        {
            "program_id": program_id,
            "posting_id": posting_id,
            "act_id": act.act_id,
            "kind": kind,
            "occurred_at": act.occurred_at,
            "recorded_at": at,
            "store_id": act.store_id,
            "till_id": act.till_id,
            "subject": act.subject,
            "rule_version": act.rule_version,
            "reverses": act.reverses,
            "request_hash": request_hash,
        },
    )
    if is_new:
        return Opened(posting_id=posting_id, is_new=True)
    known = posting_of_act(session, program_id, act.act_id)
    assert known is not None, "its key was just taken"
    if known.request_hash != request_hash:
        raise ActConflictError(act_id=act.act_id)
    return Opened(posting_id=known.posting_id, is_new=False)


def lock_wallets(
    session: Session, program_id: int, wallet_ids: Iterable[UUID]
) -> dict[UUID, BalanceFacts]:
    """Take the wallets for this unit of work, in ascending order, and say what they hold.

    Two acts that want the same wallets wait for each other and never in a circle.
    """
    wanted = sorted(set(wallet_ids))
    if len(wanted) == 1:
        return {wanted[0]: lock_balance(session, program_id, wanted[0])}
    statement = (
        select(
            BALANCE.c.wallet_id,
            BALANCE.c.posted,
            BALANCE.c.held,
            BALANCE.c.debt,
            BALANCE.c.version,
        )
        .where(BALANCE.c.program_id == program_id, BALANCE.c.wallet_id.in_(wanted))
        .order_by(BALANCE.c.wallet_id)
    )
    if is_postgresql(session):
        statement = statement.with_for_update()
    found = {
        row.wallet_id: BalanceFacts(row.wallet_id, row.posted, row.held, row.debt, row.version)
        for row in session.execute(statement)
    }
    assert len(found) == len(wanted), "a wallet without a balance reached the ledger"
    return found


def write_lines(
    session: Session,
    program_id: int,
    posting_id: UUID,
    lines: Sequence[Line],
    *,
    store_id: UUID | None,
) -> None:
    """Write the lines of a posting; lines of nothing are left out, the others sum to zero."""
    moving = [line for line in lines if line.points != 0]
    assert sum(line.points for line in moving) == 0, "a posting does not sum to zero"
    if not moving:
        return
    rows = [
        {
            "program_id": program_id,
            "posting_id": posting_id,
            "line": number,
            "account": line.account,
            "wallet_id": line.wallet_id,
            "store_id": store_id,
            "lot_id": line.lot_id,
            "points": line.points,
        }
        for number, line in enumerate(moving, start=1)
    ]
    insert_rows(session, ENTRY, rows)


def save_draft(
    session: Session, program_id: int, wallet: BalanceFacts, draft: WalletDraft
) -> BalanceFacts:
    """Bring a locked wallet's lots and balance to what its draft says."""
    if not draft.changes and draft.debt_change == 0:
        return wallet
    for lot_id, points in draft.changes.items():
        if points < 0:
            _take_from_lot(session, program_id, wallet.wallet_id, Draw(lot_id, -points))
        elif points > 0:
            _put_in_lot(session, program_id, wallet.wallet_id, draft.births[lot_id], points)
    return _change_balance(
        session, program_id, wallet, posted=draft.posted_change, debt=draft.debt_change
    )


def _take_from_lot(session: Session, program_id: int, wallet_id: UUID, draw: Draw) -> None:
    """Take points out of a lot; what is held cannot be taken."""
    changed = rows_changed(
        session,
        update(LOT)
        .where(
            LOT.c.program_id == program_id,
            LOT.c.wallet_id == wallet_id,
            LOT.c.lot_id == draw.lot_id,
            LOT.c.remaining - LOT.c.held >= draw.points,
        )
        .values(remaining=LOT.c.remaining - draw.points),
    )
    assert changed == 1, "a lot changed while its wallet was locked"


def _put_in_lot(
    session: Session, program_id: int, wallet_id: UUID, birth: LotBirth, points: int
) -> None:
    """Put points into a lot, which is made when the wallet does not have it yet."""
    values = {
        "program_id": program_id,
        "wallet_id": wallet_id,
        "lot_id": birth.lot_id,
        "earned_at": birth.earned_at,
        "expires_at": birth.expires_at,
        "issued": points,
        "remaining": points,
        "held": 0,
    }
    if insert_new(session, Lot, values):
        return
    changed = rows_changed(
        session,
        update(LOT)
        .where(
            LOT.c.program_id == program_id,
            LOT.c.wallet_id == wallet_id,
            LOT.c.lot_id == birth.lot_id,
        )
        .values(issued=LOT.c.issued + points, remaining=LOT.c.remaining + points),
    )
    assert changed == 1, "a lot went away while its wallet was locked"


def _change_balance(
    session: Session, program_id: int, wallet: BalanceFacts, *, posted: int, debt: int
) -> BalanceFacts:
    """Add to a locked wallet's balance (`posted` and `debt` are differences) and say what it is."""
    asked = {
        "program": program_id,
        "wallet": wallet.wallet_id,
        "known": wallet.version,
        "more_posted": posted,
        "more_debt": debt,
    }
    changed = _CHANGE_BALANCE.changed(session, asked)
    assert changed == 1, "a wallet changed while it was locked"
    return BalanceFacts(
        wallet_id=wallet.wallet_id,
        posted=wallet.posted + posted,
        held=wallet.held,
        debt=wallet.debt + debt,
        version=wallet.version + 1,
    )
