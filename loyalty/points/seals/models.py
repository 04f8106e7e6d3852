"""The chain of seals over the ledger, what each block holds, its sums, and the heads told."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base
from loyalty.points.models import POINTS

SEAL = ["points_seal.program_id", "points_seal.block"]


class Seal(Base):
    """One block of the ledger: how many rows, what they hash to, and the block before it."""

    __tablename__ = "points_seal"
    __table_args__ = (
        CheckConstraint("block > 0", name="block"),
        CheckConstraint("first > 0 AND count > 0 AND last = first + count - 1", name="places"),
        UniqueConstraint("program_id", "first"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    block: Mapped[int] = mapped_column(primary_key=True)  # 1, 2, 3 …
    first: Mapped[int]  # places: the rows of a program are counted through, from 1
    last: Mapped[int]
    count: Mapped[int]
    root: Mapped[str]  # SHA-256 in hex over the digests of its rows, in their places
    prev: Mapped[str]  # the hash of the block before it
    hash: Mapped[str]  # over all of the above
    sealed_at: Mapped[datetime]


class Sealed(Base):
    """A row of the ledger in its block: which one, its place, and the digest of all it says."""

    __tablename__ = "points_sealed"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "block"], SEAL),
        UniqueConstraint("program_id", "kind", "key"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    block: Mapped[int]
    kind: Mapped[str]  # "posting", "answer", "wallet", …
    key: Mapped[str]  # its id; a UUID as 32 hex digits
    digest: Mapped[bytes]


class Rollup(Base):
    """What the postings of one block moved: sums by day, store, account and kind."""

    __tablename__ = "points_rollup"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "block"], SEAL),
        CheckConstraint("acts > 0", name="acts"),
        Index("ix_points_rollup_day", "program_id", "day"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    block: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]  # of `recorded_at`, in the store's zone; UTC without a store
    store_id: Mapped[UUID | None]
    unit: Mapped[str]  # of the wallets: "points", or the reward whose stamps they keep
    account: Mapped[str]
    kind: Mapped[str]
    points: Mapped[int] = mapped_column(POINTS)
    acts: Mapped[int]


class Head(Base):
    """The last block of a day, as its owners were told it."""

    __tablename__ = "points_head"
    __table_args__ = (ForeignKeyConstraint(["program_id", "block"], SEAL),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    block: Mapped[int]
    hash: Mapped[str]
    told_at: Mapped[datetime]
