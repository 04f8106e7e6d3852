"""Web sessions on the shop's pages, and what was done and left there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

STORE = ["store.program_id", "store.store_id"]


class Visit(Base):
    """One web session and where it came from; nobody's until consent links it."""

    __tablename__ = "visit"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], STORE),
        CheckConstraint(
            "channel IN ('direct', 'search', 'social', 'email', 'campaign', 'referral', 'poster')",
            name="channel",
        ),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    channel: Mapped[str]
    source: Mapped[str]  # utm_source or the referrer's host, "" when there is none
    medium: Mapped[str]
    campaign: Mapped[str]
    landing: Mapped[str]  # path only


class VisitEvent(Base):
    """Something done in a visit: a page seen, a code shown, a button pressed."""

    __tablename__ = "visit_event"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "visit_id"], ["visit.program_id", "visit.visit_id"]),
        Index("ix_visit_event_visit", "program_id", "visit_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID]
    kind: Mapped[str]
    detail: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Note(Base):
    """A note a shopper left for the shop; `card_id` is the card of the phone, if it had one."""

    __tablename__ = "visit_note"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], STORE),
        Index("ix_visit_note_store", "program_id", "store_id", "left_at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    card_id: Mapped[str | None]
    text: Mapped[str]
    reply_to: Mapped[str]  # how to answer, as the shopper wrote it; may be empty
    left_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
