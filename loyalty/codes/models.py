"""Cards (one per carrier), the keys that sign codes, and what was shown and scanned."""

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

CARD = ["card.program_id", "card.card_id"]
SIGNING = text("state = 'signing'")
CALLED_BACK = text("state = 'void' OR min_epoch > 0")


class CodeKey(Base):
    """One Ed25519 key of a program's ring; the private half is sealed by the master key."""

    __tablename__ = "code_key"
    __table_args__ = (
        CheckConstraint("state IN ('signing', 'verifying', 'withdrawn')", name="state"),
        CheckConstraint("key_id BETWEEN 0 AND 255", name="one_byte"),
        # One key of a ring signs.
        Index(
            "uq_code_key_signing",
            "program_id",
            unique=True,
            sqlite_where=SIGNING,
            postgresql_where=SIGNING,
        ),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    key_id: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[str]  # 32 bytes, hex
    private_sealed: Mapped[str]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime | None]
    state: Mapped[str]


class Card(Base):
    """One carrier of a member's card: a phone or a printed card; lost alone, voided alone.

    `epoch` is what newly issued codes carry, `min_epoch` the lowest that is still accepted.
    A printed card is made with a member of its own and is `unclaimed` until a phone takes it.
    """

    __tablename__ = "card"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "member_id"],
            ["identity_member.program_id", "identity_member.member_id"],
        ),
        CheckConstraint("kind IN ('phone', 'printed')", name="kind"),
        CheckConstraint("state IN ('active', 'void')", name="state"),
        CheckConstraint("epoch BETWEEN 0 AND 255 AND min_epoch BETWEEN 0 AND 255", name="epoch"),
        Index("ix_card_member", "program_id", "member_id"),
        # The cards a trust list names; few among many.
        Index(
            "ix_card_called_back",
            "program_id",
            "card_id",
            sqlite_where=CALLED_BACK,
            postgresql_where=CALLED_BACK,
        ),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(primary_key=True)  # 16 hex digits
    member_id: Mapped[UUID]
    store_id: Mapped[UUID]  # where it was issued
    kind: Mapped[str]
    state: Mapped[str]
    epoch: Mapped[int]
    min_epoch: Mapped[int]
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]  # printed cards: when the first phone took it
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]


class LiveCode(Base):
    """A live code handed to a phone: its expiry and the 8 letters that can be typed for it.

    `epoch` is the card's when the code was handed out, so that typed letters are judged as
    the picture above them would be.
    """

    __tablename__ = "code_live"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "card_id"], CARD),
        UniqueConstraint("program_id", "letters"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(primary_key=True)
    letters: Mapped[str]
    epoch: Mapped[int]
    issued_at: Mapped[datetime]


class LiveVisit(Base):
    """Which visit a card's live codes speak for since `started_at`; none without consent.

    The row in force at the time of the scan is the evidence that links the session to the
    sale; a change of visit or of consent adds a row.
    """

    __tablename__ = "code_live_visit"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "card_id"], CARD),
        CheckConstraint("(visit_id IS NULL) = (consent_id IS NULL)", name="consented"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID | None]
    consent_id: Mapped[UUID | None]


class CodeUse(Base):
    """A live code that was taken to spend: the key lets exactly one act have it."""

    __tablename__ = "code_use"
    __table_args__ = (ForeignKeyConstraint(["program_id", "card_id"], CARD),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(primary_key=True)
    act_id: Mapped[str]
    used_at: Mapped[datetime]


class MemberPin(Base):
    """The four digits that let a printed card spend; only a keyed slow hash of them is kept."""

    __tablename__ = "member_pin"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "member_id"],
            ["identity_member.program_id", "identity_member.member_id"],
        ),
        CheckConstraint("tries_left >= 0", name="tries_left"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    salt: Mapped[str]
    pin_hash: Mapped[str]
    tries_left: Mapped[int]
    set_at: Mapped[datetime]


class Scan(Base):
    """One reading of a code at a till, good or bad; the text itself is not kept."""

    __tablename__ = "code_scan"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "till_id"], ["till.program_id", "till.till_id"]),
        Index("ix_code_scan_card", "program_id", "card_id", "scanned_at"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[UUID] = mapped_column(primary_key=True)
    till_id: Mapped[UUID]
    outcome: Mapped[str]
    card_id: Mapped[str | None]  # only of codes whose signature was good
    code_kind: Mapped[int | None]
    scanned_at: Mapped[datetime]  # by the till's clock, corrected by its offset
    recorded_at: Mapped[datetime]


class ClaimCode(Base):
    """A receipt's code, signed in advance and handed to one till: it serves one sale, one card.

    The shopper may be quicker than a till without a line: then `card_id` is set before `sale_id`.
    """

    __tablename__ = "code_claim"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "till_id"], ["till.program_id", "till.till_id"]),
        ForeignKeyConstraint(["program_id", "sale_id"], ["sale.program_id", "sale.sale_id"]),
        ForeignKeyConstraint(["program_id", "card_id"], CARD),
        UniqueConstraint("program_id", "sale_id"),
        CheckConstraint("(card_id IS NULL) = (claimed_at IS NULL)", name="claimed"),
        Index("ix_code_claim_expires", "program_id", "expires_at"),
        Index("ix_code_claim_card", "program_id", "card_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[str] = mapped_column(primary_key=True)  # 16 hex digits
    till_id: Mapped[UUID]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    sale_id: Mapped[str | None]
    card_id: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
