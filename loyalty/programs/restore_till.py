"""Undo an unpairing made by mistake, for a short while."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from loyalty.db.writes import rows_changed, table_of
from loyalty.kernel.errors import NotFoundError
from loyalty.programs.models import Till

# Longer than the ten seconds a page offers, short enough that a stolen tablet stays out.
RESTORE_WITHIN: Final = timedelta(minutes=2)


def restore_till(session: Session, program_id: int, till_id: UUID, *, at: datetime) -> None:
    """Let a till that was unpaired less than two minutes ago go on with its old key.

    Errors: `NotFoundError` when there is no such till or it was unpaired before.
    """
    table = table_of(Till)
    restored = rows_changed(
        session,
        update(table)
        .where(
            table.c.program_id == program_id,
            table.c.till_id == till_id,
            table.c.revoked_at > at - RESTORE_WITHIN,
        )
        .values(revoked_at=None),
    )
    if restored != 1:
        raise NotFoundError
