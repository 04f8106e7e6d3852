"""Days that members gave us, and who brought whom."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base

MEMBER = ["identity_member.program_id", "identity_member.member_id"]


class Birthday(Base):
    """The day of the year a member was born on, without the year; given freely, taken back so."""

    __tablename__ = "points_birthday"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "member_id"], MEMBER),
        CheckConstraint("month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31", name="day"),
        Index("ix_points_birthday_day", "program_id", "month", "day", "member_id"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[int]
    day: Mapped[int]
    given_at: Mapped[datetime]
    # Of all the above, so that a flipped bit is found; a day is forgotten with it, so no seal
    # has it. None in rows from before it was kept.
    digest: Mapped[str | None]


class Referral(Base):
    """Who brought a member along; settled after the member's first paid sale.

    `state`: "open" until that sale, "due" until both were rewarded, then "given", or "over" when
    the one who brought them had been rewarded often enough; "lost" when the sale was refunded in
    full, until what was given is taken back ("taken").
    """

    __tablename__ = "points_referral"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "member_id"], MEMBER),
        ForeignKeyConstraint(["program_id", "by_member_id"], MEMBER),
        CheckConstraint("member_id <> by_member_id", name="two_people"),
        CheckConstraint("state IN ('open', 'due', 'given', 'over', 'lost', 'taken')", name="state"),
        Index("ix_points_referral_by", "program_id", "by_member_id"),
        Index("ix_points_referral_sale", "program_id", "sale_id"),
        Index("ix_points_referral_state", "program_id", "state"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)  # who was brought along
    by_member_id: Mapped[UUID]
    state: Mapped[str]
    sale_id: Mapped[str | None]
    made_at: Mapped[datetime]
