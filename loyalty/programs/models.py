"""The program (the tenant), its stores, tills and staff, and who is signed in."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

STORE = ["store.program_id", "store.store_id"]
STAFF = ["staff.program_id", "staff.staff_id"]
TILL = ["till.program_id", "till.till_id"]


class Program(Base):
    """The loyalty program; everything else belongs to exactly one."""

    __tablename__ = "program"

    program_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    language: Mapped[str]
    is_demo: Mapped[bool]
    created_at: Mapped[datetime]


class Store(Base):
    """A shop's place of sale; `hours` is an OpenStreetMap opening_hours text."""

    __tablename__ = "store"
    __table_args__ = (
        CheckConstraint("contact_kind IN ('call', 'whatsapp', 'email', 'none')", name="contact"),
        CheckConstraint("(contact_kind = 'none') = (contact_value = '')", name="contact_reached"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    street: Mapped[str]
    time_zone: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str]
    language: Mapped[str]
    color: Mapped[str]  # "#RRGGBB": the accent tokens are derived from it
    hours: Mapped[str]
    contact_kind: Mapped[str]
    contact_value: Mapped[str]
    created_at: Mapped[datetime]


class Closure(Base):
    """A day on which a store does not keep its week; `is_closed` false: open though a holiday."""

    __tablename__ = "closure"
    __table_args__ = (ForeignKeyConstraint(["program_id", "store_id"], STORE),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)  # by the store's own calendar
    name: Mapped[str]
    is_closed: Mapped[bool]


class StoreAddress(Base):
    """Which program a store's public slug belongs to; found before the program is known."""

    __tablename__ = "store_address"
    __table_args__ = (ForeignKeyConstraint(["program_id", "store_id"], STORE),)

    slug: Mapped[str] = mapped_column(primary_key=True)  # A-Z 0-9 -, upper case as printed
    program_id: Mapped[int]
    store_id: Mapped[UUID]


class Pairing(Base):
    """A pairing code an owner offered: 8 letters, ten minutes, once, five tries."""

    __tablename__ = "pairing"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], STORE),
        CheckConstraint("tries_left >= 0", name="tries_left"),
    )

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    program_id: Mapped[int]
    store_id: Mapped[UUID]
    till_name: Mapped[str]
    offered_by: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    tries_left: Mapped[int]
    used_at: Mapped[datetime | None]


class Till(Base):
    """A paired device at a counter; only the hash of its key is kept."""

    __tablename__ = "till"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "store_id"], STORE),
        CheckConstraint("kind IN ('browser', 'agent')", name="kind"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    till_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID]
    name: Mapped[str]
    kind: Mapped[str]
    key_hash: Mapped[str]
    paired_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]


class Integrator(Base):
    """A program of somebody else that asks ours by a key; only the hash of the key is kept."""

    __tablename__ = "integrator"

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    integrator_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    scopes: Mapped[str]  # what it may ask for, with spaces between
    key_hash: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    last_seen_at: Mapped[datetime | None]


class Staff(Base):
    """A person who works in the program; cashiers may have only a PIN."""

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("program_id", "email"),
        CheckConstraint("pin_tries_left >= 0", name="pin_tries_left"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    email: Mapped[str | None]  # normalised, lower case
    language: Mapped[str]
    pin_hash: Mapped[str | None]  # scrypt, "salt$hash"
    pin_tries_left: Mapped[int]
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class StaffRole(Base):
    """What a member of staff may do in one store."""

    __tablename__ = "staff_role"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "staff_id"], STAFF),
        ForeignKeyConstraint(["program_id", "store_id"], STORE),
        CheckConstraint("role IN ('owner', 'manager', 'cashier', 'courier')", name="role"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]


class StaffCard(Base):
    """A card that belongs to somebody who works here: it earns nothing at their own till."""

    __tablename__ = "staff_card"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "staff_id"], STAFF),
        ForeignKeyConstraint(["program_id", "card_id"], ["card.program_id", "card.card_id"]),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID]
    marked_by: Mapped[str]
    marked_at: Mapped[datetime]


