"""What points can be redeemed for, and what became of each redemption."""

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
from loyalty.points.models import HOLD, POINTS


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


class RewardVersion(Base):
    """What a reward was from a moment on, as its row said it then; never edited.

    The newest says what the row says: who changes one past us is found by the other.
    """

    __tablename__ = "points_reward_version"
    __table_args__ = (CheckConstraint("version > 0", name="version"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    reward_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    name: Mapped[str]
    points: Mapped[int]
    kind: Mapped[str]
    parameters: Mapped[str]
    currency: Mapped[str | None]
    minimum_minor: Mapped[int]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    stock: Mapped[int | None]
    per_member: Mapped[int | None]
    per_member_day: Mapped[int | None]
    at_till: Mapped[bool]
    on_web: Mapped[bool]
    retired_at: Mapped[datetime | None]


class Redemption(Base):
    """What a hold is for: the reward, on which basket, and what comes off; never edited.

    `lines` is the part of the discount of each line of the basket. `reason` is what the cashier
    wrote who let a card spend without its member's proof.
    """

    __tablename__ = "points_redemption"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "hold_id"], HOLD),
        ForeignKeyConstraint(
            ["program_id", "reward_id"], ["points_reward.program_id", "points_reward.reward_id"]
        ),
        ForeignKeyConstraint(
            ["program_id", "member_id"],
            ["identity_member.program_id", "identity_member.member_id"],
        ),
        CheckConstraint("times > 0 AND discount_minor BETWEEN 0 AND basket_minor", name="amounts"),
        CheckConstraint("channel IN ('till', 'web')", name="channel"),
        Index("ix_points_redemption_reward", "program_id", "reward_id"),
        Index("ix_points_redemption_at", "program_id", "at"),
        Index("ix_points_redemption_member", "program_id", "member_id", "at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    hold_id: Mapped[str] = mapped_column(primary_key=True)
    reward_id: Mapped[UUID]
    member_id: Mapped[UUID]
    card_id: Mapped[str | None]
    channel: Mapped[str]
    times: Mapped[int]
    basket_minor: Mapped[int]
    discount_minor: Mapped[int]
    currency: Mapped[str]
    lines: Mapped[str]  # JSON: minor units for each line
    reason: Mapped[str]
    at: Mapped[datetime]


class RedemptionTaken(Base):
    """What was taken off in the end: all of it, or less of a part; never edited."""

    __tablename__ = "points_redemption_taken"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "hold_id"],
            ["points_redemption.program_id", "points_redemption.hold_id"],
        ),
        CheckConstraint("times >= 0 AND points >= 0 AND discount_minor >= 0", name="amounts"),
        Index("ix_points_redemption_taken_at", "program_id", "at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    hold_id: Mapped[str] = mapped_column(primary_key=True)
    act_id: Mapped[str]  # the posting that took the points
    points: Mapped[int] = mapped_column(POINTS)
    times: Mapped[int]
    discount_minor: Mapped[int]
    lines: Mapped[str]  # JSON, as of the redemption
    at: Mapped[datetime]


class RedemptionSale(Base):
    """Which sale a redemption was for; a sale has one, and it is never another's."""

    __tablename__ = "points_redemption_sale"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "hold_id"],
            ["points_redemption.program_id", "points_redemption.hold_id"],
        ),
        UniqueConstraint("program_id", "sale_id"),
        Index("ix_points_redemption_sale_at", "program_id", "at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    hold_id: Mapped[str] = mapped_column(primary_key=True)
    sale_id: Mapped[str]
    at: Mapped[datetime]


class RedemptionBack(Base):
    """Points of a redemption that came back by a refund or an undo; `is_all`: none are left out."""

    __tablename__ = "points_redemption_back"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "hold_id"],
            ["points_redemption.program_id", "points_redemption.hold_id"],
        ),
        CheckConstraint("points >= 0", name="points"),
        Index("ix_points_redemption_back_at", "program_id", "at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    hold_id: Mapped[str] = mapped_column(primary_key=True)
    act_id: Mapped[str] = mapped_column(primary_key=True)  # "refund:<id>", or "undo:<hold>"
    points: Mapped[int] = mapped_column(POINTS)
    is_all: Mapped[bool]
    at: Mapped[datetime]
