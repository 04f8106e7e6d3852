"""What the ledger says: balances, rules, rewards, and each row of a wallet's history."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from loyalty.db.memory import remembered
from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.points.models import Balance, Entry, Lot, Posting, Wallet
from loyalty.points.reward_models import Reward
from loyalty.points.rules import RewardFacts

BALANCE = table_of(Balance)
ENTRY = table_of(Entry)
LOT = table_of(Lot)
POSTING = table_of(Posting)
REWARD = table_of(Reward)
WALLET = table_of(Wallet)
# What ties the lines to their posting, and the sums to their wallet.
OF_POSTING: Final = (ENTRY.c.program_id == POSTING.c.program_id) & (
    ENTRY.c.posting_id == POSTING.c.posting_id
)
OF_WALLET: Final = (BALANCE.c.program_id == WALLET.c.program_id) & (
    BALANCE.c.wallet_id == WALLET.c.wallet_id
)
POINTS: Final = "points"  # the unit of the wallet that everybody means


@dataclass(frozen=True, slots=True)
class BalanceFacts:
    """What a wallet holds now; `version` grows with each act, for the ETag of a page."""

    wallet_id: UUID
    posted: int
    held: int
    debt: int
    version: int
    pending_until: datetime | None = None
    expires_next: datetime | None = None

    @property
    def points(self) -> int:
        """What nobody has reserved; `spendable` says how much of it can be spent at a moment."""
        return self.posted - self.held

    def needs_lots(self, at: datetime) -> bool:
        """Say whether only the lots tell what can be spent at a moment."""
        is_pending = self.pending_until is not None and self.pending_until > at
        is_past = self.expires_next is not None and self.expires_next <= at
        return is_pending or is_past


@dataclass(frozen=True, slots=True)
class PostingFacts:
    """One act of the ledger, without its lines."""

    posting_id: UUID
    act_id: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    store_id: UUID | None
    till_id: UUID | None
    subject: str
    rule_version: int | None
    reverses: UUID | None
    request_hash: str
    basis: str | None


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """One signed line of a posting."""

    posting_id: UUID
    line: int
    account: str
    wallet_id: UUID | None
    store_id: UUID | None
    lot_id: UUID | None
    points: int


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What one act did to a wallet: `points` in or out, of which `debt` repaid (+) or owed (-)."""

    wallet_id: UUID
    points: int
    debt: int
    posting: PostingFacts


# In the order of `BalanceFacts`.
BALANCE_FACTS: Final = (
    BALANCE.c.wallet_id,
    BALANCE.c.posted,
    BALANCE.c.held,
    BALANCE.c.debt,
    BALANCE.c.version,
    BALANCE.c.pending_until,
    BALANCE.c.expires_next,
)
_WALLET_OF_MEMBER: Final = Prepared(
    select(WALLET.c.wallet_id).where(
        WALLET.c.program_id == bindparam("program"),
        WALLET.c.member_id == bindparam("member"),
        WALLET.c.unit == bindparam("unit"),
    )
)
_BALANCE: Final = select(*BALANCE_FACTS).where(
    BALANCE.c.program_id == bindparam("program"), BALANCE.c.wallet_id == bindparam("wallet")
)
_BALANCE_OF: Final = Prepared(_BALANCE)
_OF_MEMBER: Final = (
    select(*BALANCE_FACTS)
    .join(WALLET, OF_WALLET)
    .where(
        WALLET.c.program_id == bindparam("program"),
        WALLET.c.member_id == bindparam("member"),
        WALLET.c.unit == bindparam("unit"),
    )
)
_BALANCE_OF_MEMBER: Final = Prepared(_OF_MEMBER)
_MEMBER_LOCKED: Final = Prepared(_OF_MEMBER.with_for_update(of=BALANCE))
_BALANCE_LOCKED: Final = Prepared(_BALANCE.with_for_update())
_REWARD: Final = select(
    REWARD.c.reward_id,
    REWARD.c.name,
    REWARD.c.points,
    REWARD.c.kind,
    REWARD.c.parameters,
    REWARD.c.currency,
    REWARD.c.minimum_minor,
    REWARD.c.valid_from,
    REWARD.c.valid_until,
    REWARD.c.stock,
    REWARD.c.per_member,
    REWARD.c.per_member_day,
    REWARD.c.at_till,
    REWARD.c.on_web,
    REWARD.c.retired_at,
).where(REWARD.c.program_id == bindparam("program"))
_REWARDS: Final = Prepared(
    _REWARD.where(REWARD.c.retired_at.is_(None)).order_by(REWARD.c.points, REWARD.c.name)
)
_RETIRED: Final = Prepared(
    _REWARD.where(REWARD.c.retired_at.is_not(None))
    .order_by(REWARD.c.retired_at.desc(), REWARD.c.reward_id)
    .limit(bindparam("most"))
)
_REWARD_BY_ID: Final = Prepared(_REWARD.where(REWARD.c.reward_id == bindparam("reward")))
_REWARD_LOCKED: Final = Prepared(
    _REWARD.where(REWARD.c.reward_id == bindparam("reward")).with_for_update()
)


