"""What the owner decided about earning, and what waits or is counted between receipts.

Versions of the rules are added and never changed. Remainders and counters are caches: they
follow from the postings and their bases, and `enlaza verify` recomputes them.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base
from loyalty.points.models import POINTS, WALLET


class Ruleset(Base):
    """The rules of a program in one currency; a new version replaces the last."""

    __tablename__ = "points_ruleset"
    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        Index("ix_points_ruleset_currency", "program_id", "currency", "version"),
    )

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str]
    document: Mapped[str]  # JSON, as `document_text` writes it
    in_force_from: Mapped[datetime]
    made_by: Mapped[str]  # "staff:<id>", or "setup"


class Carry(Base):
    """The part of a step that waits in a wallet for the next receipt of the same rule."""

    __tablename__ = "points_carry"
    __table_args__ = (ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),)

    program_id: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    meter: Mapped[str] = mapped_column(primary_key=True)  # the rule and its step
    steps: Mapped[str]  # an exact fraction below one, "3/5"


class RuleUse(Base):
    """What a capped rule has given to a member in a day, a month or ever.

    `rule_id` "" counts all rules together, and the sales, for the program's own caps. `…_before`
    is what was counted before receipts said what they count for.
    """

    __tablename__ = "points_rule_use"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "wallet_id"], WALLET),
        CheckConstraint("points >= 0 AND sales >= 0", name="counted"),
    )

    program_id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)  # "2026-11-22", "2026-11" or "ever"
    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(POINTS)
    sales: Mapped[int]
    points_before: Mapped[int | None] = mapped_column(POINTS)
    sales_before: Mapped[int | None]


class RuleTotal(Base):
    """What a capped rule has given to all members together, on a few shelves that add up.

    An act adds on a shelf that no other act has in hand, so none waits for another; how many
    there are follows from how many acts there are at once, never from how many members.
    """

    __tablename__ = "points_rule_total"
    __table_args__ = (CheckConstraint("shelf >= 0", name="shelf"),)

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    rule_id: Mapped[str] = mapped_column(primary_key=True)
    shelf: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(POINTS)  # below zero where more was given back than given
