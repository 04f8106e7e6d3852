"""News for the world, written in the same transaction as what it tells, sent after it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

PLACE = BigInteger().with_variant(Integer(), "sqlite")
UNPLACED = text("channel = 'feed' AND place IS NULL")
PLACED = text("place IS NOT NULL")


class OutboxMessage(Base):
    """One message to send: to whom, what, and what became of it."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        CheckConstraint("channel IN ('mail', 'feed')", name="channel"),
        CheckConstraint("state IN ('waiting', 'sent', 'failed', 'kept')", name="state"),
        CheckConstraint("(channel = 'feed') = (state = 'kept')", name="feed"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_outbox_message_due", "program_id", "state", "due_at"),
        Index(
            "ix_outbox_message_unplaced",
            "program_id",
            "message_id",
            sqlite_where=UNPLACED,
            postgresql_where=UNPLACED,
        ),
        Index(
            "ix_outbox_message_place",
            "program_id",
            "place",
            unique=True,
            sqlite_where=PLACED,
            postgresql_where=PLACED,
        ),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    topic: Mapped[str]  # the template: "sign_in", "save_card", …
    language: Mapped[str]
    recipient: Mapped[str]
    facts: Mapped[str]  # JSON: what the template needs
    subject_kind: Mapped[str]  # whom it is about: "member", "staff", ""
    subject_id: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str]
    # In the feed: 1, 2, 3 …, given after the commit, so that nothing comes in before it.
    place: Mapped[int | None] = mapped_column(PLACE)