def wallet_of_member(
    session: Session, program_id: int, member_id: UUID, *, unit: str = POINTS
) -> UUID | None:
    """Find a member's wallet; `unit` is the reward whose stamps it keeps."""
    found: UUID | None = _WALLET_OF_MEMBER.scalar(
        session, program=program_id, member=member_id, unit=unit
    )
    return found


def owner_of_wallet(session: Session, program_id: int, wallet_id: UUID) -> tuple[UUID, str]:
    """Find whose a wallet is, and its unit: points, or the reward whose stamps it keeps."""
    row = session.execute(
        select(WALLET.c.member_id, WALLET.c.unit).where(
            WALLET.c.program_id == program_id, WALLET.c.wallet_id == wallet_id
        )
    ).one()
    return row.member_id, row.unit


def wallets_of_member(session: Session, program_id: int, member_id: UUID) -> dict[str, UUID]:
    """Find all wallets of a member by their unit."""
    rows = session.execute(
        select(WALLET.c.unit, WALLET.c.wallet_id).where(
            WALLET.c.program_id == program_id, WALLET.c.member_id == member_id
        )
    )
    return {row.unit: row.wallet_id for row in rows}


def points_wallets_of(
    session: Session, program_id: int, member_ids: Sequence[UUID]
) -> tuple[UUID, ...]:
    """Find where the points of some members are."""
    return tuple(
        session.scalars(
            select(WALLET.c.wallet_id).where(
                WALLET.c.program_id == program_id,
                WALLET.c.member_id.in_(member_ids),
                WALLET.c.unit == POINTS,
            )
        )
    )


def balance_of(session: Session, program_id: int, wallet_id: UUID) -> BalanceFacts:
    """Say what a wallet holds now."""
    return BalanceFacts(*_BALANCE_OF.one(session, program=program_id, wallet=wallet_id))


def balance_of_member(
    session: Session, program_id: int, member_id: UUID, *, unit: str = POINTS
) -> BalanceFacts | None:
    """Say what a member's wallet holds now, in one look; none when there is no wallet."""
    row = _BALANCE_OF_MEMBER.first(session, program=program_id, member=member_id, unit=unit)
    return None if row is None else BalanceFacts(*row)


def lock_balance(session: Session, program_id: int, wallet_id: UUID) -> BalanceFacts:
    """Take one wallet for this unit of work and say what it holds."""
    return BalanceFacts(*_BALANCE_LOCKED.one(session, program=program_id, wallet=wallet_id))


def lock_balance_of_member(
    session: Session, program_id: int, member_id: UUID, *, unit: str = POINTS
) -> BalanceFacts | None:
    """Take a member's wallet for this unit of work and say what it holds, in one look."""
    row = _MEMBER_LOCKED.first(session, program=program_id, member=member_id, unit=unit)
    return None if row is None else BalanceFacts(*row)


def rewards_of(session: Session, program_id: int) -> tuple[RewardFacts, ...]:
    """List what points can be redeemed for, the cheapest first, also what is not on offer today."""

    def read() -> tuple[RewardFacts, ...]:
        return tuple(_reward(row) for row in _REWARDS.rows(session, program=program_id))

    return remembered(session, program_id, "rewards", read)


def reward_by_id(session: Session, program_id: int, reward_id: UUID) -> RewardFacts | None:
    """Find a reward, also one that is not offered any more."""
    row = _REWARD_BY_ID.first(session, program=program_id, reward=reward_id)
    return None if row is None else _reward(row)


def retired_rewards(session: Session, program_id: int, *, most: int) -> tuple[RewardFacts, ...]:
    """List what is not offered any more, the latest first."""
    rows = _RETIRED.rows(session, program=program_id, most=most)
    return tuple(_reward(row) for row in rows)


def lock_reward(session: Session, program_id: int, reward_id: UUID) -> RewardFacts | None:
    """Take a reward for this unit of work, so that its stock can be counted; before any wallet."""
    row = _REWARD_LOCKED.first(session, program=program_id, reward=reward_id)
    return None if row is None else _reward(row)


def _reward(row: tuple[Any, ...]) -> RewardFacts:
    reward_id, name, points, kind, parameters, *rest = row
    return RewardFacts(reward_id, name, points, kind, json.loads(parameters), *rest)


