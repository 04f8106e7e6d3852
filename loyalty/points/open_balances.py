"""Many opening balances at once: the same postings, lines and lots as one by one, in few steps.

A shop that changes its program brings thousands of balances; one act each would keep tills
waiting. Whoever owes points is left to `open_balance`, which repays the debt first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.db.bulk import add_many, among, insert_many
from loyalty.db.writes import hold
from loyalty.kernel.ids import new_id
from loyalty.points.amounts import check_points
from loyalty.points.open_balance import open_balance
from loyalty.points.policy import lot_end, policy_in_force
from loyalty.points.posting import Act, content_hash, lock_wallets
from loyalty.points.queries import BALANCE, ENTRY, LOT, POSTING, BalanceFacts


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
    many: list[_Made] = []
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
            many.append(_Made(new_id(at), one, ends))
    if many:
        _write(session, program_id, many, wallets, at=at)


@dataclass(frozen=True, slots=True)
class _Made:
    """An opening that goes the short way: its posting, which names its lot too, and its end."""

    posting_id: UUID
    told: Opening
    ends: datetime | None


def _known(session: Session, program_id: int, act_ids: Sequence[str]) -> frozenset[str]:
    rows = session.scalars(
        select(POSTING.c.act_id).where(
            POSTING.c.program_id == program_id, among(session, POSTING.c.act_id, act_ids)
        )
    )
    return frozenset(rows)


def _write(
    session: Session,
    program_id: int,
    many: Sequence[_Made],
    wallets: Mapping[UUID, BalanceFacts],
    *,
    at: datetime,
) -> None:
    """Write the rows of many openings, table by table."""
    postings = [one.posting_id for one in many]
    owners = [one.told.wallet_id for one in many]
    points = [one.told.points for one in many]
    acts = [one.told.act for one in many]
    ends = _column(one.ends for one in many)
    when: dict[str, object] = {
        "program_id": program_id,
        "posting_id": postings,
        "store_id": _column(act.store_id for act in acts),
        "occurred_at": _column(act.occurred_at for act in acts),
        "recorded_at": at,
    }
    hashes = [
        content_hash("open", one.told.wallet_id, one.told.points, one.told.act.subject)
        for one in many
    ]
    posting: dict[str, object] = {
        "act_id": [act.act_id for act in acts],
        "kind": "open",
        "till_id": _column(act.till_id for act in acts),
        "subject": [act.subject for act in acts],
        "rule_version": None,
        "reverses": None,
        "request_hash": hashes,
        "basis": _column(act.basis for act in acts),
    }
    insert_many(session, POSTING, {**when, **posting})
    issued = {"line": 1, "account": "issued", "points": [-number for number in points]}
    insert_many(session, ENTRY, {**when, **issued})
    born = {"earned_at": when["occurred_at"], "expires_at": ends}
    filled = {"line": 2, "account": "wallet", "wallet_id": owners, "lot_id": postings}
    insert_many(session, ENTRY, {**when, **filled, **born, "points": points})
    lot = {"program_id": program_id, "wallet_id": owners, "lot_id": postings, "held": 0}
    insert_many(session, LOT, {**lot, **born, "issued": points, "remaining": points})
    _fill(session, program_id, many, wallets)


def _fill(
    session: Session,
    program_id: int,
    many: Sequence[_Made],
    wallets: Mapping[UUID, BalanceFacts],
) -> None:
    """Add to what wallets hold; one that comes twice keeps the earlier end."""
    more: dict[UUID, int] = defaultdict(int)
    acts: dict[UUID, int] = defaultdict(int)
    ends = {one.told.wallet_id: wallets[one.told.wallet_id].expires_next for one in many}
    for one in many:
        owner = one.told.wallet_id
        more[owner] += one.told.points
        acts[owner] += 1
        ends[owner] = min((end for end in (ends[owner], one.ends) if end), default=None)
    add_many(
        session,
        BALANCE,
        {"program_id": program_id, "wallet_id": list(ends)},
        sets={"expires_next": list(ends.values())},
        adds={
            "posted": [more[owner] for owner in ends],
            "version": [acts[owner] for owner in ends],
        },
    )


def _column(values: Iterable[object]) -> object:
    """Give what all rows share once, else a value for each."""
    told = list(values)
    return told[0] if all(one == told[0] for one in told) else told
