"""The points ledger: double entry, append-only, whole points; and the program's rules as data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

WALLET = ["points_wallet.program_id", "points_wallet.wallet_id"]
POSTING = ["points_posting.program_id", "points_posting.posting_id"]
HOLD = ["points_hold.program_id", "points_hold.hold_id"]
# A sum of points may outgrow the 32 bits of PostgreSQL's INTEGER; SQLite has but one kind.
POINTS = BigInteger().with_variant(Integer(), "sqlite")


class Policy(Base):
    """What a program decided about its points; a new version replaces the last, none is changed."""

    __tablename__ = "points_policy"
    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("debt_policy IN ('owe', 'forgive', 'block')", name="debt_policy"),
        CheckConstraint(
            "value_minor_per_1000 >= 0 AND (expiry_months IS NULL OR expiry_months > 0)"
            " AND expiry_grace_days >= 0 AND expiry_warning_days >= 0 AND pending_days >= 0"
            " AND hold_minutes > 0 AND offline_allowance >= 0 AND cashier_allowance >= 0"
            " AND welcome_points >= 0 AND birthday_points >= 0 AND referral_points >= 0"
            " AND referral_most >= 0 AND adjust_manager_most >= 0 AND adjust_cashier_most >= 0",
            name="amounts",
        ),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    in_force_from: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[str]  # "staff:<id>", or "setup"
    value_minor_per_1000: Mapped[int]
    debt_policy: Mapped[str]
    expiry_months: Mapped[int | None]
    expiry_grace_days: Mapped[int]
    expiry_warning_days: Mapped[int]
    pending_days: Mapped[int]
    carry_over: Mapped[bool]
    hold_minutes: Mapped[int]
    offline_allowance: Mapped[int]
    cashier_allowance: Mapped[int]
    card_sales_per_day: Mapped[int | None]
    card_points_per_day: Mapped[int | None]
    welcome_points: Mapped[int]
    birthday_points: Mapped[int]
    referral_points: Mapped[int]
    referral_most: Mapped[int]
    adjust_manager_most: Mapped[int]
    adjust_cashier_most: Mapped[int]  # 0: cashiers move nothing by hand any more
    claim_days: Mapped[int] = mapped_column(server_default="14")
    claim_code_days: Mapped[int] = mapped_column(server_default="30")


class Wallet(Base):
    """Where a member's points are; one per member and unit, never moved by a merge of persons.

    `unit` is "points", or the id of the reward whose stamps it keeps.
    """

    __tablename__ = "points_wallet"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "member_id"],
            ["identity_member.program_id", "identity_member.member_id"],
        ),
        UniqueConstraint("program_id", "member_id", "unit"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    unit: Mapped[str]
    opened_at: Mapped[datetime]


class Posting(Base):
    """One act in the ledger and why; never edited."""

    __tablename__ = "points_posting"
    __table_args__ = (
        UniqueConstraint("program_id", "act_id"),
        CheckConstraint(
            "kind IN ('earn', 'bonus', 'take_back', 'redeem', 'give_back', 'expire', 'adjust',"
            " 'open', 'forgive', 'settle', 'transfer', 'transfer_back')",
            name="kind",
        ),
        Index("ix_points_posting_subject", "program_id", "subject"),
        Index(
            "ix_points_posting_reverses",
            "program_id",
            "reverses",
            sqlite_where=text("reverses IS NOT NULL"),
            postgresql_where=text("reverses IS NOT NULL"),
        ),
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
    basis: Mapped[str | None]  # JSON: why that many; ids and numbers only, never a name


class Entry(Base):
    """One signed line of a posting; the lines of a posting sum to zero.

    It keeps the times of its posting, so that a balance as of a moment reads one index; a line
    that puts points in a lot keeps the lot's age, end and beginning, so that every lot follows
    from its lines.
    """

    __tablename__ = "points_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "posting_id"],
            POSTING,
        ),
        ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),
        CheckConstraint("points <> 0", name="moves"),
        CheckConstraint(
            "account IN ('wallet', 'debt', 'issued', 'redeemed', 'expired', 'forgiven')",
            name="account",
        ),
        CheckConstraint("(account IN ('wallet', 'debt')) = (wallet_id IS NOT NULL)", name="owned"),
        CheckConstraint(
            "(earned_at IS NOT NULL) = (lot_id IS NOT NULL AND points > 0)", name="birth"
        ),
        CheckConstraint(
            "earned_at IS NOT NULL OR (expires_at IS NULL AND available_at IS NULL)", name="ends"
        ),
        Index(
            "ix_points_entry_wallet",
            "program_id",
            "wallet_id",
            "posting_id",
            "occurred_at",
            "recorded_at",
            "account",
            "points",
        ),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    wallet_id: Mapped[UUID | None]
    store_id: Mapped[UUID | None]
    lot_id: Mapped[UUID | None]
    points: Mapped[int] = mapped_column(POINTS)
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    earned_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    available_at: Mapped[datetime | None]


class Lot(Base):
    """Points earned together; a cache of its entries, `held` of open holds.

    Until `available_at` they are pending: nobody can spend them yet.
    """

    __tablename__ = "points_lot"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),
        CheckConstraint("remaining BETWEEN 0 AND issued", name="remaining"),
        CheckConstraint("held BETWEEN 0 AND remaining", name="held"),
        Index(
            "ix_points_lot_open",
            "program_id",
            "wallet_id",
            sqlite_where=text("remaining > 0"),
            postgresql_where=text("remaining > 0"),
        ),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)  # the posting that made it
    earned_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    available_at: Mapped[datetime | None]
    issued: Mapped[int] = mapped_column(POINTS)
    remaining: Mapped[int] = mapped_column(POINTS)
    held: Mapped[int] = mapped_column(POINTS)


class Balance(Base):
    """What a wallet holds now: a cache of its entries that `enlaza verify` recomputes.

    `pending_until` is not before any lot begins, `expires_next` not after any lot ends: who
    reads looks into the lots only when one of them may matter.
    """

    __tablename__ = "points_balance"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),
        CheckConstraint("held BETWEEN 0 AND posted", name="held"),
        CheckConstraint("debt >= 0", name="debt"),
        Index(
            "ix_points_balance_expires_next",
            "program_id",
            "expires_next",
            sqlite_where=text("expires_next IS NOT NULL"),
            postgresql_where=text("expires_next IS NOT NULL"),
        ),
        Index(
            "ix_points_balance_held",
            "program_id",
            "wallet_id",
            sqlite_where=text("held > 0"),
            postgresql_where=text("held > 0"),
        ),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    posted: Mapped[int] = mapped_column(POINTS)
    held: Mapped[int] = mapped_column(POINTS)
    debt: Mapped[int] = mapped_column(POINTS)
    pending_until: Mapped[datetime | None]
    expires_next: Mapped[datetime | None]
    version: Mapped[int]


class Hold(Base):
    """Points reserved under the caller's id until they are taken or let go; never edited."""

    __tablename__ = "points_hold"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("purpose IN ('till', 'order', 'offline')", name="purpose"),
        Index("ix_points_hold_wallet", "program_id", "wallet_id"),
        Index("ix_points_hold_opened", "program_id", "opened_at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    hold_id: Mapped[str] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID]
    points: Mapped[int] = mapped_column(POINTS)
    reward_id: Mapped[UUID | None]
    purpose: Mapped[str]
    subject: Mapped[str]  # the order or basket it speaks of; for the reader
    proof: Mapped[str]  # how the member was known: "live", "pin", "cashier", …
    opened_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]  # none: until whoever took it lets go
    store_id: Mapped[UUID | None]
    till_id: Mapped[UUID | None]
    staff_id: Mapped[UUID | None]
    request_hash: Mapped[str]


