"""A periodic job's turn: of several servers that wake at the same minute, one runs it.

Jobs are idempotent all the same: a server that stalls past its lease may run beside the next.
"""

from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from loyalty.db.models import JobLease
from loyalty.db.writes import is_postgresql, table_of

LEASE: Final = table_of(JobLease)


def take_lease(
    session: Session,
    job: str,
    *,
    holder: str,
    at: datetime,
    hold: timedelta,
    every: timedelta = timedelta(0),
) -> bool:
    """Take a job's lease until `at + hold`, in one statement; False when it is not our turn.

    It is not when another holds it, or when the job was done less than `every` ago.
    """
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    free = or_(LEASE.c.held_until <= at, LEASE.c.holder == holder)
    due = or_(LEASE.c.last_run_at.is_(None), LEASE.c.last_run_at <= at - every)
    statement = insert(LEASE).values(job=job, holder=holder, held_until=at + hold, last_run_at=None)
    statement = statement.on_conflict_do_update(
        index_elements=[LEASE.c.job],
        set_={"holder": holder, "held_until": at + hold},
        where=and_(free, due),
    )
    counted = statement.execution_options(preserve_rowcount=True)
    return cast("CursorResult[Any]", session.execute(counted)).rowcount == 1


def end_lease(session: Session, job: str, *, holder: str, at: datetime) -> None:
    """Say that the job was done, and give the lease back if it is still ours."""
    session.execute(
        update(LEASE)
        .where(LEASE.c.job == job, LEASE.c.holder == holder)
        .values(held_until=at, last_run_at=at)
    )


def last_runs(session: Session) -> dict[str, datetime]:
    """Say when each job was last done, by whichever server; one that never was is left out."""
    rows = session.execute(
        select(LEASE.c.job, LEASE.c.last_run_at).where(LEASE.c.last_run_at.is_not(None))
    )
    return {row.job: row.last_run_at for row in rows}
