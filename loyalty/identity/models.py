"""Who is who: members, identifiers, evidence that joins them, and consent.

Evidence is the truth; `cluster`, `block` and `person_id` are a cache computed from active links.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

IDENTIFIER = ["identity_identifier.program_id", "identity_identifier.identifier_id"]
LOG_ACTS = (
    "merge",
    "split",
    "rename",
    "refuse",
    "retract",
    "restore",
    "generic",
    "joining",
    "block",
    "unblock",
    "apart",
    "together",
    "erase",
)


class Member(Base):
    """The loyalty membership: owns one wallet; may be anonymous (no display name)."""

    __tablename__ = "identity_member"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], ["store.program_id", "store.store_id"]),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]  # where they joined
    display_name: Mapped[str | None]
    language: Mapped[str]
    joined_at: Mapped[datetime]


class Identifier(Base):
    """A value that points at somebody; looked up by its keyed hash only.

    Which kinds there are is policy (`policy.py`), not a rule of the table.
    """

    __tablename__ = "identity_identifier"
    __table_args__ = (
        UniqueConstraint("program_id", "kind", "value_hmac"),
        CheckConstraint("state IN ('ok', 'generic', 'blocked')", name="state"),
        Index("ix_identity_identifier_cluster", "program_id", "cluster_id"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    identifier_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    value_hmac: Mapped[str]
    cluster_id: Mapped[UUID]
    state: Mapped[str]
    first_occurred_at: Mapped[datetime]


class Cluster(Base):
    """One person as computed: the identifiers that carry this cluster id."""

    __tablename__ = "identity_cluster"
    __table_args__ = (
        CheckConstraint("size >= 1", name="counted"),
        Index("ix_identity_cluster_person", "program_id", "person_id"),
        Index("ix_identity_cluster_block", "program_id", "block_id"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    cluster_id: Mapped[UUID] = mapped_column(primary_key=True)
    block_id: Mapped[UUID]
    person_id: Mapped[str]  # public, derived from the first identifier; 32 hex digits
    first_id: Mapped[UUID]  # the first identifier, which names the person
    size: Mapped[int]
    known: Mapped[bool]  # holds a membership or something personal
    open_member_id: Mapped[UUID | None]  # the one membership that earns; others were joined
    version: Mapped[int]


class Block(Base):
    """The closure of active links before limits: what has to be judged together."""

    __tablename__ = "identity_block"

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    block_id: Mapped[UUID] = mapped_column(primary_key=True)
    size: Mapped[int]
    conflicted: Mapped[bool]


class Consent(Base):
    """What a member accepted for one purpose, in which words, from when to when."""

    __tablename__ = "identity_consent"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "member_id"],
            ["identity_member.program_id", "identity_member.member_id"],
        ),
        CheckConstraint("purpose IN ('web_visits', 'news', 'social')", name="purpose"),
        Index("ix_identity_consent_member", "program_id", "member_id", "purpose"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    consent_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    purpose: Mapped[str]
    wording: Mapped[str]
    language: Mapped[str]
    given_at: Mapped[datetime | None]  # none: asked and refused
    refused_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Link(Base):
    """Evidence that two identifiers are one person; retracted, never deleted.

    `link_id` is a hash of what the evidence says, so the same evidence is the same row.
    """

    __tablename__ = "identity_link"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "a"], IDENTIFIER, name="fk_identity_link_a"),
        ForeignKeyConstraint(["program_id", "b"], IDENTIFIER, name="fk_identity_link_b"),
        ForeignKeyConstraint(
            ["program_id", "consent_id"],
            ["identity_consent.program_id", "identity_consent.consent_id"],
        ),
        CheckConstraint("basis IN ('contract', 'consent')", name="basis"),
        CheckConstraint("(basis = 'consent') = (consent_id IS NOT NULL)", name="consented"),
        CheckConstraint("kind NOT IN ('session', 'social') OR basis = 'consent'", name="asked"),
        CheckConstraint("(retracted_at IS NULL) = (retracted_by IS NULL)", name="retracted"),
        CheckConstraint("a <> b", name="two_ends"),
        Index("ix_identity_link_a", "program_id", "a"),
        Index("ix_identity_link_b", "program_id", "b"),
        Index(
            "ix_identity_link_refused",
            "program_id",
            "refused_rule",
            sqlite_where=text("refused_rule IS NOT NULL"),
            postgresql_where=text("refused_rule IS NOT NULL"),
        ),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[str] = mapped_column(primary_key=True)  # 64 hex digits
    a: Mapped[UUID]
    b: Mapped[UUID]
    kind: Mapped[str]  # of evidence: see `policy.py`
    strength: Mapped[int]  # 1 certain, 2 strong, 3 inferred: the order of judging
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    event: Mapped[str]  # the outside id of what happened: "sale:…", "join:…", "challenge:…"
    actor: Mapped[str]  # "shopper", "till:<id>", "staff:<id>"
    reason: Mapped[str | None]  # why staff joined two, in their words
    basis: Mapped[str]
    consent_id: Mapped[UUID | None]
    stays: Mapped[UUID | None]  # a join of two members: the identifier that remains open
    active: Mapped[bool]  # not retracted: judged, even when `refused_rule` says no
    refused_rule: Mapped[str | None]
    retracted_at: Mapped[datetime | None]
    retracted_by: Mapped[str | None]
    retracted_reason: Mapped[str | None]  # why staff took it back; shoppers owe no reason


class CannotLink(Base):
    """What somebody called "not the same": stronger than every link, until they take it back."""

    __tablename__ = "identity_cannot_link"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "a"], IDENTIFIER, name="fk_identity_cannot_link_a"),
        ForeignKeyConstraint(["program_id", "b"], IDENTIFIER, name="fk_identity_cannot_link_b"),
        CheckConstraint("(retracted_at IS NULL) = (retracted_by IS NULL)", name="retracted"),
        Index("ix_identity_cannot_link_b", "program_id", "b"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[UUID] = mapped_column(primary_key=True)
    b: Mapped[UUID] = mapped_column(primary_key=True)
    actor: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    retracted_at: Mapped[datetime | None]
    retracted_by: Mapped[str | None]


class LeftAlone(Base):
    """Two persons that somebody looked at and left as they are; not asked about again."""

    __tablename__ = "identity_left_alone"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "a"], IDENTIFIER, name="fk_identity_left_alone_a"),
        ForeignKeyConstraint(["program_id", "b"], IDENTIFIER, name="fk_identity_left_alone_b"),
        Index("ix_identity_left_alone_b", "program_id", "b"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[UUID] = mapped_column(primary_key=True)
    b: Mapped[UUID] = mapped_column(primary_key=True)
    actor: Mapped[str]
    at: Mapped[datetime]


class PersonAlias(Base):
    """A public id a person once had; resolves for ever."""

    __tablename__ = "identity_person_alias"
    __table_args__ = (Index("ix_identity_person_alias_identifier", "program_id", "identifier_id"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    former_person_id: Mapped[str] = mapped_column(primary_key=True)
    identifier_id: Mapped[UUID]  # its first identifier: whose cluster answers today
    since: Mapped[datetime]


class IdentityLog(Base):
    """What happened to persons, each with its cause."""

    __tablename__ = "identity_log"
    __table_args__ = (CheckConstraint(f"act IN {LOG_ACTS}", name="act"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    log_id: Mapped[UUID] = mapped_column(primary_key=True)
    act: Mapped[str]
    cause: Mapped[str]  # the link ids, "identifier:<id>", "apart:<id>:<id>"
    before: Mapped[str]  # person ids, space-separated
    after: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str | None]  # who took evidence back or put it back
    reason: Mapped[str | None]  # in their words: kept when the link is whole again


class PersonalData(Base):
    """The readable value behind an identifier, kept apart so that it can be erased alone."""

    __tablename__ = "identity_pii"
    __table_args__ = (ForeignKeyConstraint(["program_id", "identifier_id"], IDENTIFIER),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    identifier_id: Mapped[UUID] = mapped_column(primary_key=True)
    value: Mapped[str]
    verified_at: Mapped[datetime | None]


# How much of a person somebody saw: a row of a list, a question about two, what would split, …
SEEN = ("whole", "short", "points", "why", "found", "asked", "split")


class PersonLook(Base):
    """Somebody of the shop looked at a person; added, never changed."""

    __tablename__ = "identity_look"
    __table_args__ = (
        CheckConstraint(f"seen IN {SEEN}", name="seen"),
        Index("ix_identity_look_person", "program_id", "person_id", "at"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    look_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[str]  # as it was then
    actor: Mapped[str]  # "staff:<id>" or "till:<id>"
    seen: Mapped[str]
    at: Mapped[datetime]