class HoldLot(Base):
    """How much of one lot a hold reserves."""

    __tablename__ = "points_hold_lot"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "hold_id"], HOLD),
        CheckConstraint("points > 0", name="points"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    hold_id: Mapped[str] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(POINTS)


class HoldEnd(Base):
    """What became of a hold, once: its key is the hold's.

    `points` were taken. A hold that `moved` goes on as the hold that `act_id` names, in the
    wallet of the membership that stays.
    """

    __tablename__ = "points_hold_end"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "hold_id"], HOLD),
        CheckConstraint("outcome IN ('posted', 'voided', 'lapsed', 'moved')", name="outcome"),
        CheckConstraint("points >= 0 AND (outcome = 'posted' OR points = 0)", name="points"),
        Index("ix_points_hold_end_at", "program_id", "at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    hold_id: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    points: Mapped[int] = mapped_column(POINTS)
    act_id: Mapped[str | None]
    at: Mapped[datetime]


class Answer(Base):
    """What a caller was told for an act, so that a repeat is told the same."""

    __tablename__ = "points_answer"
    __table_args__ = (Index("ix_points_answer_answered", "program_id", "answered_at"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    act_id: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    outcome: Mapped[str]
    facts: Mapped[str]  # JSON: points and codes only, never a name
    answered_at: Mapped[datetime]
