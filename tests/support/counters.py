"""The smallest act that can be seen: a row of `rate_counter`, a table outside every program."""

from datetime import UTC, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from loyalty.db.models import RateCounter

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def add_row(session: Session, subject: str) -> None:
    """Write one row."""
    session.execute(
        insert(RateCounter).values(subject=subject, window_started_at=NOON, window_s=60, tries=0)
    )


def add_try(session: Session, subject: str) -> None:
    """Raise the row's count by one."""
    session.execute(
        update(RateCounter)
        .where(RateCounter.subject == subject)
        .values(tries=RateCounter.tries + 1)
    )


def rows(session: Session) -> set[str]:
    """List the rows that are there."""
    return set(session.scalars(select(RateCounter.subject)))


def tries(session: Session, subject: str) -> int:
    """Read the row's count."""
    return session.scalars(select(RateCounter.tries).where(RateCounter.subject == subject)).one()
