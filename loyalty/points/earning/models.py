"""What the owner decided about earning: versions of the rules, added and never changed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base


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
