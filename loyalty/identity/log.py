"""What happened to persons: former ids that resolve for ever, and a log of every change."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_row
from loyalty.db.writes import insert_new, table_of
from loyalty.identity.models import IdentityLog, PersonAlias
from loyalty.kernel.ids import new_id

LOG: Final = table_of(IdentityLog)


def keep_alias(
    session: Session, program_id: int, former_person_id: str, identifier_id: UUID, *, at: datetime
) -> None:
    """Let a public id that no person carries any more lead to whoever holds its identifier."""
    alias = {
        "program_id": program_id,
        "former_person_id": former_person_id,
        "identifier_id": identifier_id,
        "since": at,
    }
    insert_new(session, PersonAlias, alias)


def write_log(  # noqa: PLR0913  what changed, what caused it, and who said so when and why
    session: Session,
    program_id: int,
    act: str,
    cause: str,
    change: tuple[Collection[str], Collection[str]],
    *,
    at: datetime,
    actor: str | None = None,
    reason: str | None = None,
) -> None:
    """Write down a change of persons: their public ids before and after, and what caused it.

    Who took evidence back or put it back is told with it, and why.
    """
    before, after = change
    line = {
        "program_id": program_id,
        "log_id": new_id(at),
        "act": act,
        "cause": cause,
        "before": " ".join(before),
        "after": " ".join(after),
        "at": at,
        "actor": actor,
        "reason": reason,
    }
    insert_row(session, LOG, line)