class SignInChallenge(Base):
    """A code and a link sent by e-mail, good once, for ten minutes, five tries.

    `purpose` is `staff` (subject: the staff id, or empty when nobody has that address, so
    that asking tells nothing) or `save_card` (subject: the card id of the asking phone, or
    empty on a phone without a card).
    """

    __tablename__ = "sign_in_challenge"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("purpose IN ('staff', 'save_card')", name="purpose"),
        CheckConstraint("tries_left >= 0", name="tries_left"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    email: Mapped[str]
    subject: Mapped[str]
    store_id: Mapped[UUID | None]
    code_hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries_left: Mapped[int]
    used_at: Mapped[datetime | None]


class BrowserSession(Base):
    """A signed-in browser, revocable here; its cookie is `<program>.<secret>`.

    `kind` is `staff` (subject: staff id), `shopper` (subject: the card id of that phone) or
    `cashier` (subject: staff id, on a paired till; `till_id` says which).
    """

    __tablename__ = "browser_session"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        ForeignKeyConstraint(["program_id", "till_id"], TILL),
        CheckConstraint("kind IN ('staff', 'shopper', 'cashier')", name="kind"),
        UniqueConstraint("program_id", "secret_hash"),
        Index("ix_browser_session_subject", "program_id", "kind", "subject"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    till_id: Mapped[UUID | None]
    store_id: Mapped[UUID | None]  # the store whose page the phone opened last
    visit_id: Mapped[UUID | None]  # the shopper's visit in progress
    secret_hash: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class TillEvent(Base):
    """One numbered act of a till's queue and what became of it; added once, never changed.

    `seq` has no gaps within a queue, so what is missing between two rows has not arrived yet.
    What was refused for ever keeps its refusal here: sent again it is refused again.
    """

    __tablename__ = "till_event"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "till_id"], TILL),
        ForeignKeyConstraint(["program_id", "staff_id"], STAFF),
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint(
            "kind IN ('sale', 'refund', 'reassignment', 'handoff', 'redemption', 'unreadable')",
            name="kind",
        ),
        CheckConstraint(
            "result IN ('created', 'duplicate', 'conflict', 'rejected')", name="result"
        ),
        CheckConstraint(
            "(refusal IS NULL) = (result IN ('created', 'duplicate'))", name="refusal_told"
        ),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    till_id: Mapped[UUID] = mapped_column(primary_key=True)
    queue_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    act_id: Mapped[str]  # the till's own id of the act; empty when it could not be read
    result: Mapped[str]
    refusal: Mapped[str | None]  # code of the refusal
    facts: Mapped[str]  # JSON: the refusal's facts, numbers and ids only
    request_hash: Mapped[str]
    staff_id: Mapped[UUID | None]
    made_at: Mapped[datetime | None]  # by the till's clock
    received_at: Mapped[datetime]  # by ours


class TillQueue(Base):
    """How far a queue of a till has come, and what the till itself said about it last.

    Every event up to `seen_to` has been seen; above it, up to `top_seq`, some may be missing.
    """

    __tablename__ = "till_queue"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "till_id"], TILL),
        CheckConstraint("seen_to >= 0 AND top_seq >= seen_to", name="progress"),
        CheckConstraint("waiting >= 0 AND aside >= 0 AND clashes >= 0", name="counts"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    till_id: Mapped[UUID] = mapped_column(primary_key=True)
    queue_id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_to: Mapped[int]
    top_seq: Mapped[int]
    waiting: Mapped[int]
    oldest_made_at: Mapped[datetime | None]
    aside: Mapped[int]
    clashes: Mapped[int]  # how often a number came back with another act
    version: Mapped[str]
    first_contact_at: Mapped[datetime]
    last_contact_at: Mapped[datetime]
