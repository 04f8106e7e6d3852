"""The points ledger: double entry, append-only, whole points; and the program's rules as data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

WALLET = ["points_wallet.program_id", "points_wallet.wallet_id"]


class EarningRule(Base):
    """`points` for every full `per_minor` minor units; a new version replaces the last."""

    __tablename__ = "points_earning_rule"
    __table_args__ = (CheckConstraint("points > 0 AND per_minor > 0", name="earns"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[int]
    per_minor: Mapped[int]
    currency: Mapped[str]
    in_force_from: Mapped[datetime]


class Reward(Base):
    """Something points can be redeemed for; what its kind needs stands in `parameters`.

    How much of its `stock` is left follows from what was redeemed, and is not kept beside it.
    """

    __tablename__ = "points_reward"
    __table_args__ = (
        CheckConstraint("points > 0", name="costs"),
        CheckConstraint("minimum_minor >= 0", name="minimum"),
        CheckConstraint(
            "(stock IS NULL OR stock >= 0) AND (per_member IS NULL OR per_member > 0)"
            " AND (per_member_day IS NULL OR per_member_day > 0)",
            name="limits",
        ),
        CheckConstraint("at_till OR on_web", name="somewhere"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    reward_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    points: Mapped[int]  # of a stamp card: stamps; of points as money: the fewest
    kind: Mapped[str] = mapped_column(server_default="product")  # a file of points/rewards
    parameters: Mapped[str] = mapped_column(server_default="{}")  # JSON, as its kind checked it
    currency: Mapped[str | None]  # of the amounts in it, if there are any
    minimum_minor: Mapped[int] = mapped_column(server_default="0")  # the smallest basket
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    stock: Mapped[int | None]
    per_member: Mapped[int | None]
    per_member_day: Mapped[int | None]
    at_till: Mapped[bool] = mapped_column(server_default=true())
    on_web: Mapped[bool] = mapped_column(server_default=true())
    retired_at: Mapped[datetime | None]


class Wallet(Base):
    """Where a member's points are; one per member, never moved by a merge of persons."""

    __tablename__ = "points_wallet"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "member_id"],
            ["identity_member.program_id", "identity_member.member_id"],
        ),
        UniqueConstraint("program_id", "member_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    opened_at: Mapped[datetime]


class Posting(Base):
    """One act in the ledger and why; never edited."""

    __tablename__ = "points_posting"
    __table_args__ = (
        UniqueConstraint("program_id", "act_id"),
        CheckConstraint("kind IN ('earn', 'take_back', 'transfer', 'transfer_back')", name="kind"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(primary_key=True)
    act_id: Mapped[str]  # the caller's id: "sale:<id>", "refund:<id>", "reassign:<id>:out", …
    kind: Mapped[str]
    occurred_at: Mapped[datetime]  # by the till's clock
    recorded_at: Mapped[datetime]  # by ours
    store_id: Mapped[UUID | None]
    till_id: Mapped[UUID | None]
    subject: Mapped[str]  # the sale, refund or link it speaks of; for the reader
    rule_version: Mapped[int | None]
    reverses: Mapped[UUID | None]
    request_hash: Mapped[str]


class Entry(Base):
    """One signed line of a posting; the lines of a posting sum to zero."""

    __tablename__ = "points_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "posting_id"],
            ["points_posting.program_id", "points_posting.posting_id"],
        ),
        ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),
        CheckConstraint("points <> 0", name="moves"),
        CheckConstraint(
            "account IN ('wallet', 'debt', 'issued', 'redeemed', 'expired', 'forgiven')",
            name="account",
        ),
        CheckConstraint("(account IN ('wallet', 'debt')) = (wallet_id IS NOT NULL)", name="owned"),
        Index("ix_points_entry_wallet", "program_id", "wallet_id", "posting_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    wallet_id: Mapped[UUID | None]
    store_id: Mapped[UUID | None]
    lot_id: Mapped[UUID | None]
    points: Mapped[int]


class Lot(Base):
    """Points earned together; `remaining` is a cache of its entries, `held` of open holds."""

    __tablename__ = "points_lot"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),
        CheckConstraint("remaining BETWEEN 0 AND issued", name="remaining"),
        CheckConstraint("held BETWEEN 0 AND remaining", name="held"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)  # the posting that made it
    earned_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    issued: Mapped[int]
    remaining: Mapped[int]
    held: Mapped[int]


class Balance(Base):
    """What a wallet holds now: a cache of its entries that `enlaza verify` recomputes."""

    __tablename__ = "points_balance"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),
        CheckConstraint("held BETWEEN 0 AND posted", name="held"),
        CheckConstraint("debt >= 0", name="debt"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    posted: Mapped[int]
    held: Mapped[int]
    debt: Mapped[int]
    version: Mapped[int]


class Answer(Base):
    """What a caller was told for an act, so that a repeat is told the same."""

    __tablename__ = "points_answer"

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    act_id: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    outcome: Mapped[str]
    facts: Mapped[str]  # JSON: points and codes only, never a name
    answered_at: Mapped[datetime]
