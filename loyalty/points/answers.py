"""What a caller was told for an act, kept with the act, so that a repeat is told the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared, insert_row
from loyalty.db.writes import table_of
from loyalty.kernel.errors import Fact
from loyalty.points.models import Answer

ANSWER = table_of(Answer)
_BY_ACT: Final = Prepared(
    select(
        ANSWER.c.act_id,
        ANSWER.c.request_hash,
        ANSWER.c.outcome,
        ANSWER.c.facts,
        ANSWER.c.answered_at,
    ).where(ANSWER.c.program_id == bindparam("program"), ANSWER.c.act_id == bindparam("act"))
)


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
    row = _BY_ACT.first(session, program=program_id, act=act_id)
    if row is None:
        return None
    known, request_hash, outcome, facts, answered_at = row
    return AnswerFacts(known, request_hash, outcome, json.loads(facts), answered_at)
