"""Counts how often a guarded door was tried, in one statement, across all threads and servers."""

from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, case, delete, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from loyalty.db.models import RateCounter
from loyalty.db.writes import is_postgresql, table_of

COUNTER: Final = table_of(RateCounter)


def count_try(
    session: Session, subject: str, *, limit: int, window: timedelta, at: datetime
) -> bool:
    """Count one try and say whether it is still within the limit; a refused try is not counted.

    Raising afterwards undoes the count: a refusal that must be counted is returned.
    """
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    values = {
        "subject": subject,
        "window_started_at": at,
        "window_s": int(window.total_seconds()),
        "tries": 1,
    }
    over = COUNTER.c.window_started_at <= at - window
    statement = insert(COUNTER).values(**values)
    statement = statement.on_conflict_do_update(
        index_elements=[COUNTER.c.subject],
        set_={
            "tries": case((over, 1), else_=COUNTER.c.tries + 1),
            "window_started_at": case((over, at), else_=COUNTER.c.window_started_at),
            "window_s": values["window_s"],
        },
        where=or_(over, COUNTER.c.tries < limit),
    )
    counted = statement.execution_options(preserve_rowcount=True)
    return cast("CursorResult[Any]", session.execute(counted)).rowcount == 1


def give_back_try(session: Session, subject: str) -> None:
    """Take back one counted try that turned out right; the others of its window stay counted."""
    mine = COUNTER.c.subject == subject
    session.execute(update(COUNTER).where(mine).values(tries=COUNTER.c.tries - 1))
    session.execute(delete(COUNTER).where(mine, COUNTER.c.tries <= 0))


def forget_tries(session: Session, subject: str) -> None:
    """Start counting from zero: the door was opened rightly."""
    session.execute(delete(COUNTER).where(COUNTER.c.subject == subject))


def forget_old_tries(session: Session, *, at: datetime, older_than: timedelta) -> int:
    """Drop counters whose window began longer ago than any limit looks back; says how many."""
    old = delete(COUNTER).where(COUNTER.c.window_started_at < at - older_than)
    return cast("CursorResult[Any]", session.execute(old)).rowcount
