"""Deliveries as received, and how far each poll has read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

CONNECTION = ["social_connection.program_id", "social_connection.connection_id"]


class InboxDelivery(Base):
    """One delivery; what it said is forgotten as soon as it was understood."""

    __tablename__ = "inbox_delivery"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "connection_id"], CONNECTION),
        CheckConstraint("state IN ('waiting', 'done', 'aside')", name="state"),
        CheckConstraint("tries >= 0", name="tries"),
        Index("ix_inbox_delivery_due", "program_id", "state", "due_at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_key: Mapped[str] = mapped_column(primary_key=True)  # the network's, or made of it
    received_at: Mapped[datetime]
    raw: Mapped[str]  # UTF-8 as it came; "" once it was understood
    state: Mapped[str]
    version: Mapped[int]  # grows when the same is sent again, so that an older reading is late
    tries: Mapped[int]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    problem: Mapped[str]


class PollCursor(Base):
    """How far a poll of one connection has read."""

    __tablename__ = "poll_cursor"
    __table_args__ = (ForeignKeyConstraint(["program_id", "connection_id"], CONNECTION),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)  # "notifications", …
    cursor: Mapped[str]
    changed_at: Mapped[datetime]
