"""What a caller was told for an act, kept with the act, so that a repeat is told the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.db.prepared import insert_row
from loyalty.db.writes import table_of
from loyalty.kernel.errors import Fact
from loyalty.points.models import Answer

ANSWER = table_of(Answer)


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """An answer as it was given: points and codes only; names are looked up when it is shown."""

    act_id: str
    request_hash: str
    outcome: str
    facts: Mapping[str, Fact]
    answered_at: datetime


def keep_answer(
    session: Session,
    program_id: int,
    act_id: str,
    *,
    request_hash: str,
    outcome: str,
    facts: Mapping[str, Fact],
    at: datetime,
) -> None:
    """Keep what a caller is told, in the transaction of the act itself."""
    answer = {
        "program_id": program_id,
        "act_id": act_id,
        "request_hash": request_hash,
        "outcome": outcome,
        "facts": json.dumps(facts, sort_keys=True),
        "answered_at": at,
    }
    insert_row(session, ANSWER, answer)


def stored_answer(session: Session, program_id: int, act_id: str) -> AnswerFacts | None:
    """Find what a caller was told."""
    row = session.execute(
        select(ANSWER).where(ANSWER.c.program_id == program_id, ANSWER.c.act_id == act_id)
    ).one_or_none()
    if row is None:
        return None
    return AnswerFacts(
        act_id=row.act_id,
        request_hash=row.request_hash,
        outcome=row.outcome,
        facts=json.loads(row.facts),
        answered_at=row.answered_at,
    )
