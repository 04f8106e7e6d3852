"""Connections to networks, engagements of linked people, and counters for everybody else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

IDENTIFIER = ["identity_identifier.program_id", "identity_identifier.identifier_id"]
CONNECTION = ["social_connection.program_id", "social_connection.connection_id"]
ACTIONS = "'like', 'repost', 'reply', 'mention'"


class SocialConnection(Base):
    """A store's account at a network, or its own pages for webmentions; and how it is doing."""

    __tablename__ = "social_connection"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], ["store.program_id", "store.store_id"]),
        UniqueConstraint("program_id", "network", "base_url", "account"),
        CheckConstraint("state IN ('live', 'revoked', 'ended')", name="state"),
        CheckConstraint("failures >= 0", name="failures"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    network: Mapped[str]
    base_url: Mapped[str]  # the server, or the shop's own site
    account: Mapped[str]  # "panaderia@social.example", or the site's host
    account_number: Mapped[str]  # the account's id on its server
    secrets_sealed: Mapped[str]  # AES-GCM under the server's keys, "" when there are none
    state: Mapped[str]  # revoked: the network lets us in no more; ended: the owner took it away
    made_at: Mapped[datetime]
    polled_at: Mapped[datetime | None]  # the last poll that was answered
    newest_at: Mapped[datetime | None]  # when the newest thing we know of happened
    lag_s: Mapped[int]  # how late that one was learned
    failures: Mapped[int]  # in a row
    problem: Mapped[str]
    due_at: Mapped[datetime]


class SocialAccount(Base):
    """How a linked account is shown; gone as soon as it is unlinked for good."""

    __tablename__ = "social_account"
    __table_args__ = (ForeignKeyConstraint(["program_id", "identifier_id"], IDENTIFIER),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    identifier_id: Mapped[UUID] = mapped_column(primary_key=True)
    network: Mapped[str]
    display: Mapped[str]
    url: Mapped[str]
    proved_by: Mapped[str]  # "oauth", "code", "rel_me"
    linked_at: Mapped[datetime]


class Engagement(Base):
    """What a linked person did with a post; one row for each of the network's ids and person."""

    __tablename__ = "engagement"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "connection_id"], CONNECTION),
        ForeignKeyConstraint(["program_id", "identifier_id"], IDENTIFIER),
        UniqueConstraint("program_id", "connection_id", "external_id", "identifier_id"),
        CheckConstraint(f"action IN ({ACTIONS}, '')", name="action"),
        CheckConstraint("state IN ('there', 'gone')", name="state"),
        CheckConstraint("(state = 'gone') = (gone_at IS NOT NULL)", name="gone"),
        Index("ix_engagement_identifier", "program_id", "identifier_id", "occurred_at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID]
    identifier_id: Mapped[UUID]
    external_id: Mapped[str]
    action: Mapped[str]  # "" when it was gone before we heard of it
    target: Mapped[str]  # the post or the page
    text: Mapped[str]
    url: Mapped[str]
    state: Mapped[str]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    is_gone_for_ever: Mapped[bool]  # the network gave no time, so the same cannot come back


class SocialPost(Base):
    """A post of the shop's own that something was done with: its first words and its address."""

    __tablename__ = "social_post"
    __table_args__ = (ForeignKeyConstraint(["program_id", "connection_id"], CONNECTION),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[str]
    url: Mapped[str]
    seen_at: Mapped[datetime]


class PostCounter(Base):
    """How many people who did not link did something with a post; nobody can be told from it."""

    __tablename__ = "post_counter"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "connection_id"], CONNECTION),
        CheckConstraint(f"action IN ({ACTIONS})", name="action"),
        CheckConstraint("count >= 0", name="counted"),
        CheckConstraint("settled >= 0", name="settled"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    # Of them, those whose hash is forgotten: count = settled + the hashes that are there.
    settled: Mapped[int] = mapped_column(server_default="0")
    changed_at: Mapped[datetime]


class CountedOnce(Base):
    """A keyed hash that keeps one thing from being counted twice; forgotten after two weeks."""

    __tablename__ = "counted_once"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "connection_id"], CONNECTION),
        CheckConstraint("state IN ('there', 'gone')", name="state"),
        CheckConstraint(f"action IN ({ACTIONS}, '')", name="action"),
        Index("ix_counted_once_forget", "program_id", "forget_at"),
        Index("ix_counted_once_external", "program_id", "connection_id", "external_hash"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    actor_hash: Mapped[str] = mapped_column(primary_key=True)  # of what and who
    external_hash: Mapped[str]  # of what alone
    action: Mapped[str]
    target: Mapped[str]
    state: Mapped[str]
    changed_at: Mapped[datetime]  # when it happened, as far as the network says
    is_gone_for_ever: Mapped[bool]
    forget_at: Mapped[datetime]
