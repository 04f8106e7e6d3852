"""How an act enters the ledger: its key decides, its wallets are locked, its lines sum to zero.

Every verb of this room writes through here, so an invariant is kept in one place.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.db.bulk import among
from loyalty.db.prepared import insert_rows
from loyalty.db.writes import insert_new, is_postgresql
from loyalty.kernel.ids import new_id
from loyalty.points.draft import Line
from loyalty.points.errors import ActConflictError
from loyalty.points.models import Posting
from loyalty.points.queries import (
    BALANCE,
    BALANCE_FACTS,
    ENTRY,
    BalanceFacts,
    lock_balance,
    posting_of_act,
)

Kind = Literal[
    "earn",
    "bonus",
    "take_back",
    "redeem",
    "give_back",
    "expire",
    "adjust",
    "open",
    "forgive",
    "settle",
    "transfer",
    "transfer_back",
]


@dataclass(frozen=True, slots=True)
class Act:
    """Why points move: the caller's id, when it happened by the till's clock, where, and whose.

    `subject` is the sale, refund or link it speaks of; `reverses` the posting it undoes;
    `basis` says why that many, as JSON of ids and numbers.
    """

    act_id: str
    occurred_at: datetime
    subject: str
    store_id: UUID | None = None
    till_id: UUID | None = None
    rule_version: int | None = None
    reverses: UUID | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """Whether an act is new to the ledger, and its posting."""

    posting_id: UUID
    is_new: bool


def content_hash(kind: str, *parts: object) -> str:
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
            "basis": act.basis,
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
        select(*BALANCE_FACTS)
        .where(BALANCE.c.program_id == program_id, among(session, BALANCE.c.wallet_id, wanted))
        .order_by(BALANCE.c.wallet_id)
    )
    if is_postgresql(session):
        statement = statement.with_for_update()
    found = {row.wallet_id: BalanceFacts(*row) for row in session.execute(statement)}
    assert len(found) == len(wanted), "a wallet without a balance reached the ledger"
    return found


def write_lines(
    session: Session,
    program_id: int,
    posting_id: UUID,
    lines: Sequence[Line],
    *,
    act: Act,
    at: datetime,
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
            "store_id": act.store_id,
            "lot_id": line.lot_id,
            "points": line.points,
            "occurred_at": act.occurred_at,
            "recorded_at": at,
            "earned_at": None if line.birth is None else line.birth.earned_at,
            "expires_at": None if line.birth is None else line.birth.expires_at,
            "available_at": None if line.birth is None else line.birth.available_at,
        }
        for number, line in enumerate(moving, start=1)
    ]
    insert_rows(session, ENTRY, rows)