def _postings() -> Select[Any]:
    return select(
        POSTING.c.posting_id,
        POSTING.c.act_id,
        POSTING.c.kind,
        POSTING.c.occurred_at,
        POSTING.c.recorded_at,
        POSTING.c.store_id,
        POSTING.c.till_id,
        POSTING.c.subject,
        POSTING.c.rule_version,
        POSTING.c.reverses,
        POSTING.c.request_hash,
        POSTING.c.basis,
    )


_POSTING_OF_ACT: Final = Prepared(
    _postings().where(
        POSTING.c.program_id == bindparam("program"), POSTING.c.act_id == bindparam("act")
    )
)
_ENTRIES_OF: Final = Prepared(
    select(
        ENTRY.c.posting_id,
        ENTRY.c.line,
        ENTRY.c.account,
        ENTRY.c.wallet_id,
        ENTRY.c.store_id,
        ENTRY.c.lot_id,
        ENTRY.c.points,
    )
    .where(ENTRY.c.program_id == bindparam("program"), ENTRY.c.posting_id == bindparam("posting"))
    .order_by(ENTRY.c.line)
)


def posting_of_act(session: Session, program_id: int, act_id: str) -> PostingFacts | None:
    """Find the posting of an act."""
    row = _POSTING_OF_ACT.first(session, program=program_id, act=act_id)
    return None if row is None else PostingFacts(*row)


def postings_of_acts(
    session: Session, program_id: int, act_ids: Sequence[str]
) -> tuple[PostingFacts, ...]:
    """Find the postings of several acts; acts without one are left out."""
    rows = session.execute(
        _postings().where(POSTING.c.program_id == program_id, POSTING.c.act_id.in_(act_ids))
    )
    return tuple(PostingFacts(*row) for row in rows)


def postings_by_id(
    session: Session, program_id: int, posting_ids: Collection[UUID]
) -> dict[UUID, PostingFacts]:
    """Find several postings by their ids."""
    rows = session.execute(
        _postings().where(POSTING.c.program_id == program_id, POSTING.c.posting_id.in_(posting_ids))
    )
    return {row.posting_id: PostingFacts(*row) for row in rows}


def entries_of(session: Session, program_id: int, posting_id: UUID) -> tuple[EntryFacts, ...]:
    """List the lines of a posting in their order."""
    rows = _ENTRIES_OF.rows(session, program=program_id, posting=posting_id)
    return tuple(EntryFacts(*row) for row in rows)


def history(
    session: Session,
    program_id: int,
    wallet_ids: Sequence[UUID],
    *,
    limit: int = 50,
    before: datetime | None = None,
) -> tuple[LedgerRow, ...]:
    """List what moved the points of some wallets, newest first, each row with its act.

    Acts that moved nothing (a sale below one point) are not in it: no line of theirs names a
    wallet.
    """
    moved = (
        select(
            ENTRY.c.posting_id,
            ENTRY.c.wallet_id,
            func.sum(ENTRY.c.points).label("points"),
            func.sum(case((ENTRY.c.account == "debt", ENTRY.c.points), else_=0)).label("debt"),
        )
        .where(ENTRY.c.program_id == program_id, ENTRY.c.wallet_id.in_(wallet_ids))
        .group_by(ENTRY.c.posting_id, ENTRY.c.wallet_id)
        .subquery()
    )
    statement = (
        _postings()
        .add_columns(moved.c.wallet_id, moved.c.points, moved.c.debt)
        .join(moved, moved.c.posting_id == POSTING.c.posting_id)
        .where(POSTING.c.program_id == program_id)
        .order_by(POSTING.c.recorded_at.desc(), POSTING.c.posting_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(POSTING.c.recorded_at < before)
    return tuple(
        LedgerRow(
            wallet_id=row[-3],
            points=int(row[-2]),
            debt=int(row[-1]),
            posting=PostingFacts(*row[:-3]),
        )
        for row in session.execute(statement)
    )


def points_of_subjects(
    session: Session, program_id: int, subjects: Sequence[str]
) -> dict[str, int]:
    """Sum what the acts about some subjects (sales) put into wallets, less what they took."""
    rows = session.execute(
        select(POSTING.c.subject, func.sum(ENTRY.c.points))
        .join(ENTRY, OF_POSTING)
        .where(
            POSTING.c.program_id == program_id,
            POSTING.c.subject.in_(subjects),
            ENTRY.c.wallet_id.is_not(None),
        )
        .group_by(POSTING.c.subject)
    )
    return {subject: int(points) for subject, points in rows}
