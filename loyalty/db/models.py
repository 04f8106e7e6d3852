"""The server's own book-keeping, outside every program."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db.base import Base


class JobLease(Base):
    """Who runs a periodic job until when, so that two servers do not run it at once."""

    __tablename__ = "job_lease"

    job: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    held_until: Mapped[datetime]
    last_run_at: Mapped[datetime | None]


class RateCounter(Base):
    """How often something guarded was tried in a window (sign-in, codes, pairing)."""

    __tablename__ = "rate_counter"
    __table_args__ = (CheckConstraint("tries >= 0", name="tries_counted"),)

    subject: Mapped[str] = mapped_column(primary_key=True)
    window_started_at: Mapped[datetime]
    window_s: Mapped[int]
    tries: Mapped[int]


class SettingsMark(Base):
    """Drawn anew by triggers when a program's settings change; see `loyalty/db/memory.py`."""

    __tablename__ = "settings_mark"

    program_id: Mapped[int] = mapped_column(ForeignKey("program.program_id"), primary_key=True)
    mark: Mapped[int] = mapped_column(BigInteger)
