"""How far members have come, and each move from a tier to another."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base
from loyalty.points.models import POINTS, WALLET


class Progress(Base):
    """What a wallet earned and what was spent for it in a month of the store's calendar.

    Refunds lower the month of their sale. Counted since the program has tiers.
    """

    __tablename__ = "points_progress"
    __table_args__ = (ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)  # "2026-11"
    points: Mapped[int] = mapped_column(POINTS)
    spend_minor: Mapped[int] = mapped_column(POINTS)


class TierMove(Base):
    """A member's move to a tier, or to none, and why; added, never changed."""

    __tablename__ = "points_tier_move"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),
        Index("ix_points_tier_move_at", "program_id", "wallet_id", "at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    move_id: Mapped[int] = mapped_column(primary_key=True)  # counted for the wallet, from 1
    tier_id: Mapped[str | None]
    from_tier_id: Mapped[str | None]
    event: Mapped[str]  # "earned", "given_back", "period_end" or "day"
    subject: Mapped[str]  # the sale or refund, "" when only time went by
    progress: Mapped[int] = mapped_column(POINTS)
    rule_version: Mapped[int]
    at: Mapped[datetime]
