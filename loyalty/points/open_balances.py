"""Many opening balances at once: the same postings, lines and lots as one by one, in few steps.

A shop that changes its program brings thousands of balances; one act each would keep tills
waiting. Whoever owes points is left to `open_balance`, which repays the debt first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared, insert_rows
from loyalty.db.writes import hold
from loyalty.kernel.ids import new_id
from loyalty.points.amounts import check_points
from loyalty.points.open_balance import open_balance
from loyalty.points.policy import lot_end, policy_in_force
from loyalty.points.posting import Act, content_hash, lock_wallets
from loyalty.points.queries import BALANCE, ENTRY, LOT, POSTING, BalanceFacts

_ADD: Final = Prepared(
    update(BALANCE)
    .where(BALANCE.c.program_id == bindparam("program"), BALANCE.c.wallet_id == bindparam("wallet"))
    .values(
        posted=BALANCE.c.posted + bindparam("more"),
        expires_next=bindparam("expires"),
        version=BALANCE.c.version + 1,
    )
)


@dataclass(frozen=True, slots=True)
class Opening:
    """A balance to put into a wallet; without `expires_at` it ends as points earned today do."""

    wallet_id: UUID
    act: Act
    points: int
    expires_at: datetime | None = None


def open_balances(
    session: Session, program_id: int, openings: Sequence[Opening], *, at: datetime
) -> None:
    """Put opening balances into wallets, each as a lot of its own, and each act once.

    Raises `PointsInvalidError` for what is no number of points, and `ActConflictError` when an
    act id was used for something else.
    """
    # One list at a time: then nobody else takes an act between the look and the write.
    hold(session, "points_opening", program_id, "")
    wallets = lock_wallets(session, program_id, [one.wallet_id for one in openings])
    known = _known(session, program_id, [one.act.act_id for one in openings])
    policy = policy_in_force(session, program_id, at=at)
    many: list[tuple[UUID, Opening, datetime | None]] = []
    for one in openings:
        check_points(one.points)
        if wallets[one.wallet_id].debt or one.act.act_id in known:
            open_balance(
                session,
                program_id,
                one.wallet_id,
                act=one.act,
                points=one.points,
                at=at,
                expires_at=one.expires_at,
            )
        else:
            ends = one.expires_at or lot_end(policy, earned_at=one.act.occurred_at, at=at)
            many.append((new_id(at), one, ends))
    insert_rows(session, POSTING, [_posting(program_id, *row, at=at) for row in many])
    entries = [entry for row in many for entry in _entries(program_id, *row, at=at)]
    insert_rows(session, ENTRY, entries)
    insert_rows(session, LOT, [_lot(program_id, *row) for row in many])
    _ADD.write_all(session, [_added(program_id, *row, wallets=wallets) for row in many])


def _known(session: Session, program_id: int, act_ids: Sequence[str]) -> frozenset[str]:
    rows = session.scalars(
        select(POSTING.c.act_id).where(
            POSTING.c.program_id == program_id, POSTING.c.act_id.in_(act_ids)
        )
    )
    return frozenset(rows)


def _posting(
    program_id: int, posting_id: UUID, one: Opening, _ends: datetime | None, *, at: datetime
) -> dict[str, object]:
    act = one.act
    return {
        "program_id": program_id,
        "posting_id": posting_id,
        "act_id": act.act_id,
        "kind": "open",
        "occurred_at": act.occurred_at,
        "recorded_at": at,
        "store_id": act.store_id,
        "till_id": act.till_id,
        "subject": act.subject,
        "rule_version": None,
        "reverses": None,
        "request_hash": content_hash("open", one.wallet_id, one.points, act.subject),
        "basis": act.basis,
    }


def _entries(
    program_id: int, posting_id: UUID, one: Opening, ends: datetime | None, *, at: datetime
) -> tuple[dict[str, object], dict[str, object]]:
    line: dict[str, object] = {
        "program_id": program_id,
        "posting_id": posting_id,
        "store_id": one.act.store_id,
        "occurred_at": one.act.occurred_at,
        "recorded_at": at,
        "available_at": None,
    }
    issued = {"line": 1, "account": "issued", "wallet_id": None, "lot_id": None}
    filled = {"line": 2, "account": "wallet", "wallet_id": one.wallet_id, "lot_id": posting_id}
    born: dict[str, object] = {"earned_at": one.act.occurred_at, "expires_at": ends}
    return (
        line | issued | {"points": -one.points, "earned_at": None, "expires_at": None},
        line | filled | born | {"points": one.points},
    )


def _lot(
    program_id: int, posting_id: UUID, one: Opening, ends: datetime | None
) -> dict[str, object]:
    return {
        "program_id": program_id,
        "wallet_id": one.wallet_id,
        "lot_id": posting_id,
        "earned_at": one.act.occurred_at,
        "expires_at": ends,
        "available_at": None,
        "issued": one.points,
        "remaining": one.points,
        "held": 0,
    }


def _added(
    program_id: int,
    _posting_id: UUID,
    one: Opening,
    ends: datetime | None,
    *,
    wallets: dict[UUID, BalanceFacts],
) -> dict[str, object]:
    """Add to what a wallet holds; a wallet that comes twice keeps the earlier end."""
    wallet = wallets[one.wallet_id]
    moments = [moment for moment in (wallet.expires_next, ends) if moment is not None]
    first = min(moments, default=None)
    wallets[one.wallet_id] = replace(wallet, expires_next=first)
    return {
        "program": program_id,
        "wallet": one.wallet_id,
        "more": one.points,
        "expires": first,
    }
