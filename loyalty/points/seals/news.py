"""What postings did, for programs that follow the shop: read in the order they were sealed.

The order is the seal's: a posting that commits late is sealed later, so whoever asks for what
came after a place is told of every one. Nothing is written for it when points move.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from loyalty.points.queries import ENTRY, POSTING, WALLET
from loyalty.points.seals.find import SEALED

# Of a basis: what is ids and numbers. Reasons that people typed, and what only counts, stay here.
_WHY: Final = {
    "rule": "rule_id",
    "counted": "counted_minor",
    "paid": "paid_minor",
    "times": "times",
    "tier": "tier_id",
    "tier_times": "tier_times",
    "cut": "cut",
    "bonus": "bonus",
}
# Subjects that name something of ours or of a till's; others may hold what an owner typed.
_ABOUT: Final = frozenset({"sale", "hold"})


@dataclass(frozen=True, slots=True)
class WalletMove:
    """What a posting did to one wallet: `points` in (+) or out (−), and what is owed more (+)."""

    wallet_id: UUID
    member_id: UUID
    unit: str
    points: int
    debt: int


@dataclass(frozen=True, slots=True)
class PostingNews:
    """One posting and its place in the sealed ledger."""

    place: int
    posting_id: UUID
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    store_id: UUID | None
    till_id: UUID | None
    sale_id: str | None
    hold_id: str | None
    rule_version: int | None
    reverses: UUID | None
    why: Mapping[str, Any]
    moves: tuple[WalletMove, ...]


def last_sealed_place(session: Session, program_id: int) -> int:
    """Say up to which place the ledger is sealed; 0 before the first seal."""
    query = select(func.max(SEALED.c.place)).where(SEALED.c.program_id == program_id)
    return session.execute(query).scalar_one() or 0


def read_posting_news(
    session: Session, program_id: int, *, after: int, upto: int, limit: int
) -> tuple[PostingNews, ...]:
    """Give the postings sealed after a place and not after another, in their places.

    Seals hold more than postings: who asks bounds what is looked through by `upto`.
    """
    sealed = session.execute(
        select(SEALED.c.place, SEALED.c.key)
        .where(
            SEALED.c.program_id == program_id,
            SEALED.c.place > after,
            SEALED.c.place <= upto,
            SEALED.c.kind == "posting",
        )
        .order_by(SEALED.c.place)
        .limit(limit)
    )
    places = {UUID(row.key): row.place for row in sealed}
    if not places:
        return ()
    moves = _moves(session, program_id, places)
    rows = session.execute(
        select(POSTING).where(
            POSTING.c.program_id == program_id, POSTING.c.posting_id.in_(places.keys())
        )
    )
    told = [_news(row, places[row.posting_id], moves[row.posting_id]) for row in rows]
    return tuple(sorted(told, key=lambda one: one.place))


def _news(row: Row[Any], place: int, moves: Mapping[UUID, WalletMove]) -> PostingNews:
    about = _about(row.subject)
    return PostingNews(
        place=place,
        posting_id=row.posting_id,
        kind=row.kind,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        store_id=row.store_id,
        till_id=row.till_id,
        sale_id=about.get("sale"),
        hold_id=about.get("hold"),
        rule_version=row.rule_version,
        reverses=row.reverses,
        why=_why(row.basis),
        moves=tuple(moves.values()),
    )


def _about(subject: str) -> dict[str, str]:
    kind, _, name = subject.partition(":")
    if kind == "stamps":  # "stamps:<reward>:<sale>"
        return {"sale": name.partition(":")[2]}
    return {kind: name} if kind in _ABOUT and name else {}


def _why(basis: str | None) -> dict[str, Any]:
    if basis is None:
        return {}
    told = json.loads(basis)
    return {name: told[key] for key, name in _WHY.items() if key in told}


def _moves(
    session: Session, program_id: int, postings: Mapping[UUID, int]
) -> Mapping[UUID, Mapping[UUID, WalletMove]]:
    rows = session.execute(
        select(
            ENTRY.c.posting_id,
            ENTRY.c.wallet_id,
            ENTRY.c.account,
            func.sum(ENTRY.c.points).label("points"),
            WALLET.c.member_id,
            WALLET.c.unit,
        )
        .join(
            WALLET,
            (WALLET.c.program_id == ENTRY.c.program_id) & (WALLET.c.wallet_id == ENTRY.c.wallet_id),
        )
        .where(ENTRY.c.program_id == program_id, ENTRY.c.posting_id.in_(postings.keys()))
        .group_by(
            ENTRY.c.posting_id,
            ENTRY.c.wallet_id,
            ENTRY.c.account,
            WALLET.c.member_id,
            WALLET.c.unit,
        )
        .order_by(ENTRY.c.posting_id, ENTRY.c.wallet_id)
    )
    found: dict[UUID, dict[UUID, WalletMove]] = defaultdict(dict)
    for row in rows:
        of = found[row.posting_id]
        before = of.get(row.wallet_id)
        is_debt = row.account == "debt"
        of[row.wallet_id] = WalletMove(
            row.wallet_id,
            row.member_id,
            row.unit,
            points=(before.points if before else 0) + (0 if is_debt else int(row.points)),
            debt=(before.debt if before else 0) - (int(row.points) if is_debt else 0),
        )
    return found
